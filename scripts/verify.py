"""Re-check everything that the run has recorded (rule verify)."""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.run.audit import report, verify_run

    params = snakemake.params
    report(verify_run(params.run, params.extensions, params.outputs), params.run)
