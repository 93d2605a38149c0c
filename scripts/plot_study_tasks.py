"""Plot how often participants of a study are right in its tasks, by condition (rule plot_study_tasks).

input   plan: results/{run}/study/plan.json; tasks: results/{run}/tables/study_tasks.csv
output  pdf, svg, png: figures/{run}/study_tasks.{pdf,svg,png}
params  note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.study_tasks import plot_study_tasks
    from tracekd.figures.style import save
    from tracekd.study.exclusions import INTENTION_TO_TREAT
    from tracekd.study.plan import read_plan

    plan, table = read_plan(snakemake.input.plan), read_table(snakemake.input.tasks)
    table = table[table["analysis"] == INTENTION_TO_TREAT]
    save(plot_study_tasks(table, plan["conditions"], note=snakemake.params.note), snakemake.output.pdf)
