"""
Ending: what the report says of the run's generations, and what the end of a run says of its results.

in   results/{run}/tables/{inputs,results}.csv
out  notes on the screen; exit code 1 where no output of a trained arm could be read
"""

from tracekd.workflow import ending

# for the captions of the report
config["origin"] = ending.say_origin(RUN)


onsuccess:
    for note in ending.list_notes(RUN):
        print(f"Note: {note}", file=sys.stderr)
    # the run is not green if a trained arm wrote nothing readable
    is_whole = any(job.rule.name == "all" for job in workflow.dag.jobs)
    if faults := is_whole and ending.list_faults(RUN):
        sys.exit("\n".join(f"Error: {fault}" for fault in faults))
