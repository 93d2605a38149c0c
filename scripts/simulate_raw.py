"""Write the demo corpus of one dataset in its own raw schema (rule simulate_raw)."""

from pathlib import Path

from tracekd.core.files import atomic_folder
from tracekd.datasets.simulation import get_simulator
from tracekd.run.jobs import rule_job

with rule_job(snakemake), atomic_folder(Path(snakemake.output[0])) as folder:
    get_simulator(snakemake.wildcards.dataset).write_raw(
        folder, snakemake.params.sizes, snakemake.params.seed
    )
