"""Let the adapters of one dataset and model answer after set traces (rule intervene)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.adapters.chat import prefilled_prompt
    from tracekd.adapters.generation import generate_all
    from tracekd.core.records import read_generations, read_questions, write_records
    from tracekd.interventions.prefills import build_prefills, join
    from tracekd.models.identity import adapter_digests, base_identity
    from tracekd.models.loading import load_adapter, load_quantised, load_tokenizer
    from tracekd.run.cells import arm_and_seed
    from tracekd.run.lease import hold
    from tracekd.settings.config import Chat, Generation, Quantisation
    from tracekd.traces.prompts import chat_messages

    source, params = snakemake.input, snakemake.params
    chat = Chat.model_validate(params.chat)
    decoding = Generation.model_validate(params.generation)
    quantisation = Quantisation.model_validate(params.quantisation)
    adapters = {arm_and_seed(path): Path(path) for path in source.adapters}
    generations = {arm_and_seed(path): path for path in source.generations}
    questions = read_questions(source.questions, split="test")
    messages = {question.id: chat_messages(question, params.persona) for question in questions}
    tokenizer = load_tokenizer(source.model)
    base = load_quantised(source.model, quantisation)
    of_base = base_identity(source.model, quantisation.model_dump(), params.code)

    for path in map(Path, snakemake.output):
        arm, seed = cell = arm_and_seed(path)
        prefills = build_prefills(
            questions, read_generations(generations[cell]), params.conditions, params.seed
        )
        prompts = [
            prefilled_prompt(tokenizer, one.id, messages[one.item], one.trace, chat) for one in prefills
        ]
        model = load_adapter(base, adapters[cell].parent)
        part = Path(params.work) / arm / f"seed{seed}.jsonl"
        with hold(part):
            answers = generate_all(
                model,
                tokenizer,
                prompts,
                decoding,
                seed,
                identity={**of_base, "adapter": adapter_digests(adapters[cell].parent)},
                part=part,
                title=f"{arm} seed {seed}, set traces",
            )
            write_records(join(prefills, prompts, answers), path)
        model.unload()
