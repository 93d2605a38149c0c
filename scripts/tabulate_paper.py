"""Lay the main tables out as a paper prints them (rule tabulate_paper).

input   {name}: results/{run}/tables/{name}.csv, of those in `tracekd.tables.paper.PAPER` that the run has
output  {name}: results/{run}/tables/paper/{name}.tex of each
params  datasets, models, arms: names in config order; scorers: of the run
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.files import atomic_write
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.tables.latex import write_latex
    from tracekd.tables.paper import PAPER, Context

    params = snakemake.params
    context = Context(Grid(params.datasets, params.models, params.arms), params.scorers)
    for name, path in snakemake.output.items():
        table = PAPER[name](read_table(snakemake.input[name]), context)
        with atomic_write(path) as stream:
            stream.write(write_latex(table, name))
