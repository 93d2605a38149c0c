"""Write the pre-registration of a study (rule write_preregistration).

input   study: the study's definition; plan: results/{run}/study/plan.json
        page: resources/study/preregistration.html.j2
output  page: results/{run}/study/preregistration.html
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.study.definition import read_study
    from tracekd.study.pages import write_text
    from tracekd.study.plan import read_plan
    from tracekd.study.registration import registration_page

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    template = Path(snakemake.input.page).read_text("utf-8")
    write_text(registration_page(study, plan, template), snakemake.output.page)
