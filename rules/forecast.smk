"""
Forecast: `snakemake forecast` prints what the run will take, and what finished jobs have taken, beside it.

in   the config and the registries' sizes; benchmarks/{run}/ of finished jobs
out  nothing; the table goes to the screen
"""


rule forecast:
    log:
        f"logs/{config['run']}/forecast.log",
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        cells=get_run_cells(config["arms"]),
        datasets={
            name: REGISTRY[name].model_dump(mode="json") for name in config["datasets"]
        },
        models={name: MODELS[name].model_dump(mode="json") for name in config["models"]},
        folders=f"results/{config['run']}/models",
        settings={
            key: config[key]
            for key in ("training", "generation", "forecast", "one_job_per")
        },
        benchmarks=f"benchmarks/{config['run']}",
    message:
        "What this run will take, and has taken so far"
    script:
        "../scripts/forecast.py"
