"""Fit the primary model of a study and test its hypotheses (rule fit_study_model).

input   plan: results/{run}/study/plan.json; study: the study's definition
        responses: results/{run}/study/study_responses.csv; program: resources/study/clmm.R
output  primary_csv, primary_md: results/{run}/tables/study_primary.{csv,md}
params  note: what is not real, put before the caption
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTION = (
    "The hypotheses, each tested by its contrast in a cumulative-link mixed model of single ratings with "
    "participants, items and condition x item as random ({version}): difference in logits and odds ratio of "
    "a higher rating (brackets: 95 % interval; it speaks of other participants and other items), and p after "
    "Holm's correction over all {n} hypotheses. A claim of equality is tested by two one-sided tests."
)

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.study.definition import read_study
    from tracekd.study.hypotheses import Level
    from tracekd.study.plan import condition_titles, read_plan
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.primary import primary_table, show_primary
    from tracekd.tables.write import put_before, table_paths, write_table

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    ratings = read_table(snakemake.input.responses)
    level = Level(study.analysis.alpha, study.analysis.power)
    table, version = primary_table(ratings, plan, study.hypotheses, level, snakemake.input.program)
    caption = CAPTION.format(version=version, n=len(study.hypotheses))
    write_table(
        exact_p_values(table),
        show_primary(table, condition_titles(plan)),
        **table_paths(snakemake.output, "primary"),
        caption=put_before(snakemake.params.note, caption),
    )
