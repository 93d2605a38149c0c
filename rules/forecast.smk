"""
Forecast: `snakemake forecast` prints what the run will take, and what finished jobs have taken, beside it.

in   the config and the registries' sizes; provenance/ of finished jobs, of all runs for their speeds
out  nothing; the table goes to the screen
"""

from tracekd.workflow import forecast

if not RUN.given:

    rule forecast:
        log:
            f"logs/{RUN.name}/forecast.log",
        conda:
            "../envs/data.yaml"
        params:
            **forecast.get_params(RUN),
        message:
            "What this run will take, and has taken so far"
        script:
            "../scripts/forecast.py"
