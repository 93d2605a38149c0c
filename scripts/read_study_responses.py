"""Read the exports of a study and apply its rules of exclusion (rule read_study_responses).

input   plan: results/{run}/study/plan.json; study: the study's definition; responses: the exports
output  responses: results/{run}/study/study_responses.csv, answers of those who stay
        exclusions_csv, exclusions_md: results/{run}/tables/study_exclusions.{csv,md}
params  folder: where the exports lie; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTION = (
    "Participants who sent an export, who were left out by each of the study's rules in turn, and who stay. "
    "The rules were fixed before the first answer."
)

with rule_job(snakemake):
    from tracekd.study.definition import read_study
    from tracekd.study.exclusions import exclude, show_exclusions
    from tracekd.study.plan import read_plan
    from tracekd.study.responses import read_study_responses, responses_table
    from tracekd.tables.write import table_paths, write_csv, write_table

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    exports = read_study_responses(snakemake.params.folder, plan)
    kept, flow = exclude(exports, study.exclusions.limits, study.groups)
    write_table(
        flow,
        show_exclusions(flow),
        **table_paths(snakemake.output, "exclusions"),
        caption=". ".join(filter(None, [snakemake.params.note, CAPTION])),
    )
    write_csv(responses_table(kept, plan), snakemake.output.responses)
