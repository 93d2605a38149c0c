import json
import shutil
from pathlib import Path

import pytest
from support.tiny_models import QUANTISATION, adapter_files, make_job, save_model
from tracekd.adapters.training import train_adapter
from tracekd.core.errors import DataError, ModelError, TraceKDError
from tracekd.models.loading import load_adapter, load_quantised, load_tokenizer


@pytest.fixture
def copy(model_folder, tmp_path):
    """A model folder that a test may damage."""
    return shutil.copytree(model_folder, tmp_path / "copy")


@pytest.mark.parametrize("family", ["Llama", "Qwen3"])
def test_linear_layers_are_stored_in_four_bits_and_the_head_is_not(family, tmp_path):
    model = load_quantised(save_model(tmp_path, family), QUANTISATION)
    layer = model.model.layers[0].mlp.down_proj
    assert type(layer).__name__ == "Linear4bit"
    assert layer.weight.quant_state.quant_type == "nf4"
    assert layer.weight.quant_state.nested
    assert type(model.lm_head).__name__ == "Linear"
    assert not model.training


def test_a_loaded_model_does_not_keep_its_files_in_memory(model_folder):
    model = load_quantised(model_folder, QUANTISATION)
    assert str(model_folder) not in Path("/proc/self/maps").read_text()
    head, embeddings = model.get_output_embeddings(), model.get_input_embeddings()
    assert (head.weight is embeddings.weight) == model.config.tie_word_embeddings


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "sub/optimizer.pth", "a.ckpt", "b.pkl"])
@pytest.mark.parametrize("load", [load_tokenizer, lambda folder: load_quantised(folder, QUANTISATION)])
def test_folder_with_a_pickle_is_refused_by_name(copy, name, load):
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_bytes(b"")
    with pytest.raises(ModelError, match="pickled") as caught:
        load(copy)
    assert caught.value.where == copy / name


def test_folder_without_safetensors_is_refused(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no \*\.safetensors"):
        load_quantised(copy, QUANTISATION)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="not a model folder"):
        load_tokenizer(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_remote_code_is_refused(copy, name):
    config = json.loads((copy / name).read_text())
    (copy / name).write_text(json.dumps({**config, "auto_map": {"AutoModelForCausalLM": "model.Evil"}}))
    with pytest.raises(ModelError, match="remote code") as caught:
        load_tokenizer(copy)
    assert caught.value.where == copy / name


def test_cut_off_weights_are_one_sentence(copy):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load_quantised(copy, QUANTISATION)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_damaged_json_is_one_sentence(copy, name):
    (copy / name).write_text("{")
    with pytest.raises(TraceKDError) as caught:
        load_tokenizer(copy)
    assert "\n" not in str(caught.value)


def test_missing_weights_are_not_made_up(copy):
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 weights, model\.layers\.1\.mlp\.up_proj\.weight"):
        load_quantised(copy, QUANTISATION)


def change_weight(path, name, change):
    """Change one tensor of a safetensors file."""
    from safetensors.torch import load_file, save_file

    weights = load_file(path)
    weights[name] = change(weights[name].clone()).contiguous()
    save_file(weights, path, metadata={"format": "pt"})


def put(value):
    """A change that puts one number into the middle of a tensor."""

    def change(tensor):
        tensor.view(-1)[tensor.numel() // 2] = value
        return tensor

    return change


LINEAR, NORM, EMBEDDING = "layers.1.mlp.up_proj", "layers.0.input_layernorm", "embed_tokens"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", [LINEAR, NORM, EMBEDDING])
def test_a_weight_that_is_no_finite_number_is_refused_by_name(copy, name, value):
    change_weight(copy / "model.safetensors", f"model.{name}.weight", put(value))
    with pytest.raises(ModelError, match=rf"model.safetensors: model.{name}.weight has a weight that is no"):
        load_quantised(copy, QUANTISATION)


@pytest.mark.parametrize("name", [LINEAR, NORM, EMBEDDING])
def test_a_weight_of_another_shape_is_refused_by_name(copy, name):
    change_weight(copy / "model.safetensors", f"model.{name}.weight", lambda tensor: tensor[:-1])
    with pytest.raises(ModelError) as caught:
        load_quantised(copy, QUANTISATION)
    assert f"{name}.weight" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["fp8", "gptq", "bitsandbytes"])
def test_a_model_that_is_quantised_already_is_refused(copy, method):
    config = json.loads((copy / "config.json").read_text())
    quantised = config | {"quantization_config": {"quant_method": method, "load_in_4bit": False}}
    (copy / "config.json").write_text(json.dumps(quantised))
    with pytest.raises(ModelError, match=r"config.json: is quantised already"):
        load_quantised(copy, QUANTISATION)


def test_layers_that_are_not_in_four_bits_are_refused_at_every_level(copy, monkeypatch):
    monkeypatch.setattr("transformers.integrations.replace_with_bnb_linear", lambda model, **_: model)
    with pytest.raises(ModelError, match=r"0 of 14 linear layers are in 4 bits"):
        load_quantised(copy, QUANTISATION)


@pytest.mark.parametrize("content", ["5", "[]", "null", '"text"', "{", "[" * 100_000])
@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "tokenizer_config.json"])
def test_settings_that_are_no_object_are_one_sentence(copy, name, content):
    (copy / name).write_text(content)
    with pytest.raises(DataError) as caught:
        load_quantised(copy, QUANTISATION)
    assert caught.value.where == copy / name and "\n" not in str(caught.value)


def change_tokenizer(folder, pad, reserved=None):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pad_token": pad}))
    if reserved:
        path = folder / "tokenizer.json"
        path.write_text(path.read_text().replace("<|user|>", reserved))


@pytest.mark.parametrize("pad", [None, "<|end|>"])
def test_pad_token_is_never_the_end_token(copy, pad):
    change_tokenizer(copy, pad, reserved="<|finetune_right_pad_id|>")
    tokenizer = load_tokenizer(copy)
    assert tokenizer.pad_token == "<|finetune_right_pad_id|>"
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert len(tokenizer) < 320, "the embeddings are frozen: no new token may be added"


def test_tokenizer_without_a_token_to_pad_with_is_refused(copy):
    change_tokenizer(copy, None)
    with pytest.raises(ModelError, match="no pad token of its own"):
        load_tokenizer(copy)


@pytest.fixture(scope="module")
def adapter(base, tokenizer, tmp_path_factory):
    job = make_job(tokenizer, tmp_path_factory.mktemp("adapter"), epochs=1)
    train_adapter(base, tokenizer, job)
    return job.output


def test_every_saved_tensor_is_loaded_and_unload_gives_the_base_back(base, adapter):
    import torch
    from safetensors.torch import load_file

    ids = torch.arange(20)[None]
    before = base(input_ids=ids).logits
    model = load_adapter(base, adapter)
    assert not torch.equal(model(input_ids=ids).logits, before), "the adapter is not applied"
    saved = load_file(adapter / "adapter_model.safetensors")
    loaded = {name: tensor for name, tensor in model.named_parameters() if "lora_" in name}
    assert len(loaded) == len(saved) == 2 * 3 * 2  # A and B, three modules, two layers
    for name, tensor in saved.items():
        assert torch.equal(loaded[name.replace(".weight", ".default.weight")], tensor)
    assert torch.equal(model.unload()(input_ids=ids).logits, before)


def test_adapter_with_a_tensor_missing_is_refused(model_folder, adapter, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(adapter, tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "adapter_model.safetensors")
    weights.pop(min(weights))
    save_file(weights, tmp_path / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="holds 11 of the 12 expected tensors"):
        load_adapter(load_quantised(model_folder, QUANTISATION), tmp_path)


def test_an_adapter_with_a_weight_that_is_no_number_is_refused(base, adapter, tmp_path):
    import torch

    shutil.copytree(adapter, tmp_path, dirs_exist_ok=True)
    name = "base_model.model.model.layers.1.mlp.down_proj.lora_B.weight"
    change_weight(tmp_path / "adapter_model.safetensors", name, put(float("nan")))
    with pytest.raises(ModelError, match=rf"{name} has a weight that is no finite number"):
        load_adapter(base, tmp_path)
    assert torch.isfinite(base(input_ids=torch.tensor([[5]])).logits).all()


def test_adapter_of_another_shape_is_refused(model_folder, adapter, tmp_path):
    shutil.copytree(adapter, tmp_path, dirs_exist_ok=True)
    config = json.loads(adapter_files(tmp_path)["adapter_config.json"])
    (tmp_path / "adapter_config.json").write_text(json.dumps({**config, "r": 8}))
    with pytest.raises(ModelError, match="does not fit the base model"):
        load_adapter(load_quantised(model_folder, QUANTISATION), tmp_path)


def test_inference_leaves_the_base_as_it_was_for_training(model_folder, tokenizer, tmp_path):
    """bitsandbytes repacks weights for bfloat16 at the first inference, on processors that have it."""
    import torch

    base, adapters = load_quantised(model_folder, QUANTISATION), []
    for name in ("before", "after"):
        job = make_job(tokenizer, tmp_path / name, epochs=1)
        train_adapter(base, tokenizer, job)
        adapters.append(adapter_files(job.output))
        with torch.inference_mode():
            base.eval()(input_ids=torch.tensor([[5]]))
    assert adapters[0] == adapters[1]
