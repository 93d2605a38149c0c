"""Plot published against recomputed numbers (rule plot_claims).

input   claims: results/{run}/tables/claims.csv
output  pdf, svg, png: figures/{run}/claims_scatter.{pdf,svg,png}
params  note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.claims import plot_claims
    from tracekd.figures.style import save

    figure = plot_claims(read_table(snakemake.input.claims), note=snakemake.params.note)
    save(figure, snakemake.output.pdf)
