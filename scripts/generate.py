"""Generate the answers of one dataset and model: one arm and seed, or many (rule generate)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.adapters.chat import chat_prompt, raw_prompt
    from tracekd.adapters.generation import generate
    from tracekd.core.records import read_questions
    from tracekd.datasets import get_dataset
    from tracekd.models.identity import adapter_digests, base_identity
    from tracekd.models.loading import load_adapter, load_quantised, load_tokenizer
    from tracekd.run.cells import arm_and_seed
    from tracekd.run.lease import hold
    from tracekd.settings.config import Chat, Generation, Quantisation
    from tracekd.traces.arms import PROMPT_ONLY
    from tracekd.traces.prompts import chat_messages

    source, params = snakemake.input, snakemake.params
    chat = Chat.model_validate(params.chat)
    decoding = Generation.model_validate(params.generation)
    quantisation = Quantisation.model_validate(params.quantisation)
    adapters = {arm_and_seed(path): Path(path) for path in source.adapters}
    questions = read_questions(source.questions, split="test")
    tokenizer = load_tokenizer(source.model)
    chat_prompts = [
        chat_prompt(tokenizer, question.id, chat_messages(question, params.persona), chat)
        for question in questions
    ]
    raw_prompts = [
        raw_prompt(tokenizer, question.id, get_dataset(question.dataset).prompt_only_prompt(question))
        for question in questions
    ]
    base = load_quantised(source.model, quantisation)
    of_base = base_identity(source.model, quantisation.model_dump(), params.code)

    for path in map(Path, snakemake.output):
        arm, seed = cell = arm_and_seed(path)
        weights = None if arm == PROMPT_ONLY else adapters[cell]
        model = base if weights is None else load_adapter(base, weights.parent)
        part = Path(params.work) / arm / f"seed{seed}.jsonl"
        with hold(part):
            generate(
                model,
                tokenizer,
                raw_prompts if weights is None else chat_prompts,
                decoding,
                seed,
                identity={**of_base, "adapter": weights and adapter_digests(weights.parent)},
                part=part,
                path=path,
            )
        if weights is not None:
            model.unload()
