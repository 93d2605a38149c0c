"""
Integrity: whether everything that the run has recorded is still what it was.

in   provenance/{run}/{rule}/{wildcards}.json    written by every job (tracekd.run.jobs)
     outputs of all rules    what must have a record
out  nothing: `snakemake verify` ends with exit code 1 and names each file that is not as recorded
"""

from tracekd.workflow.directives import output_patterns


rule verify:
    log:
        f"logs/{RUN.name}/verify/all.log",
    conda:
        "../envs/data.yaml"
    resources:
        runtime=growing(60),
    params:
        **RUN.settings("run"),
        extensions=lookup(within=config, dpath="extensions", default=[]),
        outputs=output_patterns(workflow),
    message:
        "Read every recorded file of the run again"
    script:
        "../scripts/verify.py"
