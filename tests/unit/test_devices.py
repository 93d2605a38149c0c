"""Whatever is computed together lies on one device, which a CPU by itself would not tell."""

import torch
from support.gguf_files import SIZES
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from tracekd.adapters.decoding import Reader
from tracekd.adapters.likelihood import weigh
from transformers import LlamaConfig, LlamaForCausalLM


class OneDevice(TorchDispatchMode):
    """Refuse what a GPU refuses: tensors of two devices in one operation, unless it moves or indexes."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        devices = {one.device.type for one in tensors if one.dim()}
        assert len(devices) < 2 or func.overloadpacket.__name__ in {"_to_copy", "copy_", "index"}, func
        return func(*args, **(kwargs or {}))


def test_all_that_meets_is_on_the_device_of_the_model():
    """Meta tensors have a device of their own and no numbers: they stand in for a GPU that there is not."""
    # the other kinds of attention look at the numbers of the mask
    config = LlamaConfig(**SIZES, attn_implementation="eager")
    with torch.device("meta"):
        model = LlamaForCausalLM._from_config(config, dtype=torch.bfloat16).eval()
    with torch.inference_mode(), OneDevice():
        reader = Reader(model, 0)
        reader.read([[5, 90, 91]])
        reader.keep([0, 0])
        found = weigh(reader, reader.read([[64, 33], [70]]), [[7, 9], [8, 9, 10], [7, 7]])
    assert {one.device.type for one in found} == {"meta"} and found.log_likelihoods.shape == (2, 3)
