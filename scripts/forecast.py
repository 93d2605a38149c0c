"""Print what the run will take and what it has taken so far (rule forecast).

input   none
output  none; prints to the screen
params  datasets, models: registry entries; limits: part of each dataset that the run takes; cells:
        (dataset, model, arm, seed) of the run; folder: of its models; thinking_arms: arms with think tags;
        added: tokens by which a teacher's words lengthen an arm; asked: kinds of its responses; settings: see
        tracekd.run.forecast
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.run.forecast import add_measured, compare_cuts, tabulate_jobs
    from tracekd.run.provenance import FOLDER
    from tracekd.tables.forecast import say_plan, say_teacher, say_unknown, show_cuts, show_jobs
    from tracekd.tables.write import markdown
    from tracekd.workflow.forecast import DEVICES, Forecast

    forecast = Forecast.read(snakemake.params)
    sizes, models = forecast.basis.sizes, forecast.basis.models
    table = add_measured(tabulate_jobs(forecast.list_jobs()), FOLDER / snakemake.config["run"])
    cuts = compare_cuts(forecast.list_cuts(), {*DEVICES, forecast.settings.gpus})
    print(markdown(show_jobs(table)), markdown(show_cuts(cuts)), sep="\n\n", end="\n\n")
    for sentence in (
        *say_plan(table, cuts, forecast.settings),
        *say_teacher(sizes, forecast.asked, forecast.settings),
        *say_unknown(sizes, models),
    ):
        print(sentence)
