"""Write the demo corpus of one dataset in its own raw schema (rule simulate_raw)."""

from pathlib import Path

from tracekd.files import atomic_folder
from tracekd.jobs import rule_job
from tracekd.simulate import get_simulator

with rule_job(snakemake), atomic_folder(Path(snakemake.output[0])) as folder:
    get_simulator(snakemake.wildcards.dataset).write_raw(
        folder, snakemake.params.sizes, snakemake.params.seed
    )
