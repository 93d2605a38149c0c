"""Train the LoRA adapters of one dataset and model: one arm and seed, or many (rule train_adapters)."""

from functools import cache
from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.adapters.chat import Example, encode_examples, sft_conversations
    from tracekd.adapters.training import AdapterJob, train_adapters
    from tracekd.core.files import sha256_file
    from tracekd.core.records import read_questions, read_traces
    from tracekd.models.identity import folder_digests
    from tracekd.models.loading import load_quantised, load_tokenizer
    from tracekd.run.cells import arm_and_seed
    from tracekd.settings.config import Chat, Quantisation
    from tracekd.settings.training import TrainingPlan

    source, params = snakemake.input, snakemake.params
    plan = TrainingPlan.model_validate(params.training)
    chat = Chat.model_validate(params.chat)
    quantisation = Quantisation.model_validate(params.quantisation)
    traces = {Path(path).stem: path for path in source.traces}
    questions = read_questions(source.questions, split="train")
    tokenizer = load_tokenizer(source.model)
    model_digests = folder_digests(source.model)

    @cache  # all seeds of an arm learn from the same examples
    def encode_arm(arm: str) -> list[Example]:
        """Encode the training set of an arm."""
        training = plan.of(snakemake.wildcards.dataset, arm, params.target_modules)
        conversations = sft_conversations(questions, read_traces(traces[arm]), params.persona)
        return encode_examples(tokenizer, conversations, training.loss, training.max_length, chat)

    def make_job(weights: Path) -> AdapterJob:
        """Describe the training of the adapter that a path names."""
        arm, seed = arm_and_seed(weights)
        return AdapterJob(
            examples=encode_arm(arm),
            training=plan.of(snakemake.wildcards.dataset, arm, params.target_modules),
            seed=seed,
            identity={
                "model": Path(source.model).name,
                "dataset": snakemake.wildcards.dataset,
                "arm": arm,
                "persona": params.persona,
                "chat": chat.model_dump(),
                "quantisation": quantisation.model_dump(),
                "code": params.code,
                "inputs": {
                    "questions": sha256_file(source.questions),
                    "traces": sha256_file(traces[arm]),
                    "model": model_digests,
                },
            },
            work=Path(params.work) / arm / f"seed{seed}",
            output=weights.parent,
        )

    base = load_quantised(source.model, quantisation)
    train_adapters(base, tokenizer, map(make_job, map(Path, snakemake.output.weights)))
