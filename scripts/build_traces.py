"""Write and verify the SFT traces of one dataset and arm (rule build_traces)."""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions, write_records
    from tracekd.traces.build import build_traces
    from tracekd.traces.verification import verify_traces

    questions = read_questions(snakemake.input.questions, split="train")
    traces = build_traces(questions, snakemake.wildcards.arm, seed=snakemake.params.seed)
    write_records(verify_traces(questions, traces), snakemake.output.traces)
    logger.info("%d traces built and verified", len(traces))
