"""A GGUF file made into a model folder as any other: its weights unpacked once, what they were on record."""

import json
from collections import Counter
from pathlib import Path

from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_write, sha256_file
from tracekd.core.logs import logger
from tracekd.models.loading import be_quiet

# types of GGUF that hold a weight as it was trained, or as the publisher rounded it to a common float type
UNPACKED = ("F64", "F32", "F16", "BF16")


def convert_gguf(path: Path) -> None:
    """Put config, safetensors weights, tokenizer and chat template in place of a GGUF file.

    Weights become float32, to which every type of GGUF unpacks; what an earlier quantisation lost stays lost.
    `conversion.json` beside them says so: file, sha256, tensors {type: how many} and note. The same file
    gives the same bytes.

    Raises ModelError where it is no GGUF file of an architecture that transformers knows.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    be_quiet()
    folder, name = str(path.parent), path.name
    try:
        types = _count_types(path)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            gguf_file=name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
            local_files_only=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name, local_files_only=True)
    except Exception as error:  # the reader, numpy and transformers each raise their own
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"cannot be converted: {reason}",
            where=name,
            hint="name a whole GGUF file, of an architecture that transformers reads",
        ) from error
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    lossy = ", ".join(f"{count} x {kind}" for kind, count in types.items() if kind not in UNPACKED)
    note = f"tensors were {lossy}: what that quantisation lost stays lost" if lossy else "not quantised"
    record = {"file": name, "sha256": sha256_file(path), "tensors": types, "note": note}
    with atomic_write(path.with_name("conversion.json")) as stream:
        stream.write(json.dumps(record, indent=2, sort_keys=True) + "\n")
    logger.info("%s: %s", name, note)
    path.unlink()


def _count_types(path: Path) -> dict[str, int]:
    """Count the tensors of each type, by the type's name."""
    from gguf import GGUFReader

    counts = Counter(tensor.tensor_type.name for tensor in GGUFReader(path).tensors)
    return dict(sorted(counts.items()))
