"""Read released test splits and generations into records (rule import_released).

input   released: folder with the released files and their manifest
output  questions: one file a dataset; generations: one file a cell
        inputs_csv, inputs_md: what was asked for, what there is
params  replay, seeds: of the config
"""

import json
from pathlib import Path

from tracekd.run.jobs import rule_job

CAPTION = (
    "Released files that the replay asked for. Items: generations in the file; questions: of that class in "
    "the released test split."
)

with rule_job(snakemake):
    from tracekd.core.records import write_records
    from tracekd.models.registry import read_models
    from tracekd.released.read import read_replay
    from tracekd.released.registry import get_generations, get_table, read_released
    from tracekd.settings.config import Replay
    from tracekd.sources.digests import MANIFEST
    from tracekd.tables.inputs import inputs_table, show_inputs
    from tracekd.tables.write import table_paths, write_table

    output, params = snakemake.output, snakemake.params
    folder = Path(snakemake.input.released)
    replay_settings = Replay.model_validate(params.replay)
    registry = read_released(replay_settings.released)
    wanted = get_generations(registry, replay_settings, params.seeds, read_models())
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    replays = {
        Path(path).stem: read_replay(
            folder,
            get_table(registry, Path(path).stem),
            [cell for cell in wanted if cell.dataset == Path(path).stem],
        )
        for path in output.questions
    }
    # all is read before anything is written: a fault leaves no part behind
    for path in output.questions:
        replay = replays[Path(path).stem]
        write_records(replay.questions, path)
        for cell, generations in replay.generations:
            write_records(generations, f"results/{snakemake.wildcards.run}/generations/{cell.name}.jsonl")
    table = inputs_table(wanted, manifest, replays)
    write_table(table, show_inputs(table), **table_paths(output, "inputs"), caption=CAPTION)
