"""Bring one base model from its source (rule fetch_model)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.models.fetch import fetch_model
    from tracekd.models.registry import Model

    name, params = snakemake.wildcards.model, snakemake.params
    fetch_model(
        name,
        Model.model_validate(params.entry),
        Path(snakemake.output.model),
        params.mirror and Path(params.mirror),
        Path("resources/locks") / f"{name}.json",
    )
