"""Simulate the participants of a study (rule simulate_responses).

input   plan: results/{run}/study/plan.json; study: the study's definition
        published: resources/published_ratings.csv
output  folder: results/{run}/study/SIMULATED_responses, an export a participant
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.files import atomic_folder
    from tracekd.study.definition import read_study
    from tracekd.study.plan import read_plan
    from tracekd.study.published import read_published
    from tracekd.study.simulate import Scale, simulate_exports, target_means, write_exports

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    scale = Scale(study.scale.low, study.scale.high)
    means = target_means(plan["conditions"], read_published(snakemake.input.published), scale)
    with atomic_folder(snakemake.output.folder) as folder:
        exports = simulate_exports(
            plan, means, study.assumptions, study.participants_per_group, scale, study.seed
        )
        write_exports(exports, folder)
