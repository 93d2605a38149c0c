"""Test the association of trace and answer, and compare runs on the same items (rule tabulate_statistics).

input   scores: results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv, all of the run
        questions: results/{run}/questions/{dataset}.jsonl, all of the run
        settings: config/statistics.yaml
output  statistics_csv, statistics_md: results/{run}/tables/statistics.{csv,md}
        comparisons_csv, comparisons_md: .../tables/comparisons.{csv,md}
params  datasets, models, arms: names in config order
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "statistics": (
        "Association of a step of the trace with the answer over n test items: the joint share, the two "
        "conditional shares, phi (brackets: 95 % intervals, clustered by what questions are about), "
        "Pearson's chi-square of the counts and the p of no association after Holm's correction."
    ),
    "comparisons": (
        "Right answers of two runs on the same n test items: items that only one has right, their difference "
        "(first minus second) with its 95 % interval and p, clustered by what questions are about, and p "
        "after Holm's correction. Unpaired: items that only one of the runs has; they are left out."
    ),
}

with rule_job(snakemake):
    from tracekd.datasets.anchors import join_anchors
    from tracekd.datasets.rows import Grid
    from tracekd.statistics.settings import read_settings
    from tracekd.tables.comparisons import comparisons_table, show_comparisons
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.scores import read_scores
    from tracekd.tables.statistics import show_statistics, statistics_table
    from tracekd.tables.write import table_paths, write_table

    grid = Grid(snakemake.params.datasets, snakemake.params.models, snakemake.params.arms)
    scores = join_anchors(read_scores(snakemake.input.scores), snakemake.input.questions)
    settings = read_settings(snakemake.input.settings)
    statistics = statistics_table(scores, grid, settings)
    comparisons = comparisons_table(scores, grid, settings)
    shown = {"statistics": show_statistics(statistics), "comparisons": show_comparisons(comparisons)}
    for (name, caption), table in zip(CAPTIONS.items(), (statistics, comparisons), strict=True):
        write_table(
            exact_p_values(table), shown[name], **table_paths(snakemake.output, name), caption=caption
        )
