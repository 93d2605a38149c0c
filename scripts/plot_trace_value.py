"""Plot accuracy against length and correctness of the training traces (rule plot_trace_value).

input   value, types: results/{run}/tables/trace_value.csv and trace_types.csv
output  pdf, svg, png: figures/{run}/trace_value_{dataset}.{scorer}.{pdf,svg,png}
params  datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.style import save
    from tracekd.figures.trace_value import plot_trace_value

    params, dataset = snakemake.params, snakemake.wildcards.dataset
    value, types = (
        table[table["dataset"] == dataset]
        for table in (read_table(snakemake.input.value), read_table(snakemake.input.types))
    )
    figure = plot_trace_value(
        value,
        types,
        snakemake.wildcards.scorer,
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
