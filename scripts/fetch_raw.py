"""Copy or download the raw files of one dataset and verify them (rule fetch_raw)."""

from pathlib import Path

from tracekd.datasets.fetch import fetch_raw
from tracekd.datasets.registry import get_entry
from tracekd.run.jobs import rule_job

LOCKS = Path("resources/locks")

with rule_job(snakemake):
    entry = get_entry(snakemake.params.registry, snakemake.wildcards.dataset)
    mirror = snakemake.params.mirror and Path(snakemake.params.mirror)
    fetch_raw(entry, Path(snakemake.output.raw), mirror, LOCKS / f"{entry.name}.json")
