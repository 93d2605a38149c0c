"""Print what the run will take and what it has taken so far (rule forecast).

input   none
output  none; prints to the screen
params  cells: (dataset, model, arm, seed) of the run; datasets, models: their registry entries;
        limits: part of each dataset that the run takes; folders: folder of the run's models;
        settings: see tracekd.run.forecast; benchmarks: folder of the run's benchmark files
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.datasets.registry import Entry, dataset_size
    from tracekd.models.registry import Model
    from tracekd.models.sizes import model_size
    from tracekd.run.forecast import ForecastSettings, add_measured, forecast_run, say_unknown, show_forecast
    from tracekd.settings.config import Limit
    from tracekd.tables.write import markdown

    params = snakemake.params
    sizes = {
        name: dataset_size(Entry.model_validate(entry), Limit.model_validate(params.limits[name]))
        for name, entry in params.datasets.items()
    }
    models = {
        name: model_size(Model.model_validate(entry), Path(params.folders) / name)
        for name, entry in params.models.items()
    }
    table = forecast_run(params.cells, sizes, models, ForecastSettings.model_validate(params.settings))
    print(markdown(show_forecast(add_measured(table, Path(params.benchmarks)))))
    print(say_unknown(sizes, models))
