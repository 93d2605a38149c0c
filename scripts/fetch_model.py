"""Fetch one base model at its locked revision (rule fetch_model)."""

from pathlib import Path

from tracekd.models.hub import fetch_model
from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    mirror = snakemake.params.mirror
    fetch_model(
        snakemake.params.entry,
        Path(snakemake.output.model),
        Path(mirror) if mirror else None,
        Path("resources/locks") / f"{snakemake.wildcards.model}.json",
    )
