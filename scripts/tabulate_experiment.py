"""Tabulate the experiment: its cells, its estimates, and what had to be left out (rule tabulate_experiment).

input   measurements: results/{run}/experiment/{dataset}/{model}/{arm}/seed{seed}.jsonl, all of the run
        questions: one file a dataset; teacher: one file a dataset, none without a teacher
        plan: docs/experiment.md; settings: config/statistics.yaml
output  cells: results/{run}/tables/experiment_items.csv
        effects_csv, effects_md: .../tables/experiment_effects.{csv,md}
        left_out_csv, left_out_md: .../tables/experiment_left_out.{csv,md}
params  datasets, models, arms: names in config order; experiment; seed
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "effects": (
        "The experiment: set traces crossed with contexts. Estimates in nats of log-odds (early answering: "
        "in shares) over n items and all seeds, with 95 % intervals of draws of clusters; beside them a "
        "mixed model with random item and anchor, and the p of equivalence within the plan's margin."
    ),
    "left_out": (
        "What the experiment had to leave out, in items: nothing is set that was not built and verified."
    ),
}

with rule_job(snakemake):
    from tracekd.core.files import sha256_file
    from tracekd.core.records import read_questions
    from tracekd.datasets.anchors import read_anchors
    from tracekd.datasets.rows import Grid
    from tracekd.experiment.design import design_items, set_up
    from tracekd.experiment.traces import read_teacher
    from tracekd.settings.experiment import Experiment
    from tracekd.statistics.settings import read_settings
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.experiment import (
        effects_table,
        items_table,
        left_out_table,
        read_runs,
        show_effects,
        show_left_out,
        values_frame,
    )
    from tracekd.tables.write import table_paths, write_csv, write_table

    source, params = snakemake.input, snakemake.params
    settings = Experiment.model_validate(params.experiment)
    grid = Grid(params.datasets, params.models, params.arms)
    plan = sha256_file(source.plan)
    anchors = read_anchors(source.questions)
    runs = read_runs(source.measurements)
    write_csv(items_table(runs, anchors, grid, plan), snakemake.output.cells)
    statistics = read_settings(source.settings)
    effects = effects_table(values_frame(runs), anchors, grid, settings.margins, statistics, plan)
    teacher = {Path(path).parent.name: read_teacher([path]) for path in source.teacher}
    missing, sizes = {}, {}
    for path in source.questions:
        name = Path(path).stem
        bench = set_up(read_questions(path), params.seed, teacher.get(name, {}))
        items, missing[name] = design_items(bench, settings)
        sizes[name] = (len(bench.pool), len(items))
    left_out = left_out_table(missing, sizes, plan)
    shown = {"effects": (effects, show_effects(effects)), "left_out": (left_out, show_left_out(left_out))}
    for name, (exact, readable) in shown.items():
        paths = table_paths(snakemake.output, name)
        write_table(exact_p_values(exact), readable, **paths, caption=CAPTIONS[name])
