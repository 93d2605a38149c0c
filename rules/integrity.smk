"""
Integrity: whether everything that the run has recorded is still what it was.

in   provenance/{run}/{rule}/{wildcards}.json    written by every job (tracekd.run.jobs)
out  nothing: `snakemake verify` ends with exit code 1 and names each file that is not as recorded
"""


rule verify:
    log:
        expand("logs/{run}/verify/all.log", run=config["run"]),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(60),
    params:
        run=lookup(within=config, dpath="run"),
        extensions=lookup(within=config, dpath="extensions", default=[]),
    message:
        "Read every recorded file of the run again"
    script:
        "../scripts/verify.py"
