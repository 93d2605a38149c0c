"""Plot trace against answer for every arm with traces: Figures 2 and 3 (rule plot_confusion).

input   matrix: results/{run}/tables/trace_answer_matrix.csv
output  pdf, svg, png: figures/{run}/confusion_{arm}.{pdf,svg,png}, one for each arm
params  shown: these arms; scorers: to show; datasets, models, arms: names in config order
        note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.confusion import plot_confusion
    from tracekd.figures.style import save

    params = snakemake.params
    matrix, grid = read_table(snakemake.input.matrix), Grid(params.datasets, params.models, params.arms)
    for arm, pdf in zip(params.shown, snakemake.output.pdf, strict=True):
        save(plot_confusion(matrix, arm, params.scorers, grid, note=params.note), pdf)
