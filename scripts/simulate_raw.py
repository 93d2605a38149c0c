"""Write the demo corpus of one dataset in its own raw schema (rule simulate_raw)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.files import atomic_folder
    from tracekd.datasets.simulation import get_simulator

    simulator = get_simulator(snakemake.wildcards.dataset)
    with atomic_folder(Path(snakemake.output[0])) as folder:
        simulator.write_raw(folder, snakemake.params.sizes, snakemake.params.seed)
