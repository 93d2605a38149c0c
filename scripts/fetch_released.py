"""Copy or download the released files of a replay (rule fetch_released)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

LOCK = Path("resources/locks/released.json")

with rule_job(snakemake):
    from tracekd.released.fetch import fetch_released
    from tracekd.released.registry import read_released

    params = snakemake.params
    fetch_released(
        read_released(params.registry),
        params.paths,
        Path(snakemake.output.released),
        params.mirror and Path(params.mirror),
        LOCK,
    )
