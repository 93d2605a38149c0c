"""The model card of an adapter, from its provenance: what it was trained on, and how."""

from collections.abc import Mapping
from typing import Any

from huggingface_hub import ModelCardData

PAPER = "arXiv 2505.13792"


def write_card(provenance: Mapping[str, Any], steps: int, last_loss: float) -> str:
    """Write a model card in Markdown, with the metadata that the hub reads on top.

    Args:
        provenance: of the adapter, as in its provenance.json.
        steps: optimiser steps.
        last_loss: of the last step, nats per token.

    """
    training, lora = provenance["training"], provenance["training"]["lora"]
    length = f"{training['tokens']} tokens" if "tokens" in training else f"{training['epochs']:g} epochs"
    batch = f"{training['batch_size']} x {training['accumulation']}"
    metadata = ModelCardData(library_name="peft", tags=["lora", "trace-distillation"])
    rows = {
        "base model": f"{provenance['model']}, weights in 4 bits ({provenance['quantisation']['type']})",
        "data": f"{provenance['dataset']}, arm `{provenance['arm']}`",
        "SHA-256 of questions / traces": " / ".join(
            f"`{provenance['inputs'][name]}`" for name in ("questions", "traces")
        ),
        "LoRA": f"rank {lora['rank']}, alpha {lora['alpha']:g}, dropout {lora['dropout']:g}",
        "training": f"{length}, {steps} steps of {batch} examples, seed {provenance['seed']}",
        "optimiser": f"{training['optimizer']}, {training['schedule']} from {training['learning_rate']:g}",
        "loss": f"on {training['loss']}, {last_loss:.4f} in the last step",
        "made with": ", ".join(
            f"{name} {version}" for name, version in sorted(provenance["packages"].items())
        ),
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"""---
{metadata.to_yaml()}
---

# {provenance["model"]}, {provenance["dataset"]}, {provenance["arm"]}, seed {provenance["seed"]}

A 4-bit LoRA adapter of an experiment on reasoning traces ({PAPER}). It is made to be measured, not to answer
questions: depending on the arm it has learnt from wrong traces on purpose.

| | |
|---|---|
{table}
"""
