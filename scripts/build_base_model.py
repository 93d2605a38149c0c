"""Pre-train one tiny base model (rule build_base_model)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_questions
    from tracekd.models.base import build_base_model
    from tracekd.settings.base_model import BaseRecipe
    from tracekd.teacher.responses import read_responses

    source = snakemake.input
    questions = [question for path in source.questions for question in read_questions(path, split="train")]
    responses = [response for path in source.responses for response in read_responses(path)]
    build_base_model(
        Path(snakemake.output[0]),
        architecture=snakemake.params.architecture,
        persona=snakemake.params.persona,
        recipe=BaseRecipe.model_validate(snakemake.params.options),
        questions=questions,
        texts=[text for response in responses for text in (response.reasoning, response.answer)],
        seed=snakemake.params.seed,
    )
