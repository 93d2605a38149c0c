"""Plot how often each point of the scale was given, by question and condition (rule plot_likert).

input   plan: results/{run}/study/plan.json; questions: results/{run}/tables/study_questions.csv
output  pdf, svg, png: figures/{run}/study_likert.{pdf,svg,png}
params  note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.likert import plot_likert
    from tracekd.figures.style import save
    from tracekd.study.exclusions import INTENTION_TO_TREAT
    from tracekd.study.plan import read_plan

    plan, table = read_plan(snakemake.input.plan), read_table(snakemake.input.questions)
    labels = plan["scale"]["labels"]
    table = table[table["analysis"] == INTENTION_TO_TREAT]
    figure = plot_likert(table, plan["questions"], plan["conditions"], labels, note=snakemake.params.note)
    save(figure, snakemake.output.pdf)
