"""Plot who sent an export, who is left out by which rule, and who stays (rule plot_flow).

input   plan: results/{run}/study/plan.json; exclusions: results/{run}/tables/study_exclusions.csv
output  pdf, svg, png: figures/{run}/study_flow.{pdf,svg,png}
params  note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.flow import plot_flow
    from tracekd.figures.style import save
    from tracekd.study.plan import read_plan

    plan, flow = read_plan(snakemake.input.plan), read_table(snakemake.input.exclusions)
    save(plot_flow(flow, plan["conditions"], note=snakemake.params.note), snakemake.output.pdf)
