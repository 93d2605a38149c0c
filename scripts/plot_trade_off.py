"""Plot the accuracy of arms against the ratings of their traces (rule plot_trade_off).

input   results: results/{run}/tables/results.csv; published: resources/published_ratings.csv
        ratings: results/{run}/tables/study_ratings.csv, none where the run has no study
output  pdf, svg, png: figures/{run}/trade_off_{dataset}.{pdf,svg,png}
params  scorer: whose accuracies; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.style import save
    from tracekd.figures.trade_off import plot_trade_off
    from tracekd.study.exclusions import INTENTION_TO_TREAT
    from tracekd.study.published import read_published

    published = read_published(snakemake.input.published)
    results = read_table(snakemake.input.results)
    chosen = (results["dataset"] == snakemake.wildcards.dataset) & (
        results["scorer"] == snakemake.params.scorer
    )
    own = snakemake.input.ratings  # empty without a study
    ratings = read_table(own).query(f"analysis == {INTENTION_TO_TREAT!r}") if own else None
    figure = plot_trade_off(results[chosen], published, ratings, note=snakemake.params.note)
    save(figure, snakemake.output.pdf)
