"""Tabulate accuracies per run and class, and trace against answer (rule tabulate_results).

input   scores: results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv, all of the run
        baselines: results/{run}/tables/baselines.csv; none in a replay
output  results_csv, results_md: .../tables/results.{csv,md}
        classes_csv, classes_md: .../tables/classes.{csv,md}
        answer_scores_csv, answer_scores_md: .../tables/answer_scores.{csv,md}
        matrix_csv, matrix_md: .../tables/trace_answer_matrix.{csv,md}
params  datasets, models, arms: names in config order
log     [0]
"""

from tracekd.run.jobs import rule_job

ACCURACY = (
    "Accuracy on the test split in %, mean ± standard deviation over seeds; n items per seed; "
    "95 % Wilson interval of the mean at the n of one seed. Readable: share of outputs of the form that was "
    "asked for; the others count as wrong by the aligned scorer, and are left out in the column beside it."
)
TABLES = {
    "results": f"{ACCURACY} Best trivial: highest answer accuracy of a baseline without a model.",
    "classes": f"{ACCURACY} One row per class.",
    "answer_scores": (
        "Answer scores in %, as the paper prints them: rounded for each class and for all items; "
        "the mean of classes averages the rounded values."
    ),
    "matrix": (
        "Test items by correctness of trace (both steps) and final answer, seeds pooled; "
        "the last two columns give the share of right answers in %."
    ),
}

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.tables.answer_scores import answer_scores, show_answer_scores
    from tracekd.tables.matrix import show_matrix, trace_answer_matrix
    from tracekd.tables.results import classes_table, results_table, show_classes, show_results
    from tracekd.tables.scores import read_scores
    from tracekd.tables.write import table_paths, write_table

    grid = Grid(snakemake.params.datasets, snakemake.params.models, snakemake.params.arms)
    scores = read_scores(snakemake.input.scores)
    baselines = snakemake.input.baselines
    results = results_table(scores, read_table(baselines) if baselines else None, grid)
    tables = {
        "results": (results, show_results),
        "classes": (classes_table(scores, grid), show_classes),
        "answer_scores": (answer_scores(scores, grid), show_answer_scores),
        "matrix": (trace_answer_matrix(scores, grid), show_matrix),
    }
    for name, (table, show) in tables.items():
        write_table(table, show(table), **table_paths(snakemake.output, name), caption=TABLES[name])
