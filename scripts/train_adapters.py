"""Train the LoRA adapters of one dataset and model: one arm and seed, or many (rule train_adapters)."""

from functools import cache
from pathlib import Path
from typing import Any

from tracekd.adapters.chat import Example, encode_examples, sft_conversations
from tracekd.adapters.training import AdapterJob, resolve_options, train_adapters
from tracekd.core.files import sha256_file
from tracekd.core.records import read_questions, read_traces
from tracekd.models.identity import folder_digests
from tracekd.models.loading import load_quantised, load_tokenizer
from tracekd.run.cells import arm_and_seed
from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    source, params = snakemake.input, snakemake.params
    traces = {Path(path).stem: path for path in source.traces}
    questions = read_questions(source.questions, split="train")
    tokenizer = load_tokenizer(source.model)
    model_digests = folder_digests(source.model)

    def get_options(arm: str) -> dict[str, Any]:
        """Options of an arm's training."""
        dataset = snakemake.wildcards.dataset
        return resolve_options(params.training, dataset, arm, params.target_modules)

    @cache  # all seeds of an arm learn from the same examples
    def encode_arm(arm: str) -> list[Example]:
        """Encode the training set of an arm."""
        options = get_options(arm)
        conversations = sft_conversations(questions, read_traces(traces[arm]), params.persona)
        return encode_examples(tokenizer, conversations, options["loss"], options["max_length"], params.chat)

    def make_job(weights: Path) -> AdapterJob:
        """Describe the training of the adapter that a path names."""
        arm, seed = arm_and_seed(weights)
        return AdapterJob(
            examples=encode_arm(arm),
            options=get_options(arm),
            seed=seed,
            identity={
                "model": Path(source.model).name,
                "dataset": snakemake.wildcards.dataset,
                "arm": arm,
                "persona": params.persona,
                "chat": params.chat,
                "quantisation": params.quantisation,
                "inputs": {
                    "questions": sha256_file(source.questions),
                    "traces": sha256_file(traces[arm]),
                    "model": model_digests,
                },
            },
            work=Path(params.work) / arm / f"seed{seed}",
            output=weights.parent,
        )

    base = load_quantised(source.model, params.quantisation)
    train_adapters(base, tokenizer, map(make_job, map(Path, snakemake.output.weights)))
