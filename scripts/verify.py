"""Re-check everything that the run has recorded (rule verify)."""

from tracekd.run.audit import report, verify_run
from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    report(verify_run(snakemake.params.run, snakemake.params.extensions), snakemake.params.run)
