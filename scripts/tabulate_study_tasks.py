"""Tabulate how often participants of a study are right in its tasks (rule tabulate_study_tasks).

input   plan: results/{run}/study/plan.json; responses: results/{run}/study/study_responses.csv
output  csv, md: results/{run}/tables/study_tasks.{csv,md}
params  note: what is not real, put before the caption
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTION = (
    "Tasks with a right answer, by condition: mean of the participants' shares of right answers (brackets: "
    "95 % interval over participants) beside that of guessing. For mistakes also how "
    "many were found (hits), how often one was found where there was none (false alarms), and d′ of all "
    "answers together with the log-linear correction (brackets: 95 % interval, jackknife over participants). "
    "Secondary outcomes without tests, outside the family of hypotheses; they speak of other participants "
    "and the same items."
)

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.study.plan import condition_titles, read_plan
    from tracekd.tables.study_tasks import show_tasks, tasks_table
    from tracekd.tables.write import put_before, write_table

    plan = read_plan(snakemake.input.plan)
    responses = read_table(snakemake.input.responses)
    table = tasks_table(responses, plan)
    write_table(
        table,
        show_tasks(table, condition_titles(plan)),
        csv=snakemake.output.csv,
        md=snakemake.output.md,
        caption=put_before(snakemake.params.note, CAPTION),
    )
