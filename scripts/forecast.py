"""Print what the run will take and what it has taken so far (rule forecast).

input   none
output  none; prints to the screen
params  cells: (dataset, model, arm, seed) of the run; registry, models, config: see tracekd.run.forecast
        benchmarks: folder of the run's benchmark files
log     [0]
"""

from pathlib import Path

from tracekd.run.forecast import ForecastSettings, Size, add_measured, forecast_run, show_forecast
from tracekd.run.jobs import rule_job
from tracekd.tables.write import markdown

with rule_job(snakemake):
    params = snakemake.params
    sizes = {name: Size(**expected) for name, expected in params.expected.items()}
    settings = ForecastSettings.model_validate(params.settings)
    table = forecast_run(params.cells, sizes, params.models, settings)
    print(markdown(show_forecast(add_measured(table, Path(params.benchmarks)))))
