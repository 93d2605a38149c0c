"""Fetch one base model at its locked revision (rule fetch_model)."""

from pathlib import Path

from tracekd.logs import rule_log
from tracekd.models.hub import fetch_model

with rule_log(snakemake.log[0]):
    mirror = snakemake.params.mirror
    fetch_model(
        snakemake.params.entry,
        Path(snakemake.output.model),
        Path(mirror) if mirror else None,
        Path("resources/locks") / f"{snakemake.wildcards.model}.json",
    )
