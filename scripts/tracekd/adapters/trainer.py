"""transformers.Trainer, made exactly resumable: a killed and restarted run ends in the same bytes.

Two things stand in the way of that in Trainer as it comes. Its length grouping draws from the global random
state, which differs after a resume: `EpochSampler` depends on seed and epoch only. And it resumes from
whatever bears the highest number: here a checkpoint counts only once its manifest lies in it and matches.
"""

import json
import logging
import math
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Sampler
from tqdm import tqdm
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_pt_utils import get_length_grouped_indices
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from tracekd.adapters.chat import NO_LOSS
from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_write, sha256_file, storing
from tracekd.settings.training import Training

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
KEPT_CHECKPOINTS = 2


class EpochSampler(Sampler[int]):
    """Indices in batches of similar length, in an order that depends on (seed, epoch) only.

    accelerate calls `set_epoch`, also when it skips the batches before a resumed step.
    """

    def __init__(self, lengths: Sequence[int], group_size: int, seed: int):
        self.lengths, self.group_size, self.seed, self.epoch = lengths, group_size, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        return iter(get_length_grouped_indices(self.lengths, self.group_size, generator=generator))


def steps_of(tokens: int, lengths: Sequence[int], training: Training, seed: int) -> int:
    """Count the optimiser steps after which so many tokens have been trained on, the last step whole.

    Args:
        tokens: budget, paid by every token of every conversation, padding aside.
        lengths: tokens of each conversation, at least one, as cut at `max_length`.
        training: for the size of a step.
        seed: of training, which decides the order of the conversations.

    """
    size = training.batch_size * training.accumulation
    sampler, steps, seen = EpochSampler(lengths, size, seed), 0, 0
    while seen < tokens:
        epoch = list(sampler)
        for start in range(0, len(epoch), size):
            steps += 1
            seen += sum(lengths[place] for place in epoch[start : start + size])
            if seen >= tokens:
                break
        sampler.set_epoch(sampler.epoch + 1)
    return steps


class ResumableTrainer(Trainer):
    """Trainer whose batches are grouped by length over a whole step, with logits for labels only."""

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochSampler:
        dataset: Any = self.train_dataset if train_dataset is None else train_dataset
        group_size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return EpochSampler([len(ids) for ids in dataset["input_ids"]], group_size, self.args.seed)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *rest: Any, **options: Any) -> Any:
        """Give the model's own loss; its head sees the hidden states that a label follows, and no others.

        Most tokens of a long prompt carry no loss, and each would take a row as long as the vocabulary.
        """
        labels = torch.nn.functional.pad(inputs["labels"], (0, 1), value=NO_LOSS)[:, 1:]
        kept = labels != NO_LOSS
        targets = {"labels": labels[kept], "shift_labels": labels[kept]}
        head = model.get_output_embeddings()
        hook = head.register_forward_pre_hook(lambda _, hidden: (hidden[0][kept],))
        try:
            return super().compute_loss(model, inputs | targets, *rest, **options)
        finally:
            hook.remove()

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Count none: nobody asks for them, and Trainer walks through all weights at every step."""
        return 0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        with storing(str(self.args.output_dir)):
            super()._save_checkpoint(model, trial)


class SealCheckpoint(TrainerCallback):
    """Seal each checkpoint once all its files are on the disk, and only then delete old ones."""

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Sync the files of the checkpoint just written, write the digest of each, keep the newest few."""
        folder = Path(str(args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
        for path in folder.iterdir():
            _sync(path)
        digests = _digests(folder)
        with atomic_write(folder / MANIFEST) as stream:
            json.dump(digests, stream)
        _sync(folder)
        _sync(folder.parent)
        for _, path in sorted(_checkpoints(folder.parent).items())[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(path)


class StopOnDivergence(TrainerCallback):
    """End a run whose loss is no number: nothing after it can be of use."""

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the loss of every step; a checkpoint of the same step is not written any more."""
        if not math.isfinite(kwargs["logs"].get("loss", 0.0)):
            raise ModelError(
                f"the loss is {kwargs['logs']['loss']} at step {state.global_step}",
                where="training",
                hint="lower training.learning_rate or check the data",
            )


class ProgressBar(TrainerCallback):
    """One line on stderr: steps, time left, loss."""

    def __init__(self, title: str):
        self.title = title

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start where the run starts or resumes."""
        self.bar = tqdm(
            total=state.max_steps, initial=state.global_step, desc=self.title, unit="step", mininterval=1
        )

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Advance to the step just done."""
        if "loss" in kwargs["logs"]:
            self.bar.set_postfix(loss=f"{kwargs['logs']['loss']:.4f}", refresh=False)
            self.bar.update(state.global_step - self.bar.n)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Leave the finished line."""
        self.bar.close()


def newest_checkpoint(folder: Path) -> Path | None:
    """Give the whole checkpoint of the highest step, None without one; delete those that are damaged."""
    whole = None
    for _, path in sorted(_checkpoints(folder).items()):
        if _is_whole(path):
            whole = path
        else:
            logger.warning("%s is not whole and is deleted", path)
            shutil.rmtree(path)
    return whole


def _checkpoints(folder: Path) -> dict[int, Path]:
    """Find the checkpoints of a run, whole or not, by step."""
    return {int(path.name.rpartition("-")[2]): path for path in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*")}


def _is_whole(checkpoint: Path) -> bool:
    """Tell whether the files of a checkpoint are those of its manifest."""
    try:
        sealed: object = json.loads((checkpoint / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError):  # never sealed, or a seal that cannot be read
        return False
    return sealed == _digests(checkpoint)


def _digests(checkpoint: Path) -> dict[str, str]:
    """Give the digest of every file but the manifest."""
    return {path.name: sha256_file(path) for path in checkpoint.iterdir() if path.name != MANIFEST}


def _sync(path: Path) -> None:
    """Force a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
