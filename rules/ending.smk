"""
Ending: what the report says of the run's generations, and what the end of a run says of its results.

in   everything that the run makes; results/{run}/tables/{inputs,results}.csv
out  results/{run}/readable.txt     only where every trained arm has outputs that can be read: else the run stays red
     notes on the screen
"""

from tracekd.core.errors import tell
from tracekd.workflow import ending

# for the captions of the report
config["origin"] = ending.say_origin(RUN)


rule check_readable:
    input:
        results="results/{run}/tables/results.csv",
        # last of all: whatever can be drawn is there to be looked at when the run turns red
        rest=list(TARGETS),
    output:
        text="results/{run}/readable.txt",
    conda:
        "../envs/plot.yaml"
    message:
        "Check that every trained arm wrote something that can be read"
    script:
        "../scripts/check_readable.py"


TARGETS += RUN.every("results/{run}/readable.txt")


onsuccess:
    for note in ending.list_notes(RUN):
        tell(f"Note: {note}")
    ran = list(workflow.dag.needrun_jobs(exclude_finished=False))
    if any(job.rule.name == "check_readable" for job in workflow.dag.jobs):
        for line in ending.say_end(RUN, say_call(workflow)):
            tell(line)
    # what writes no file has said what it had to say
    elif all(job.output for job in ran):
        tell(ending.say_part_end(RUN, len(ran)))
