"""Fetch the released responses of one dataset and join them by question (rule import_teacher_responses)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

LOCK = Path("resources/locks/released.json")

with rule_job(snakemake):
    from tracekd.core.records import read_questions, write_records
    from tracekd.released.fetch import fetch_released
    from tracekd.released.registry import read_released
    from tracekd.released.responses import present_paths, read_released_responses, response_paths

    params, output = snakemake.params, snakemake.output
    registry = read_released(params.registry)
    mirror = params.mirror and Path(params.mirror)
    wanted = {
        Path(path).stem: response_paths(registry, snakemake.wildcards.dataset, Path(path).stem)
        for path in output.responses
    }
    folder = Path(output.released)
    fetch_released(registry, present_paths(registry, wanted, mirror), folder, mirror, LOCK)
    questions = read_questions(snakemake.input.questions)
    for path in output.responses:
        kind = Path(path).stem
        write_records(read_released_responses(folder, wanted[kind], kind, questions), path)
