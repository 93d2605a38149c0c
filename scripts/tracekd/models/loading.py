"""From a folder to a tokenizer, a 4-bit model or a model with an adapter; only data is read, never code."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekd.core.checks import read_json_object
from tracekd.core.errors import ModelError
from tracekd.models.dequantised import keep_dequantised, merge_adapter
from tracekd.settings.config import Quantisation

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# special tokens that model families reserve for padding or for nothing: safe to pad with
RESERVED_PAD_TOKENS = ("<|finetune_right_pad_id|>", "<|reserved_special_token_0|>")


def check_folder(folder: str | Path) -> None:
    """Refuse a folder whose loading would run code, or which has no safetensors weights.

    Raises ModelError or DataError naming the file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ModelError(
            "is not a model folder", where=folder, hint="check the path or fetch the model again"
        )
    for path in sorted(folder.rglob("*")):
        if path.suffix in PICKLE_SUFFIXES:
            raise ModelError("holds pickled weights", where=path, hint="delete it; use safetensors only")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            "has no *.safetensors file", where=folder, hint="convert or fetch the safetensors weights"
        )
    for path in sorted(folder.glob("*config.json")):
        config = read_json_object(path, "fetch or build the model again")
        if "auto_map" in config:
            raise ModelError("asks for remote code (auto_map)", where=path, hint="use a known architecture")
        if "quantization_config" in config:
            raise ModelError(
                "is quantised already (quantization_config)", where=path, hint="use the unquantised weights"
            )


def load_tokenizer(folder: str | Path) -> "PreTrainedTokenizerBase":
    """Load the tokenizer of a model folder, with a pad token that is not the end token.

    Padding with the end token would hide whether a row has ended. A tokenizer without a pad token gets one
    of `RESERVED_PAD_TOKENS` that is already in its vocabulary, since the embeddings are frozen.
    """
    from transformers import AutoTokenizer

    check_folder(folder)
    be_quiet()
    with _one_sentence(folder, "cannot be loaded", "fetch or build the model again"):
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    if tokenizer.pad_token is None or tokenizer.pad_token == tokenizer.eos_token:
        vocabulary = tokenizer.get_vocab()
        reserved = next((token for token in RESERVED_PAD_TOKENS if token in vocabulary), None)
        if reserved is None:
            raise ModelError(
                "the tokenizer has no pad token of its own",
                where=folder,
                hint="name an unused special token of its vocabulary as pad_token in the model's entry",
            )
        tokenizer.pad_token = reserved
    return tokenizer


def load_quantised(folder: str | Path, quantisation: Quantisation) -> "PreTrainedModel":
    """Load a causal language model in 4 bits, on the GPU if there is one (paper, section 5).

    Args:
        folder: config and safetensors weights.
        quantisation: config section of that name.

    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    check_folder(folder)
    check_weights(folder)
    be_quiet()
    compute_dtype = getattr(torch, quantisation.compute_dtype)
    with _one_sentence(folder, "cannot be loaded", "fetch or build the model again"):
        # with output_loading_info a pair, which the library's types do not say
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(folder),
            quantization_config=BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type=quantisation.type,
                bnb_4bit_use_double_quant=quantisation.double,
                bnb_4bit_compute_dtype=compute_dtype,
            ),
            dtype=compute_dtype,
            device_map={"": "cuda" if torch.cuda.is_available() else "cpu"},
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            # refused below, by name
            ignore_mismatched_sizes=True,
        )
    model: PreTrainedModel = loaded[0]
    report: dict[str, Any] = loaded[1]
    for kind, what in (("missing_keys", "lacks {} weights"), ("mismatched_keys", "has {} of another shape")):
        # of another shape: (name, one shape, the other)
        names = [name if isinstance(name, str) else name[0] for name in report[kind]]
        if names:
            raise ModelError(
                f"{what.format(len(names))}, {min(names)} among them",
                where=folder,
                hint="fetch or build the model again",
            )
    _check_shapes(model, folder)
    quantised, linear = count_quantised(model)
    if not 0 < quantised == linear:
        raise ModelError(
            f"{quantised} of {linear} linear layers are in 4 bits",
            where=folder,
            hint="use the unquantised weights of a known architecture; check bitsandbytes",
        )
    _keep_weights_as_they_are(model)
    _let_go_of_files(model)
    keep_dequantised(model)
    model.eval()
    return model


def count_quantised(model: "PreTrainedModel") -> tuple[int, int]:
    """Count linear layers in 4 bits and all linear layers, both without the head."""
    import torch
    from bitsandbytes.nn import Linear4bit

    head = model.get_output_embeddings()
    layers = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear) and layer is not head]
    return sum(isinstance(layer, Linear4bit) for layer in layers), len(layers)


def _check_shapes(model: "PreTrainedModel", folder: str | Path) -> None:
    """Refuse a 4-bit weight that is not of its layer's shape: the library packs whatever the file holds."""
    from bitsandbytes.nn import Linear4bit

    for name, layer in model.named_modules():
        if isinstance(layer, Linear4bit):
            weight: Any = layer.weight  # with a state that the library's types do not say
            found, expected = tuple(weight.quant_state.shape), (layer.out_features, layer.in_features)
            if found != expected:
                raise ModelError(
                    f"{name}.weight has the shape {found}, but {expected} is expected",
                    where=folder,
                    hint="fetch or build the model again",
                )


def check_weights(folder: str | Path) -> None:
    """Refuse weights of which a number is NaN or infinite: 4-bit storage would make a finite wrong one of it.

    Raises ModelError naming file and tensor.
    """
    from safetensors import safe_open

    for path in sorted(Path(folder).glob("*.safetensors")):
        with (
            _one_sentence(path, "cannot be loaded", "fetch or build the model again"),
            safe_open(path, framework="pt") as stream,
        ):
            # one tensor at a time: the file may be larger than the memory
            broken = next((name for name in stream.keys() if not _is_finite(stream.get_tensor(name))), None)  # noqa: SIM118
        if broken is not None:
            raise ModelError(
                f"{broken} has a weight that is no finite number",
                where=path,
                hint="fetch the model again, or train the adapter again",
            )


def _is_finite(tensor: "torch.Tensor") -> bool:
    """Tell whether all numbers of a tensor are finite."""
    if not tensor.is_floating_point():
        return True
    # types of 8 bits have no test of their own
    return bool((tensor if tensor.element_size() > 1 else tensor.float()).isfinite().all())


def _keep_weights_as_they_are(model: "PreTrainedModel") -> None:
    """Forbid bitsandbytes to repack the 4-bit weights of a CPU model at its first inference.

    On processors with AVX512-BF16 it would from then on compute in bfloat16 whatever type was asked for, in
    training too: the same run would give other bytes on another processor, or after another model's turn.
    """
    from bitsandbytes.nn import Linear4bit

    for layer in model.modules():
        if isinstance(layer, Linear4bit):
            layer.support_avx512bf16_for_cpu = False


def _let_go_of_files(model: "PreTrainedModel") -> None:
    """Copy what is still a part of a mapped file on a CPU: one such weight keeps the whole file in memory."""
    for weight in (*model.parameters(), *model.buffers()):
        if weight.device.type == "cpu":
            weight.data = weight.data.clone()


def load_adapter(base: "PreTrainedModel", folder: str | Path) -> "PeftModel":
    """Put a trained LoRA adapter on a base model; every saved tensor must find its place, and no other.

    `unload()` of the returned model gives the bare base back.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    folder = Path(folder)
    check_folder(folder)
    be_quiet()
    check_weights(folder)
    weights = folder / "adapter_model.safetensors"
    with _one_sentence(weights, "does not fit the base model", "train it again on this base model"):
        with safe_open(weights, framework="pt") as stream:
            saved = set(stream.keys())
        model = PeftModel.from_pretrained(base, str(folder), local_files_only=True)
    loaded = set(get_peft_model_state_dict(model, save_embedding_layers=False))
    if loaded != saved:
        found, foreign = len(saved & loaded), len(saved - loaded)
        raise ModelError(
            f"holds {found} of the {len(loaded)} expected tensors and {foreign} others",
            where=weights,
            hint="train it again on this base model",
        )
    merge_adapter(model)
    return model.eval()


@contextmanager
def _one_sentence(where: str | Path, what: str, hint: str) -> Iterator[None]:
    """Turn whatever a library says of a damaged or foreign file into one sentence."""
    try:
        yield
    except Exception as error:  # safetensors, tokenizers, torch and peft each raise their own
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"{what}: {reason}", where=where, hint=hint) from error


def be_quiet() -> None:
    """Turn off what transformers prints besides warnings of substance: loading bars and notes on v6."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
