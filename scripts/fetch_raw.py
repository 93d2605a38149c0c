"""Bring the raw files of one dataset from their source and verify them (rule fetch_raw)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.datasets.fetch import fetch_raw
    from tracekd.datasets.registry import Entry

    name, params = snakemake.wildcards.dataset, snakemake.params
    fetch_raw(
        name,
        Entry.model_validate(params.entry),
        Path(snakemake.output.raw),
        params.mirror and Path(params.mirror),
        Path("resources/locks") / f"{name}.json",
    )
