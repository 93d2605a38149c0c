"""Score generations item by item (rule score_generations).

One output CSV for each input generation file, in the same order.
"""

from pathlib import Path

from tracekd.errors import DataError
from tracekd.logs import rule_log
from tracekd.records import read_generations, read_questions
from tracekd.scoring import SCORERS
from tracekd.scoring.score import write_scores

with rule_log(snakemake.log[0]):
    questions = read_questions(snakemake.input.questions)
    test = {question.id for question in questions if question.split == "test"}
    scorer = SCORERS[snakemake.wildcards.scorer]
    for source, target in zip(snakemake.input.generations, snakemake.output.scores, strict=True):
        generations = read_generations(source)
        if not snakemake.params.released and {one.id for one in generations} != test:
            raise DataError(
                f"{len(generations)} generations for {len(test)} test questions",
                where=source,
                hint="delete the file and run the workflow again",
            )
        write_scores(scorer(questions, generations, Path(source).parent.name), target)
