"""Read the exports of a study and say whom its rules of exclusion leave out (rule read_study_responses).

input   plan: results/{run}/study/plan.json; study: the study's definition; responses: the exports
output  responses: results/{run}/study/study_responses.csv, all answers, and by which rule one is left out
        exclusions_csv, exclusions_md: results/{run}/tables/study_exclusions.{csv,md}
params  folder: where the exports lie; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTION = (
    "Participants who sent an export, who are left out of the analysis per protocol by each of the study's "
    "rules in turn, and who stay. The rules were fixed before the first answer. By condition: who is left, "
    "and how many were left out in this step; p: Fisher's test of whether conditions lost different shares "
    "({draws:,} tables with the same margins)."
)

with rule_job(snakemake):
    from tracekd.study.definition import read_study
    from tracekd.study.exclusions import DRAWS, find_left_out, flow_table
    from tracekd.study.plan import condition_titles, read_plan
    from tracekd.study.responses import read_study_responses, responses_table
    from tracekd.tables.flow import show_exclusions
    from tracekd.tables.write import put_before, table_paths, write_csv, write_table

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    exports = read_study_responses(snakemake.params.folder, plan)
    rules = study.exclusions.limits
    left_out = find_left_out(exports, rules, plan)
    flow = flow_table(exports, left_out, rules, plan, study.analysis.seed)
    write_table(
        flow,
        show_exclusions(flow, condition_titles(plan)),
        **table_paths(snakemake.output, "exclusions"),
        caption=put_before(snakemake.params.note, CAPTION.format(draws=DRAWS)),
    )
    ratings = responses_table(exports, plan)
    write_csv(ratings.assign(excluded=ratings["participant"].map(left_out)), snakemake.output.responses)
