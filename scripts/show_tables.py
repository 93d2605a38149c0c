"""Show the tables as pages of the report (rule show_tables).

input   tables: results/{run}/tables/{name}.md; page, style: resources/report/table.{html.j2,css}
output  pages: results/{run}/report/{name}.html, in the same order
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.files import atomic_write
    from tracekd.tables.pages import table_page

    files = snakemake.input
    template, style = (Path(path).read_text("utf-8") for path in (files.page, files.style))
    for table, page in zip(files.tables, snakemake.output.pages, strict=True):
        name = Path(page).stem.replace("_", " ")
        with atomic_write(page) as stream:
            stream.write(
                table_page(Path(table).read_text("utf-8"), title=name, template=template, style=style)
            )
