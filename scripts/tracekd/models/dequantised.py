"""Frozen 4-bit weights dequantised once, on a CPU with the memory for it.

On a CPU bitsandbytes dequantises a weight at every call and multiplies by it as any other layer does. Doing
the first part once changes no bit of what comes out, forwards or backwards; only time and memory.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# a model takes no more than this part of what is free: other jobs start beside it, and training needs more
LARGEST_PART = 1 / 4
GROUPS = Path("/sys/fs/cgroup")  # of version 2


def is_affordable(size: int, free: int) -> bool:
    """Tell whether so many bytes of weights may be kept where so many are free."""
    return size <= LARGEST_PART * free


def keep_dequantised(model: "PreTrainedModel") -> None:
    """Let the 4-bit layers of a model on a CPU, which stay in 4 bits, multiply by weights dequantised now.

    Does nothing where the memory is short, nor on a GPU, which has kernels for 4 bits, nor for other compute
    types than float32, between which and the activations bitsandbytes converts at every call.
    """
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit
    from torch.nn.functional import linear

    layers = [layer for layer in model.modules() if isinstance(layer, Linear4bit)]
    size = sum(layer.in_features * layer.out_features * torch.float32.itemsize for layer in layers)
    if (
        model.device.type != "cpu"
        or any(layer.compute_dtype is not torch.float32 for layer in layers)
        or not is_affordable(size, free_memory())
    ):
        return
    for layer in layers:
        weight: Any = layer.weight  # with a state that the library's types do not say
        kept = dequantize_4bit(weight.data, weight.quant_state)
        layer.forward = partial(linear, weight=kept, bias=layer.bias)  # type: ignore[method-assign]


def free_memory() -> int:
    """Count the bytes that this process may yet take: what the machine and its control groups have left."""
    free: int = psutil.virtual_memory().available
    group = GROUPS / _own_group()
    for folder in (group, *group.parents):
        limit = folder / "memory.max"  # the root has none
        if limit.exists() and (most := limit.read_text().strip()) != "max":
            free = min(free, int(most) - int((folder / "memory.current").read_text()))
    return free


def _own_group() -> str:
    """Name the control group of this process, as a path from the root; empty where there are none."""
    groups = Path("/proc/self/cgroup")
    return groups.read_text().strip().rpartition("::/")[2] if groups.exists() else ""
