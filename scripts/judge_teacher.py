"""Judge the teacher's answers of one dataset (rule judge_teacher)."""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions
    from tracekd.core.texts import write_rows
    from tracekd.teacher.judgement import COLUMNS, judge, to_rows
    from tracekd.teacher.responses import read_responses

    source = snakemake.input
    judgements = judge(
        read_questions(source.questions), read_responses(source.responses), snakemake.params.keep
    )
    write_rows(to_rows(judgements), snakemake.output.judgement, COLUMNS)
    logger.info("%d of %d answers are kept", sum(one.kept for one in judgements), len(judgements))
