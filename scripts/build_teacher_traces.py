"""Write and verify the SFT targets of one dataset and teacher arm (rule build_teacher_traces)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions, write_records
    from tracekd.teacher.responses import read_responses
    from tracekd.teacher.traces import build_teacher_traces
    from tracekd.teacher.verification import verify_teacher_traces

    source, params = snakemake.input, snakemake.params
    questions = read_questions(source.questions, split="train")
    responses = {Path(path).stem: read_responses(path) for path in source.responses}
    traces = build_teacher_traces(
        questions, snakemake.wildcards.arm, responses, params.target, seed=params.seed
    )
    verified = verify_teacher_traces(questions, traces, responses, params.target)
    write_records(verified, snakemake.output.traces)
    logger.info("%d traces built and verified", len(traces))
