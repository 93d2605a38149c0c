"""Pre-training of the tiny base models: random weights, a copy circuit, reading exercises, a probe.

Fine-tuning a model that cannot read teaches nothing about traces, so a base model is used only when it has
passed a probe on questions it has not seen. Everything is counted in steps, never in seconds, and drawn from
the seed: one machine makes the same model twice.
"""

import json
import logging
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    set_seed,
)

from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_folder, atomic_write
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.simulation import SIMULATORS, Scene, get_simulator
from tracekd.models.documents import (
    IGNORED,
    Ask,
    Document,
    batches,
    collate,
    copy_document,
    direct_answer,
    earlier_step,
    encode,
    evidence,
    look_up_document,
    probe_rows,
    reading_document,
    repeat_document,
    shorten,
)
from tracekd.models.kept import PROBE
from tracekd.models.muon import Muon
from tracekd.models.plan import BasePlan
from tracekd.models.tokenizer import END, QUESTION, SPECIAL_TOKENS, build_tokenizer
from tracekd.settings.base_model import BaseRecipe

logger = logging.getLogger(__name__)

ARCHITECTURES = {"llama": LlamaConfig, "qwen3": Qwen3Config}
VOCABULARY_MULTIPLE = 64  # embedding rows in whole blocks of the 4-bit quantiser
COPY_BATCH, DOCUMENT_BATCH = 32, 16
COPY_WORDS_AT_FIRST, COPY_WORDS_GROWTH = 24, 3
COPY_CHECK_STEPS = 25
WARM_UP_STEPS = 50
DECAY_SHARE = 0.5  # of a round: the learning rate stays at its peak before it
# contexts of all lengths: where to look is learnt on the short ones
FACTS_SHOWN = 2, 10
MUON_LR, ADAMW_LR = 4e-3, 2e-3
# of the questions of a dataset without a simulator, for the probe
HELD_OUT_SHARE = 0.1


def build_base_model(folder: Path, plan: BasePlan) -> dict[str, float]:
    """Pre-train a tiny model and write it with its tokenizer, `training_log.csv` and `probe.json`.

    Args:
        folder: of the finished model, loadable by `AutoModelForCausalLM.from_pretrained`.
        plan: all that decides about it; `probe.json` has its description.

    Returns the probe: share right by `{dataset}.{evidence|answer|class}`. Raises ModelError if missed.

    """
    set_seed(plan.seed)
    rng = random.Random(f"{plan.seed}/base")
    recipe = plan.recipe
    tokenizer = build_tokenizer(plan.texts, recipe.max_words, plan.datasets)
    words = words_in_use(plan.texts, tokenizer)
    model = new_model(ARCHITECTURES[plan.architecture], recipe, tokenizer)
    logger.info("%s: %d weights, %d tokens", plan.architecture, model.num_parameters(), len(tokenizer))

    trainer = Trainer(model)
    train_copying(trainer, recipe, tokenizer, words, rng)
    seen, held_out = hold_out(plan.questions)
    probe = train_reading(trainer, recipe, tokenizer, words, seen, held_out, plan.datasets, rng)
    with atomic_folder(folder) as part:
        model.save_pretrained(part, safe_serialization=True)
        tokenizer.save_pretrained(part)
        with atomic_write(part / "training_log.csv") as stream:
            stream.write("step,phase,loss\n")
            stream.writelines(f"{step},{phase},{loss:.6f}\n" for step, phase, loss in trainer.history)
        with atomic_write(part / PROBE) as stream:
            json.dump({"probe": probe, "recipe": plan.describe()}, stream, indent=2, sort_keys=True)
    return probe


def hold_out(questions: Sequence[Question]) -> tuple[list[Question], list[Question]]:
    """Part the questions into those to read and, of datasets without a simulator, some for the probe."""
    held: set[str] = set()
    for name in sorted({question.dataset for question in questions} - set(SIMULATORS)):
        own = [question.id for question in questions if question.dataset == name]
        held.update(own[: max(1, round(HELD_OUT_SHARE * len(own)))])
    seen = [question for question in questions if question.id not in held]
    return seen, [question for question in questions if question.id in held]


def words_in_use(texts: Sequence[str], tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """List the token ids that occur in texts, without those that mark up a copy document."""
    used = {token for ids in tokenizer(texts, add_special_tokens=False)["input_ids"] for token in ids}
    return sorted(used - {tokenizer.vocab[token] for token in ("\n", QUESTION, *SPECIAL_TOKENS)})


def new_model(
    config_class: type[LlamaConfig | Qwen3Config], recipe: BaseRecipe, tokenizer: PreTrainedTokenizerFast
) -> PreTrainedModel:
    """Make a random network; weights start larger than usual, as suits its small width."""
    config = config_class(
        vocab_size=-(-len(tokenizer) // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE,
        hidden_size=recipe.hidden_size,
        intermediate_size=2 * recipe.hidden_size,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.key_value_heads,
        head_dim=recipe.hidden_size // recipe.heads,
        max_position_embeddings=2048,
        initializer_range=recipe.hidden_size**-0.5,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    # on a CPU the fused attention kernel is the slower one for heads this small
    model: PreTrainedModel = AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation="eager"
    )
    return model


class Trainer:
    """Takes optimiser steps and keeps the loss of each: Muon for hidden matrices, AdamW for the rest."""

    def __init__(self, model: PreTrainedModel):
        self.model, self.head = model.train(), model.get_output_embeddings()
        named = dict(model.named_parameters())
        matrices = [weights for name, weights in named.items() if weights.ndim == 2 and "embed" not in name]
        others = [weights for name, weights in named.items() if weights.ndim != 2 or "embed" in name]
        self.optimisers = [
            Muon(matrices, lr=MUON_LR),
            torch.optim.AdamW(others, lr=ADAMW_LR, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.rates = [MUON_LR, ADAMW_LR]
        self.history: list[tuple[int, str, float]] = []

    def step(self, batch: tuple[torch.Tensor, torch.Tensor], phase: str, rate: float) -> None:
        """Learn from one batch at a share `rate` of the full learning rates."""
        ids, labels = batch
        hidden = self.model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        targets = labels[:, 1:]
        asked = targets != IGNORED  # logits of the other positions would be thrown away
        loss = torch.nn.functional.cross_entropy(self.head(hidden[asked]), targets[asked])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser, full_rate in zip(self.optimisers, self.rates, strict=True):
            optimiser.param_groups[0]["lr"] = full_rate * rate
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.history.append((len(self.history) + 1, phase, loss.item()))

    def recent_loss(self, steps: int) -> float:
        """Mean loss of the last steps."""
        return sum(loss for _, _, loss in self.history[-steps:]) / steps


def train_copying(
    trainer: Trainer,
    recipe: BaseRecipe,
    tokenizer: PreTrainedTokenizerFast,
    words: Sequence[int],
    rng: random.Random,
) -> None:
    """Teach copying, with few words first: a copy circuit forms late or never on all of them at once."""
    separator, end = (tokenizer.vocab[token] for token in ("\n", END))
    shuffled = rng.sample(words, len(words))
    in_play = COPY_WORDS_AT_FIRST
    for step in tqdm(range(recipe.copy_steps), desc="copying", unit="step"):
        drawn = [copy_document(shuffled[:in_play], separator, end, rng) for _ in range(COPY_BATCH)]
        trainer.step(
            collate(encode(tokenizer, drawn), tokenizer.pad_token_id),
            "copying",
            min(1.0, (step + 1) / WARM_UP_STEPS),
        )
        if (step + 1) % COPY_CHECK_STEPS:
            continue
        loss = trainer.recent_loss(COPY_CHECK_STEPS)
        if in_play >= len(words) and loss < recipe.copied_below:
            break
        if loss < recipe.grow_below:
            in_play = min(len(words), in_play * COPY_WORDS_GROWTH)
    logger.info("copying ends after %d steps with %d of %d words", step + 1, in_play, len(words))


def train_reading(
    trainer: Trainer,
    recipe: BaseRecipe,
    tokenizer: PreTrainedTokenizerFast,
    words: Sequence[int],
    questions: Sequence[Question],
    held_out: Sequence[Question],
    datasets: Sequence[str],
    rng: random.Random,
) -> dict[str, float]:
    """Teach reading in rounds until the probe is passed; give the probe or raise ModelError."""
    separator, ask, end = (tokenizer.vocab[token] for token in ("\n", QUESTION, END))
    own = {name: [one for one in questions if one.dataset == name] for name in datasets}

    def simulate() -> Scene:
        shares = [recipe.share(name) for name in datasets]
        name = rng.choices(datasets, shares)[0]
        return get_simulator(name).sample(rng) if name in SIMULATORS else Scene((rng.choice(own[name]),))

    def draw() -> Document:
        chance = rng.random()
        if chance < 0.06:
            return copy_document(words, separator, end, rng)
        if chance < 0.12:
            return look_up_document(words, separator, ask, end, rng)
        scene = Scene((rng.choice(questions),)) if rng.random() < recipe.question_share else simulate()
        if chance < 0.2:
            return repeat_document(rng.choice(scene.questions), tokenizer, rng)
        return reading_document(
            shorten(scene, rng.randint(*FACTS_SHOWN), rng), recipe.questions_per_scene, rng
        )

    stream = batches(draw, tokenizer, DOCUMENT_BATCH, recipe.max_tokens, rng)
    for number in range(recipe.rounds):
        steps, peak = (recipe.document_steps, 1.0) if number == 0 else (recipe.document_steps // 2, 0.5)
        for step in tqdm(range(steps), desc=f"reading, round {number + 1}", unit="step"):
            trainer.step(next(stream), "reading", peak * min(1.0, (1 - step / steps) / DECAY_SHARE))
        probe = probe_model(trainer.model, tokenizer, datasets, recipe.probe_questions, held_out)
        logger.info(
            "reading, round %d: loss %.3f, probe %s", number + 1, trainer.recent_loss(COPY_CHECK_STEPS), probe
        )
        missed = {
            name: mark for name in datasets if probe[f"{name}.evidence"] < (mark := recipe.pass_mark(name))
        }
        if not missed:
            return probe
    found = ", ".join(f"{name} {probe[f'{name}.evidence']:.2f} < {mark}" for name, mark in missed.items())
    raise ModelError(
        f"the base model reads too badly after {recipe.rounds} rounds: {found}",
        where="probe",
        hint="raise document_steps or rounds of the base model, or change its seed; "
        "what is asked of it: docs/extending.md, a simulator",
    )


@torch.no_grad()
def probe_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    datasets: Sequence[str],
    n_questions: int,
    held_out: Sequence[Question] = (),
) -> dict[str, float]:
    """Measure the share of unseen questions whose whole reply has the highest odds token by token.

    They are simulated, or, of a dataset without a simulator, those of `held_out`.
    """
    model.eval()
    rng = random.Random("probe")
    right = {}
    for name in datasets:
        if name in SIMULATORS:
            asked = [get_simulator(name).sample(rng).questions[0] for _ in range(n_questions)]
        else:
            asked = [question for question in held_out if question.dataset == name][:n_questions]
        earlier: dict[str, Ask] = {
            step.name: partial(earlier_step, place=place)
            for place, step in enumerate(get_dataset(name).steps[:-1])
        }
        for kind, exercise in {"evidence": evidence, "answer": direct_answer, **earlier}.items():
            ids, labels = collate(probe_rows(tokenizer, asked, exercise), tokenizer.pad_token_id)
            guessed = model(input_ids=ids, use_cache=False).logits[:, :-1].argmax(-1)
            hits = (guessed == labels[:, 1:]) | (labels[:, 1:] == IGNORED)
            right[f"{name}.{kind}"] = hits.all(dim=1).float().mean().item()
    model.train()
    return right
