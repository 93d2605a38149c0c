"""
Report: every table as a page, since Snakemake's report shows pages and pictures and offers all else as downloads.

in   results/{run}/tables/{name}.md     of the tables in the report
     resources/report/                  template and style
out  results/{run}/report/{name}.html   in the report, beside the CSV (docs/outputs.md)
"""

from tracekd.workflow.directives import table_pages

# for its first page: a replay has other names than its configuration file
config["named"] = GRID
TABLE_PAGES = table_pages(workflow, TARGETS)

if TABLE_PAGES:

    TARGETS += RUN.every(*TABLE_PAGES.values())

    rule show_tables:
        input:
            tables=list(TABLE_PAGES),
            page="resources/report/table.html.j2",
            style="resources/report/table.css",
        output:
            pages=list(TABLE_PAGES.values()),
        conda:
            "../envs/plot.yaml"
        message:
            "Show the tables as pages of the report"
        script:
            "../scripts/show_tables.py"
