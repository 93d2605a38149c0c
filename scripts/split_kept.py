"""Leave training questions out that an arm of the run could not learn from (rule split_kept)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions, write_records
    from tracekd.teacher.judgement import LEFT_OUT, split_kept
    from tracekd.teacher.kept import read_kept
    from tracekd.teacher.responses import read_responses

    source = snakemake.input
    questions = split_kept(
        read_questions(source.questions),
        read_kept(source.judgement),
        {Path(path).stem: read_responses(path) for path in source.responses},
        swapped="r1_swapped" in snakemake.params.arms,
    )
    write_records(questions, snakemake.output.questions)
    logger.info("%d training questions left out", sum(question.split == LEFT_OUT for question in questions))
