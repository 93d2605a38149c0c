"""Plot interpretability and cognitive load by condition (rule plot_conditions).

input   plan: results/{run}/study/plan.json; ratings: results/{run}/tables/study_ratings.csv
        responses: results/{run}/study/study_responses.csv
output  pdf, svg, png: figures/{run}/study_conditions.{pdf,svg,png}
params  note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.figures.conditions import plot_conditions
    from tracekd.figures.style import save
    from tracekd.study.exclusions import INTENTION_TO_TREAT
    from tracekd.study.plan import read_plan

    plan, table = read_plan(snakemake.input.plan), read_table(snakemake.input.ratings)
    responses = read_table(snakemake.input.responses)
    scale = plan["scale"]["low"], plan["scale"]["high"]
    table = table[table["analysis"] == INTENTION_TO_TREAT]
    figure = plot_conditions(table, responses, plan["conditions"], scale, note=snakemake.params.note)
    save(figure, snakemake.output.pdf)
