"""Write the survey of every group as an import file for Qualtrics (rule write_survey_import).

input   study: the study's definition; plan: results/{run}/study/plan.json
output  files: results/{run}/study/qualtrics_{group}.txt, in the order of the groups
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.study.definition import read_study
    from tracekd.study.pages import write_text
    from tracekd.study.plan import read_plan
    from tracekd.study.qualtrics import import_file

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    for group, path in zip(plan["groups"], snakemake.output.files, strict=True):
        write_text(import_file(study, plan, group["group"]), path)
