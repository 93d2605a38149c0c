"""Count the generations that the user supplied (rule count_supplied).

input   questions: one file per dataset; generations: files `.../{dataset}/{model}/{arm}/seed{seed}.jsonl`
output  inputs_csv, inputs_md: what the config names, what there is
params  wanted: paths that the config names; others: paths of other files that lie there
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

CAPTION = (
    "Files of generations that the config names. Items: generations in the file; questions: those of the "
    "test split."
)

with rule_job(snakemake):
    from tracekd.core.errors import DataError
    from tracekd.core.files import sha256_file
    from tracekd.core.logs import logger
    from tracekd.core.records import read_generations, read_questions
    from tracekd.released.replay import Replay
    from tracekd.released.supplied import get_folder, read_cell
    from tracekd.tables.inputs import SUPPLIED, inputs_table, say_inputs, show_inputs
    from tracekd.tables.write import table_paths, write_table

    files, params = snakemake.input, snakemake.params
    if not files.generations:
        raise DataError(
            "holds no generations that the config names",
            where=get_folder(snakemake.wildcards.run),
            hint=f"put them at paths like {params.wanted[0]}, a line "
            f'{{"id": …, "text": …}} for each question of {files.questions[0]}'
            + (f"; there is {params.others[0]}" if params.others else ""),
        )
    questions = {Path(path).stem: read_questions(path) for path in files.questions}
    cells = [read_cell(path) for path in files.generations]
    supplied = [
        (cell, read_generations(path, questions[cell.dataset]))
        for cell, path in zip(cells, files.generations, strict=True)
    ]
    replays = {
        name: Replay(asked, [pair for pair in supplied if pair[0].dataset == name])
        for name, asked in questions.items()
    }
    manifest = {path: {"state": SUPPLIED, "sha256": sha256_file(path)} for path in files.generations}
    table = inputs_table(list(map(read_cell, params.wanted)), manifest, replays)
    write_table(table, show_inputs(table), **table_paths(snakemake.output, "inputs"), caption=CAPTION)
    for line in say_inputs(table):
        logger.info(line)
