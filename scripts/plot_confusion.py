"""Plot trace against answer for one SFT arm: Figures 2 and 3 (rule plot_confusion).

input   matrix: results/{run}/tables/trace_answer_matrix.csv
output  pdf, png: figures/{run}/confusion_{arm}.{pdf,png}
params  arm, scorers: what to show; datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.confusion import plot_confusion
    from tracekd.figures.style import save

    params = snakemake.params
    figure = plot_confusion(
        read_table(snakemake.input.matrix),
        params.arm,
        params.scorers,
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
