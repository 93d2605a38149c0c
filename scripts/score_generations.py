"""Score generations item by item (rule score_generations, in three rule files).

input   questions: question file of every dataset
        generations: files `.../{dataset}/{model}/{arm}/seed{seed}.jsonl`
output  scores: one CSV for each file of generations, in the same order
params  partial: whether a file may lack test questions
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.errors import DataError
    from tracekd.core.records import read_generations, read_questions
    from tracekd.datasets import get_dataset
    from tracekd.scoring import get_scorer
    from tracekd.scoring.score import write_scores

    questions = {Path(path).stem: read_questions(path) for path in snakemake.input.questions}
    scorer = get_scorer(snakemake.wildcards.scorer)
    for source, target in zip(snakemake.input.generations, snakemake.output.scores, strict=True):
        dataset, _, arm, _ = Path(source).parts[-4:]
        generations = read_generations(source, questions[dataset])
        n_test = sum(question.split == "test" for question in questions[dataset])
        if not snakemake.params.partial and len(generations) != n_test:
            raise DataError(
                f"{len(generations)} generations for {n_test} test questions",
                where=source,
                hint="have it made again by --forcerun generate, or score what there is with level: outputs",
            )
        scores = scorer.score(questions[dataset], generations, arm)
        write_scores(scores, target, scorer.measures, [step.name for step in get_dataset(dataset).steps])
