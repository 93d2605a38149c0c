"""Frozen 4-bit weights dequantised once, on a CPU with the memory for it.

On a CPU bitsandbytes dequantises a weight at every call and multiplies by it as any other layer does. Doing
the first part once changes no bit of what comes out, forwards or backwards; only time and memory. A trained
adapter is added to such weights: one product for each layer in place of three, the same but for rounding. The
sum takes the place of the base's own weight, so that each layer has one whole weight and not two.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    import torch
    from bitsandbytes.nn import Linear4bit
    from peft import PeftModel
    from transformers import PreTrainedModel

# a model takes no more than this part of what is free: other jobs start beside it, and training needs more
LARGEST_PART = 1 / 4
FLOAT32_BYTES = 4
# bytes of the merged layers of a model: 135 million weights take half of it
LARGEST_MERGED = 10**9
GROUPS = Path("/sys/fs/cgroup")  # of version 2


class Kept:
    """The forward pass of a 4-bit layer whose weight is dequantised now and kept."""

    def __init__(self, layer: "Linear4bit"):
        self._packed, self._bias = layer.weight, layer.bias
        self._weight: torch.Tensor | None = _dequantise(self._packed)

    def __call__(self, x: "torch.Tensor") -> "torch.Tensor":
        """Multiply by the weight and add the bias."""
        from torch.nn.functional import linear

        if self._weight is None:
            self._weight = _dequantise(self._packed)
        return linear(x, self._weight, self._bias)

    def forget(self) -> None:
        """Free the memory of the weight; the next call, if there is one, dequantises it again."""
        self._weight = None


def is_affordable(size: int, free: int) -> bool:
    """Tell whether so many bytes of weights may be kept where so many are free."""
    return size <= LARGEST_PART * free


def keep_dequantised(model: "PreTrainedModel") -> None:
    """Let the 4-bit layers of a model on a CPU, which stay in 4 bits, multiply by weights dequantised now.

    Does nothing where the memory is short, nor on a GPU, which has kernels for 4 bits, nor for other compute
    types than float32, between which and the activations bitsandbytes converts at every call.
    """
    from bitsandbytes.nn import Linear4bit

    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, Linear4bit)]
    if _compute_plainly(layers) and is_affordable(_size(layers), free_memory()):
        for layer in layers:
            layer.forward = Kept(layer)


def merge_adapter(model: "PeftModel") -> None:
    """Let the layers of a trained adapter on a CPU multiply by its weights and the dequantised ones in one.

    Until `unload()`, which gives the base back as it was, nothing needs the base's own dequantised weights:
    they are freed. Does nothing on a GPU, nor for other compute types than float32, nor for models of more
    than `LARGEST_MERGED`: merging changes the rounding, so whether it is done must not depend on the memory
    that happens to be free.
    """
    from bitsandbytes.nn import Linear4bit
    from peft.tuners.lora import LoraLayer
    from torch.nn.functional import linear

    layers: list[Any] = [
        layer
        for layer in model.modules()
        if isinstance(layer, LoraLayer) and isinstance(layer.base_layer, Linear4bit)
    ]
    bases = [layer.base_layer for layer in layers]
    if _compute_plainly(bases) and _size(bases) <= LARGEST_MERGED:
        for layer, base in zip(layers, bases, strict=True):
            if isinstance(base.forward, Kept):
                base.forward.forget()
            (adapter,) = layer.active_adapters
            weight = _dequantise(base.weight).add_(layer.get_delta_weight(adapter).detach())
            layer.forward = partial(linear, weight=weight, bias=base.bias)


def _compute_plainly(layers: "Sequence[Linear4bit]") -> bool:
    """Tell whether 4-bit layers are on a CPU and compute in float32."""
    import torch

    return all(layer.weight.device.type == "cpu" and layer.compute_dtype is torch.float32 for layer in layers)


def _size(layers: "Sequence[Linear4bit]") -> int:
    """Count the bytes of the weights of layers in float32."""
    return sum(layer.in_features * layer.out_features * FLOAT32_BYTES for layer in layers)


def _dequantise(weight: Any) -> "torch.Tensor":  # with a state that the library's types do not say
    import torch
    from bitsandbytes.functional import dequantize_4bit

    # whatever the first call is for, training must be able to use the weight later
    with torch.inference_mode(mode=False):
        whole: torch.Tensor = dequantize_4bit(weight.data, weight.quant_state)
    return whole


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
