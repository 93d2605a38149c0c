"""Print what the run will take and what it has taken so far (rule forecast).

input   none
output  none; prints to the screen
params  cells: (dataset, model, arm, seed) of the run; datasets, models: their registry entries;
        limits: part of each dataset that the run takes; folders: folder of the run's models;
        thinking_arms: arms that answer behind set traces; settings: see tracekd.run.forecast
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.datasets.registry import Entry
    from tracekd.models.registry import Model
    from tracekd.run.forecast import (
        ForecastSettings,
        add_measured,
        forecast_run,
        learn_speeds,
        say_unknown,
        show_forecast,
    )
    from tracekd.run.provenance import FOLDER
    from tracekd.tables.write import markdown
    from tracekd.workflow.forecast import read_sizes

    params = snakemake.params
    entries = {name: Model.model_validate(entry) for name, entry in params.models.items()}
    sizes, models = read_sizes(
        {name: Entry.model_validate(entry) for name, entry in params.datasets.items()},
        entries,
        params.limits,
        Path(params.folders),
    )
    table = forecast_run(
        params.cells,
        sizes,
        models,
        ForecastSettings.model_validate(params.settings),
        built=[name for name, entry in entries.items() if entry.source.kind == "demo"],
        thinking_arms=params.thinking_arms,
        learned=learn_speeds(FOLDER, sizes, models),
    )
    print(markdown(show_forecast(add_measured(table, FOLDER / snakemake.config["run"]))))
    print(say_unknown(sizes, models))
