"""Write the items on which the scorers disagree as a page to look through (rule browse_differences).

input   item_csv: results/{run}/tables/item_differences.csv
        questions: results/{run}/questions/{dataset}.jsonl, all of the run
        generations: results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl, all of the run
output  page: results/{run}/differences.html
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_generations, read_questions
    from tracekd.run.cells import read_run
    from tracekd.tables.browse import write_page
    from tracekd.tables.differences import (
        LISTED,
        WIDTHS,
        browsable_items,
        page_note,
        read_differences,
    )

    items = read_differences(snakemake.input.item_csv)
    questions = {one.id: one for path in snakemake.input.questions for one in read_questions(path)}
    texts = {
        (*run, one.id): one.text
        for path in snakemake.input.generations
        for run in [read_run(path).values()]
        for one in read_generations(path)
    }
    page = browsable_items(items, questions, texts)
    write_page(
        page,
        snakemake.output.page,
        title="Items that the published and the aligned scorer judge differently",
        note=page_note(len(page), len(items)),
        listed=LISTED,
        widths=WIDTHS,
    )
