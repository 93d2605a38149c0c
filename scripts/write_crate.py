"""Describe the finished run as an RO-Crate (rule write_crate)."""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.run.audit import report, verify_run
    from tracekd.run.crate import write_crate

    params = snakemake.params
    # a crate states digests: of a file that is not as recorded they would be wrong
    report(verify_run(params.run, params.extensions, params.outputs), params.run)
    write_crate(params.run, params.call, params.configs, params.targets)
