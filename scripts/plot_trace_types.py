"""Plot what an arm's training traces are like (rule plot_trace_types).

input   types: results/{run}/tables/trace_types.csv
output  pdf, svg, png: figures/{run}/trace_types_{dataset}.{pdf,svg,png}
params  note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.style import save
    from tracekd.figures.trace_types import plot_trace_types

    types = read_table(snakemake.input.types)
    chosen = types[types["dataset"] == snakemake.wildcards.dataset]
    save(plot_trace_types(chosen, note=snakemake.params.note), snakemake.output.pdf)
