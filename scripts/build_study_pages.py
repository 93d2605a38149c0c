"""Write the survey of every group of a study (rule build_study_pages).

input   study: the study's definition; plan: results/{run}/study/plan.json
        page, style, program: resources/study/survey.{html.j2,css,js}
output  pages: results/{run}/study/survey_{group}.html, in the order of the groups
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.study.definition import read_study
    from tracekd.study.pages import survey_page, write_text
    from tracekd.study.plan import read_plan

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    parts = [Path(snakemake.input[name]).read_text("utf-8") for name in ("page", "style", "program")]
    for group, path in zip(plan["groups"], snakemake.output.pages, strict=True):
        write_text(survey_page(study, plan, group["group"], *parts), path)
