"""Re-check everything that the run has recorded (rule verify)."""

from tracekd.jobs import rule_job
from tracekd.verify import report, verify_run

with rule_job(snakemake):
    report(verify_run(snakemake.params.run), snakemake.params.run)
