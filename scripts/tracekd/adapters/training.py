"""LoRA adapters on a 4-bit base model: trained, resumed and finished bit for bit alike (paper, section 5)."""

import gc
import json
import logging
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tracekd.adapters.card import write_card
from tracekd.adapters.chat import NO_LOSS, Example
from tracekd.core.checks import check_names
from tracekd.core.files import atomic_folder, atomic_write
from tracekd.core.texts import write_rows
from tracekd.models.identity import digest_json, folder_digests, package_versions
from tracekd.run.lease import hold
from tracekd.settings.training import Lora, Training

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from tracekd.adapters.trainer import ResumableTrainer

logger = logging.getLogger(__name__)

LOG_COLUMNS = ("step", "epoch", "loss", "grad_norm", "learning_rate")


@dataclass(frozen=True, slots=True)
class AdapterJob:
    """One adapter to train.

    `identity` names model, dataset, arm and quantisation and holds the digests of all inputs; `work` keeps
    checkpoints between attempts; `output` receives the finished files.
    """

    examples: list[Example]
    training: Training
    seed: int
    identity: dict[str, Any]
    work: Path
    output: Path


def train_adapters(
    base: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", jobs: Iterable[AdapterJob]
) -> None:
    """Train adapters one after another on one base model, each as if it were alone.

    Raises WorkError when another process is training one of them.
    """
    # Trainer collects garbage at each start: a second, if it looks at all that the libraries hold
    gc.freeze()
    for job in jobs:
        with hold(job.work):
            train_adapter(base, tokenizer, job)


def train_adapter(base: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", job: AdapterJob) -> None:
    """Train one adapter, or take up where a killed attempt left it, and hand `base` back as it was.

    Writes adapter_model.safetensors, adapter_config.json, training_log.csv, provenance.json and the model
    card README.md into `job.output`, all or none. What lies in `job.work` counts only if it comes from the
    same data, options, seed, base and package versions. Raises ModelError when the loss is no longer finite.
    """
    provenance = {
        **job.identity,
        "training": job.training.model_dump(),
        "seed": job.seed,
        "packages": package_versions(),
    }
    _claim(job.work, digest_json([provenance, job.examples, base.device.type]))
    finished, seal = job.work / "adapter", job.work / "adapter.sha256"
    if _is_sealed(finished, seal):
        logger.info("%s: already trained", job.output)
    else:
        checkpoints = job.work / "checkpoints"
        model = add_lora(base, job.training.lora, job.seed)
        trainer = make_trainer(model, tokenizer, job, checkpoints)
        _run(trainer, checkpoints)
        logger.info("%s: trained for %d steps", job.output, trainer.state.global_step)
        _write_adapter(model, trainer.state.log_history, provenance, finished)
        with atomic_write(seal) as stream:
            stream.write(digest_json(folder_digests(finished)))
        model.unload()
        base.activation_checkpointing_disable()
        shutil.rmtree(checkpoints)
    with atomic_folder(job.output) as folder:
        shutil.copytree(finished, folder, dirs_exist_ok=True)


def _is_sealed(folder: Path, seal: Path) -> bool:
    """Tell whether a finished adapter is there and still what it was."""
    return (
        folder.exists() and seal.exists() and seal.read_text("utf-8") == digest_json(folder_digests(folder))
    )


def _claim(work: Path, digest: str) -> None:
    """Make the work folder one of this very job; what another one left there is deleted."""
    mark = work / "digest"
    if work.exists() and not (mark.exists() and mark.read_text("utf-8") == digest):
        logger.warning("%s belongs to another configuration and is deleted", work)
        shutil.rmtree(work)
    with atomic_write(mark) as stream:
        stream.write(digest)


def add_lora(base: "PreTrainedModel", lora: Lora, seed: int) -> "PeftModel":
    """Freeze the base and add LoRA layers; the seed comes first, for matrix A is drawn at random.

    Raises ConfigError where the base has no layer of a name among the target modules.
    """
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import set_seed

    modules = lora.target_modules
    if not isinstance(modules, str):
        modules = sorted(modules)
        check_names(modules, _linear_layers(base), "target_modules", "see the model's registry entry")
    set_seed(seed)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=cast(int, lora.alpha),  # any number will do
        lora_dropout=lora.dropout,
        target_modules=modules,
        bias="none",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(prepare_model_for_kbit_training(base, use_gradient_checkpointing=False), config)


def _linear_layers(base: "PreTrainedModel") -> list[str]:
    """Name the linear layers of a model, each name once, in the order of the layers."""
    from torch.nn import Linear

    return list(
        dict.fromkeys(
            name.rpartition(".")[2] for name, layer in base.named_modules() if isinstance(layer, Linear)
        )
    )


def make_trainer(
    model: "PeftModel", tokenizer: "PreTrainedTokenizerBase", job: AdapterJob, checkpoints: Path
) -> "ResumableTrainer":
    """Set Trainer up: one log record a step, no output of its own, checkpoints that can be trusted.

    The learning rate rises from exactly 0, so with any warm-up the first step changes nothing.
    """
    import torch
    from datasets import Dataset
    from transformers import TrainingArguments
    from transformers.trainer_callback import PrinterCallback

    from tracekd.adapters.trainer import (
        ProgressBar,
        ResumableTrainer,
        SealCheckpoint,
        StopOnDivergence,
        steps_of,
    )

    training, on_cpu = job.training, model.device.type == "cpu"
    lengths = [len(example["input_ids"]) for example in job.examples]
    compute_dtype = model.config.quantization_config.bnb_4bit_compute_dtype
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=training.epochs or 0,
        max_steps=-1 if training.tokens is None else steps_of(training.tokens, lengths, training, job.seed),
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.accumulation,
        learning_rate=training.learning_rate,
        lr_scheduler_type=training.schedule,
        warmup_steps=training.warmup_ratio,  # below 1: a share of all steps
        optim=training.optimizer,
        activation_checkpointing=training.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},  # the frozen embeddings carry no gradient
        seed=job.seed,
        data_seed=job.seed,
        logging_steps=1,  # every step: a sum since the last record would not survive a resume
        logging_nan_inf_filter=False,  # the filter logs a loss that is no number as 0
        save_steps=training.save_steps,
        use_cpu=on_cpu,
        bf16=compute_dtype is torch.bfloat16,
        fp16=compute_dtype is torch.float16,
        remove_unused_columns=False,
        dataloader_pin_memory=not on_cpu,
        disable_tqdm=True,
        report_to="none",
    )
    pad = tokenizer.pad_token_id
    trainer = ResumableTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(job.examples),
        data_collator=lambda examples: collate(examples, pad),
        callbacks=[
            SealCheckpoint(),
            StopOnDivergence(),
            ProgressBar(f"{job.identity['arm']} seed {job.seed}"),
        ],
    )
    trainer.remove_callback(PrinterCallback)  # it prints every record to stdout
    return trainer


def collate(examples: list[Example], pad: int) -> dict[str, Any]:
    """Pad examples on the right: input_ids, attention_mask, labels of shape (batch, longest), int64."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    def stack(rows: list[list[int]], padding: int) -> torch.Tensor:
        return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=padding)

    return {
        "input_ids": stack([example["input_ids"] for example in examples], pad),
        "attention_mask": stack([[1] * len(example["input_ids"]) for example in examples], 0),
        "labels": stack([example["labels"] for example in examples], NO_LOSS),
    }


def _run(trainer: "ResumableTrainer", checkpoints: Path) -> None:
    """Train from the newest whole checkpoint, or from the start."""
    from tracekd.adapters.trainer import newest_checkpoint

    start = newest_checkpoint(checkpoints)
    if start is not None:
        logger.info("resume from %s", start)
    trainer.train(resume_from_checkpoint=None if start is None else str(start))


def _write_adapter(
    model: "PeftModel", history: list[dict[str, float]], provenance: dict[str, Any], folder: Path
) -> None:
    """Write the finished adapter, byte for byte alike on every machine path and at every hash seed."""
    with atomic_folder(folder) as part:
        model.save_pretrained(str(part), save_embedding_layers=False)
        path = part / "adapter_config.json"
        config = json.loads(path.read_text("utf-8"))
        config["base_model_name_or_path"] = provenance["model"]
        config["target_modules"] = sorted(config["target_modules"])
        _write_json(config, path)
        _write_json(provenance, part / "provenance.json")
        steps = [record for record in history if "loss" in record]
        rows = ([record[name] for name in LOG_COLUMNS] for record in steps)
        write_rows(rows, part / "training_log.csv", LOG_COLUMNS)
        with atomic_write(part / "README.md") as stream:
            stream.write(write_card(provenance, int(steps[-1]["step"]), steps[-1]["loss"]))


def _write_json(value: dict[str, Any], path: Path) -> None:
    """Write a JSON object with sorted keys."""
    with atomic_write(path) as stream:
        stream.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
