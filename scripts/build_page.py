"""Write the page that leads from every number to its items and its command (rule build_page).

input   shown: tables (CSV) and figures (SVG) of the report; questions, generations, scores, readings,
        interventions: of the whole run; differences, findings: tables, where the run has them
        page, style, program: resources/page/page.{html.j2,css,js}
output  page: results/{run}/index.html; parts: results/{run}/page/
params  scorers, datasets, models, arms: names in config order; facts, call, shown: see tracekd.page.data
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.page.build import write_page
    from tracekd.page.run import list_parts, plan_page

    files, params = snakemake.input, snakemake.params
    plan = plan_page(files, params, snakemake.config)
    write_page(
        list_parts(plan),
        snakemake.output.page,
        snakemake.output.parts,
        title=f"Run {plan.facts.run}: what it shows, item by item",
        template=Path(files.page).read_text("utf-8"),
        style=Path(files.style).read_text("utf-8"),
        program=Path(files.program).read_text("utf-8"),
        in_one_file=plan.in_one_file,
    )
