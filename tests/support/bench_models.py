"""What the benchmark does with a tiny model of the demo's shape: training, answers, interventions."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekd.adapters import training as our_training
from tracekd.adapters.chat import (
    Conversation,
    Prompt,
    chat_prompt,
    encode_examples,
    prefilled_prompt,
    sft_conversations,
)
from tracekd.adapters.generation import generate_all
from tracekd.core.checks import read_yaml
from tracekd.core.records import Generation, Question
from tracekd.interventions.prefills import CONDITIONS, build_prefills
from tracekd.models.loading import load_adapter, load_quantised, load_tokenizer
from tracekd.settings.base_model import BaseRecipe
from tracekd.settings.config import Chat, Quantisation
from tracekd.settings.config import Generation as Decoding
from tracekd.settings.training import Training, TrainingPlan
from tracekd.traces.build import build_traces
from tracekd.traces.prompts import chat_messages

from support import recipes
from support.bench_data import ARM, DATASET, PROCESSOR, SEED, simulate_questions
from support.examples import ROOT
from support.measuring import OURS, Limits, Row, Work, compare, interleave, measure_limits
from support.tiny_models import make_identity

CONFIG = read_yaml(ROOT / "config.yaml")
PERSONA = "Llama"
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# operations for each weight and token: forward, and backward through the activations of frozen weights
FORWARD, BACKWARD = 2, 2
# prompts that are answered in a batch and one by one
BATCHED = 24
# bytes that are copied to measure the memory: more than any cache holds
COPIED = 256 << 20


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done.

    Args:
        rows: questions of the corpus, a fifth of them for answers.
        steps: of the pre-training, after which the model writes traces of the usual form.
        one_by_one: questions that the released recipe answers.
        new_tokens: most tokens of an answer, ours and plain; as released there are more.
        released_new_tokens: most of an answer as released.
        conditions: of the interventions.

    """

    rows: int = 240
    steps: int = 100
    one_by_one: int = 4
    new_tokens: int = CONFIG["generation"]["max_new_tokens"]
    released_new_tokens: int = recipes.RELEASED_NEW_TOKENS
    conditions: int = 8


class Setup:
    """A corpus, a 4-bit model that has learnt the form of traces, and what it is trained on and asked."""

    def __init__(self, root: Path, size: Size):
        self.root, self.size = root, size
        questions = simulate_questions(root / "raw", size.rows)
        self.train, self.test = (
            [one for one in questions if one.split == split] for split in ("train", "test")
        )
        self.chat = Chat.model_validate(CONFIG["chat"])
        self.training: Training = TrainingPlan.model_validate(CONFIG["training"]).of(DATASET, ARM, MODULES)
        self.decoding = Decoding.model_validate(CONFIG["generation"] | {"max_new_tokens": size.new_tokens})
        self.conversations = sft_conversations(self.train, build_traces(self.train, ARM, SEED), PERSONA)
        self.model = root / "model"
        make_model(self.model, questions, self.conversations, self.chat, size.steps)
        self.tokenizer = load_tokenizer(self.model)
        quantisation = Quantisation.model_validate(CONFIG["quantisation"])
        self.base = load_quantised(self.model, quantisation)
        self.their_base = recipes.load_base(self.model, quantisation)
        self.prompts = [
            chat_prompt(self.tokenizer, one.id, chat_messages(one, PERSONA), self.chat) for one in self.test
        ]
        self._runs = 0

    def encode(self, loss: str) -> list[dict[str, list[int]]]:
        """Encode the training set."""
        length = self.training.max_length
        return encode_examples(self.tokenizer, self.conversations, loss, length, self.chat)

    def new_folder(self) -> Path:
        """Give a folder where nothing is finished yet."""
        self._runs += 1
        return self.root / f"run{self._runs}"

    def train_ours(self, examples: list[dict[str, list[int]]]) -> Path:
        """Train as the workflow does; give the folder of the adapter."""
        folder = self.new_folder()
        identity = make_identity(PERSONA, DATASET, ARM)
        job = our_training.AdapterJob(
            examples, self.training, SEED, identity, folder / "work", folder / "adapter"
        )
        our_training.train_adapters(self.base, self.tokenizer, [job])
        gc.unfreeze()  # others are to find all as they would
        return folder / "adapter"

    def answer(self, model: Any, prompts: list[Prompt], at_once: int | None = None) -> list[Generation]:
        """Answer as the workflow does, by default as many prompts at once as the demo."""
        part = self.new_folder() / "part.jsonl"
        decoding = self.decoding.model_copy(update={"batch_size": at_once} if at_once else {})
        return generate_all(model, self.tokenizer, prompts, decoding, SEED, {}, part, "bench")


def make_model(
    folder: Path, questions: list[Question], conversations: list[Conversation], chat: Chat, steps: int
) -> None:
    """Train a network of the demo's shape on whole conversations for a while, and write it."""
    import random

    import torch
    from tracekd.models.base import ARCHITECTURES, Trainer, new_model
    from tracekd.models.tokenizer import build_tokenizer

    torch.manual_seed(SEED)
    texts = [message["content"] for _, messages in conversations for message in messages]
    texts += [one["content"] for question in questions for one in chat_messages(question, PERSONA)]
    recipe = BaseRecipe.model_validate(CONFIG["base_model"])
    tokenizer = build_tokenizer(texts, recipe.max_words, [DATASET])
    model = new_model(ARCHITECTURES["llama"], recipe, tokenizer)
    examples = encode_examples(tokenizer, conversations, "completion", recipe.max_tokens, chat)
    trainer, rng = Trainer(model), random.Random(SEED)
    for step in range(steps):
        batch = our_training.collate(rng.sample(examples, min(16, len(examples))), tokenizer.pad_token_id)
        trainer.step((batch["input_ids"], batch["labels"]), "form", 1 - step / steps)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def measure_models(root: Path, size: Size, rounds: int) -> Iterator[list[Row]]:
    """Measure training, answers and answers behind set traces, ours beside others'."""
    setup = Setup(root, size)
    examples, whole = setup.encode(setup.training.loss), setup.encode("all")
    tokens = sum(len(example["input_ids"]) for example in examples)
    weights, stored = setup.base.num_parameters(), setup.base.get_memory_footprint()
    config = setup.base.config

    def limits(rows: int) -> Limits:
        inner = config.hidden_size, config.intermediate_size
        return measure_limits(rows, *inner, PROCESSOR, "float32", COPIED)

    adapters = []

    def train_ours() -> float:
        adapters.append(setup.train_ours(examples))
        return tokens

    # what is imported at the first call is no cost of a token
    setup.train_ours(examples[:1])
    recipes.train(setup.their_base, setup.tokenizer, whole[:1], setup.training, recipes.RELEASED)
    speeds = interleave(
        {
            OURS: train_ours,
            "released": lambda: recipes.train(
                setup.their_base, setup.tokenizer, whole, setup.training, recipes.RELEASED
            ),
            "plain": lambda: recipes.train(
                setup.their_base,
                setup.tokenizer,
                examples,
                setup.training,
                recipes.plain(setup.training),
            ),
        },
        rounds,
    )
    per_step = setup.training.batch_size * tokens / len(examples)
    floors = limits(round(per_step))
    yield compare(
        "training",
        speeds,
        "tokens/s",
        PROCESSOR,
        {
            name: floors.share(speed, (FORWARD + BACKWARD) * weights, 2 * stored / per_step)
            for name, speed in speeds.items()
        },
    )

    merged = recipes.merge(setup.model, adapters[0], setup.base)
    model = load_adapter(setup.base, adapters[0])
    theirs = recipes.load_adapter(setup.their_base, adapters[0])
    few = setup.prompts[: size.one_by_one]
    texts: dict[str, list[str]] = {}
    most, batch = setup.decoding.max_new_tokens, setup.decoding.batch_size

    def decode(answers: list[list[int]], variant: str) -> float:
        texts[variant] = [setup.tokenizer.decode(ids, skip_special_tokens=True) for ids in answers]
        return sum(map(len, answers))

    def answer_ours(prompts: list[Prompt]) -> list[Generation]:
        found = setup.answer(model, prompts)
        texts[OURS] = [one.text for one in found]
        return found

    generated = answer_ours(setup.prompts)
    speeds = interleave(
        {
            OURS: lambda: sum(one.n_new_tokens or 0 for one in answer_ours(setup.prompts)),
            "released": lambda: decode(
                recipes.answer_one_by_one(merged, setup.tokenizer, few, size.released_new_tokens), "released"
            ),
            "plain": lambda: decode(
                recipes.answer_in_batches(theirs, setup.tokenizer, setup.prompts, most, batch),
                "plain",
            ),
        },
        rounds,
    )
    new = sum(one.n_new_tokens or 0 for one in generated)
    read = sum(len(prompt.input_ids) for prompt in setup.prompts)
    side_by_side = {OURS: min(batch, len(setup.prompts)), "released": 1}
    side_by_side["plain"] = side_by_side[OURS]
    machine = {count: limits(count) for count in set(side_by_side.values())}
    yield compare(
        "generation",
        speeds,
        "tokens/s",
        PROCESSOR,
        {
            name: machine[side_by_side[name]].share(
                speed, FORWARD * weights * (new + read) / new, stored / side_by_side[name]
            )
            for name, speed in speeds.items()
        },
    )
    yield compare_texts(texts)
    yield compare_batches(setup, adapters[0])

    conditions = list(CONDITIONS)[: size.conditions]
    prefilled = [
        prefilled_prompt(
            setup.tokenizer, one.id, chat_messages(by_id[one.item], PERSONA), one.trace, setup.chat
        )
        for by_id in [{question.id: question for question in setup.test}]
        for one in build_prefills(setup.test, generated, conditions, SEED)
    ]
    works_behind: dict[str, Work] = {
        OURS: lambda: len(setup.answer(model, prefilled)),
        "plain": lambda: len(recipes.answer_in_batches(theirs, setup.tokenizer, prefilled, most, batch)),
    }
    speeds = interleave(works_behind, rounds)
    read = sum(len(prompt.input_ids) for prompt in prefilled) / len(prefilled)
    yield compare(
        "interventions",
        speeds,
        "answers/s",
        PROCESSOR,
        {
            name: machine[side_by_side[OURS]].share(speed, FORWARD * weights * read, 0)
            for name, speed in speeds.items()
        },
    )


def compare_batches(setup: Setup, adapter: Path) -> list[Row]:
    """Give the share of answers that are the same in a batch and one by one, letter for letter, by type."""
    prompts, same = setup.prompts[:BATCHED], {}
    for dtype in ("float32", "bfloat16"):
        quantisation = CONFIG["quantisation"] | {"compute_dtype": dtype}
        base = load_quantised(setup.model, Quantisation.model_validate(quantisation))
        model = load_adapter(base, adapter)
        batched, alone = (
            [one.text for one in setup.answer(model, prompts, at_once)] for at_once in (len(prompts), 1)
        )
        same[dtype] = share_same(batched, alone)
    return give_shares("generation_batched", same)


def compare_texts(texts: dict[str, list[str]]) -> list[Row]:
    """Give the share of answers of each other way that are ours, letter for letter."""
    others = {variant: share_same(found, texts[OURS]) for variant, found in texts.items() if variant != OURS}
    return give_shares("generation_same_text", others)


def share_same(found: list[str], others: list[str]) -> float:
    """Give the share of texts that are those at the same place; of the others there may be more."""
    return sum(one == other for one, other in zip(found, others, strict=False)) / len(found)


def give_shares(name: str, shares: dict[str, float]) -> list[Row]:
    """Make a row for each variant; a share has no ratio and no limit."""
    none = float("nan")
    return [Row(name, variant, share, "share", none, none, PROCESSOR) for variant, share in shares.items()]
