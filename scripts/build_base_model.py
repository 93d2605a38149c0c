"""Take a tiny base model that is kept for this recipe, or pre-train one (rule build_base_model)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake) as also_read:
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions
    from tracekd.models.kept import kept_folder, take_kept
    from tracekd.models.plan import BasePlan
    from tracekd.run.lease import hold
    from tracekd.settings.base_model import BaseRecipe
    from tracekd.teacher.responses import read_responses

    source, params, output = snakemake.input, snakemake.params, Path(snakemake.output[0])
    questions = [question for path in source.questions for question in read_questions(path, split="train")]
    responses = [response for path in source.responses for response in read_responses(path)]
    plan = BasePlan(
        architecture=params.architecture,
        persona=params.persona,
        seed=params.seed,
        recipe=BaseRecipe.model_validate(params.options),
        questions=questions,
        more_texts=[text for response in responses for text in (response.reasoning, response.answer)],
    )
    kept = kept_folder(plan.describe())
    if kept.is_dir():
        also_read |= take_kept(kept, output)
        logger.info("%s: taken from %s, which is kept for this recipe", output, kept)
    else:
        from tracekd.models.base import build_base_model

        logger.info("%s: no model is kept for this recipe (%s); one is trained", output, kept)
        with hold(Path(params.work)):
            build_base_model(output, plan)
