"""
Forecast: `snakemake forecast` prints what the run will take, and what finished jobs have taken, beside it.

in   the config and the registries' sizes; benchmarks/{run}/ of finished jobs
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
            **forecast.get_entries(RUN),
            limits=RUN.limits,
            cells=RUN.get_cells(RUN.arms),
            folders=f"results/{RUN.name}/models",
            settings=RUN.settings("training", "generation", "forecast", "one_job_per"),
            benchmarks=f"benchmarks/{RUN.name}",
        message:
            "What this run will take, and has taken so far"
        script:
            "../scripts/forecast.py"
