"""Keep the run's tiny base models with the code (rule keep_base_models)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.models.kept import keep_model

    for model in snakemake.input.models:
        print(f"{model}: kept in {keep_model(Path(model))}")
