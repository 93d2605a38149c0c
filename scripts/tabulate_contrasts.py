"""Compare arms under every judgement, and over all runs by a mixed model (rule tabulate_contrasts).

input   scores: results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv of the arms with SFT
        questions: results/{run}/questions/{dataset}.jsonl, all of the run
        generations: results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl of the arms with SFT
        settings: config/statistics.yaml
output  contrasts_csv, contrasts_md: results/{run}/tables/contrasts.{csv,md}
        mixed_model_csv, mixed_model_md: .../tables/mixed_model.{csv,md}
params  datasets, models, arms: names in config order; scorers: of the run
log     [0]
"""

from itertools import chain
from pathlib import Path

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "contrasts": (
        "Right answers of two arms on the same n test items, under every judgement: scorer, quirk Q5 on or "
        "off, all items, those whose answer is readable in both arms, or all with the tolerant reader. "
        "Difference (first minus second) with its 95 % interval and p, clusters of items about one entity "
        "being independent; beside it Newcombe's interval with items as independent."
    ),
    "mixed_model": (
        "Contrasts of arms averaged over the runs of a dataset: a linear mixed model (judge fixed, item and "
        "anchor random, 95 % interval) beside the plain mean with an interval from draws of clusters. "
        "Less: how far a judge's contrast is from that of the first one."
    ),
}

with rule_job(snakemake):
    import pandas as pd
    from tracekd.core.records import read_generations, read_questions
    from tracekd.datasets.anchors import name_anchors
    from tracekd.datasets.rows import Grid
    from tracekd.run.cells import read_run
    from tracekd.scoring.variations import vary
    from tracekd.statistics.settings import read_settings
    from tracekd.tables.contrasts import answers_frame, contrasts_table, show_contrasts, variations_frame
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.mixed_model import mixed_model_table, show_mixed_model
    from tracekd.tables.scores import read_scores
    from tracekd.tables.write import table_paths, write_table

    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    questions = {Path(path).stem: read_questions(path) for path in snakemake.input.questions}
    variations = []
    for path in snakemake.input.generations:
        run = read_run(path)
        asked = questions[run["dataset"]]
        varied = vary(asked, read_generations(path, asked), run["arm"], "published" in params.scorers)
        variations.append(variations_frame(varied, **run))
    answers = answers_frame(
        read_scores(snakemake.input.scores),
        pd.concat(variations, ignore_index=True),
        name_anchors(chain(*questions.values())),
    )
    contrasts = contrasts_table(answers, grid)
    mixed = mixed_model_table(answers, grid, read_settings(snakemake.input.settings))
    shown = {"contrasts": show_contrasts(contrasts), "mixed_model": show_mixed_model(mixed)}
    for (name, caption), table in zip(CAPTIONS.items(), (contrasts, mixed), strict=True):
        write_table(
            exact_p_values(table), shown[name], **table_paths(snakemake.output, name), caption=caption
        )
