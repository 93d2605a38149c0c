"""
Crate: the finished run as a Workflow Run RO-Crate, for archives and for whatever reads provenance.

in   provenance/{run}/{rule}/{wildcards}.json    and every file that they tell of, as `snakemake verify` reads them
     all that the run makes; the configuration files; CITATION.cff, LICENSE
out  ro-crate-metadata.json    beside Snakefile, for a crate describes what lies below it: `snakemake write_crate`
"""

from tracekd.workflow.directives import list_configs, output_patterns


rule write_crate:
    log:
        f"logs/{RUN.name}/write_crate/all.log",
    conda:
        "../envs/data.yaml"
    resources:
        runtime=growing(60),
    params:
        **RUN.settings("run"),
        extensions=lookup(within=config, dpath="extensions", default=[]),
        outputs=output_patterns(workflow),
        call=say_call(workflow),
        configs=list_configs(workflow),
        targets=list(TARGETS),
    message:
        "Describe the finished run as an RO-Crate"
    script:
        "../scripts/write_crate.py"
