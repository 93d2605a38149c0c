"""
Site: `snakemake check_site` with a profile compares what it will ask Slurm for with what the site allows.

in   the profile; the site's own commands
out  nothing; the table goes to the screen, and exit code 1 says that something cannot run
"""


rule check_site:
    log:
        f"logs/{RUN.name}/check_site.log",
    # the answer would be the same
    retries: 0
    conda:
        "../envs/data.yaml"
    message:
        "What will be asked of this site, and what it says to that"
    script:
        "../scripts/check_site.py"
