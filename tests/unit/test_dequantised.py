"""Weights that are dequantised once: what comes out, forwards and backwards, has the same bits."""

import gc

import pytest
import torch
from bitsandbytes.nn import Linear4bit
from peft.tuners.lora.bnb import Linear4bit as AdapterLayer
from support.tiny_models import QUANTISATION, adapter_files, make_job
from tracekd.adapters.training import train_adapter
from tracekd.models import dequantised
from tracekd.models.dequantised import free_memory, is_affordable
from tracekd.models.loading import count_quantised, load_adapter, load_quantised

GB = 10**9


@pytest.fixture(scope="module")
def plain(model_folder):
    """The tiny Llama as bitsandbytes computes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dequantised, "free_memory", lambda: 0)
        return load_quantised(model_folder, QUANTISATION)


def kept_layers(model):
    return [layer for layer in model.modules() if isinstance(layer, Linear4bit) and "forward" in vars(layer)]


@pytest.mark.parametrize(
    ("size", "free", "affordable"),
    [(1 * GB, 4 * GB, True), (1 * GB, 4 * GB - 1, False), (0, 0, True), (1, 0, False)],
)
def test_weights_may_take_a_quarter_of_the_free_memory(size, free, affordable):
    assert is_affordable(size, free) is affordable


def test_the_memory_decides_and_the_weights_stay_in_four_bits(base, plain):
    assert len(kept_layers(base)) == 14 and not kept_layers(plain)
    assert count_quantised(base) == count_quantised(plain) == (14, 14)


def test_other_compute_types_are_left_to_bitsandbytes(model_folder):
    assert not kept_layers(load_quantised(model_folder, QUANTISATION.changed(compute_dtype="bfloat16")))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (4, 33)])
def test_logits_have_the_same_bits(base, plain, shape):
    ids = torch.randint(0, 320, shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(base(input_ids=ids).logits, plain(input_ids=ids).logits)


def test_an_adapter_trains_to_the_same_bytes(base, plain, tokenizer, tmp_path):
    jobs = [make_job(tokenizer, tmp_path / name, epochs=1) for name in ("kept", "plain")]
    train_adapter(base, tokenizer, jobs[0])
    train_adapter(plain, tokenizer, jobs[1])
    assert adapter_files(jobs[0].output) == adapter_files(jobs[1].output)


@pytest.fixture(scope="module")
def adapter(base, tokenizer, tmp_path_factory):
    job = make_job(tokenizer, tmp_path_factory.mktemp("adapter"), epochs=1)
    train_adapter(base, tokenizer, job)
    return job.output


IDS = torch.arange(60).reshape(3, 20)


def logits_with(base, adapter, monkeypatch, most):
    """Logits of the base with an adapter that is merged where its layers have so many bytes or fewer."""
    monkeypatch.setattr(dequantised, "LARGEST_MERGED", most)
    model = load_adapter(base, adapter)
    with torch.inference_mode():
        found = model(input_ids=IDS).logits
    model.unload()
    return found


def test_a_merged_adapter_gives_the_same_logits_but_for_rounding(base, adapter, monkeypatch):
    merged, apart = (logits_with(base, adapter, monkeypatch, most) for most in (GB, 0))
    with torch.inference_mode():
        bare = base(input_ids=IDS).logits
    assert not torch.equal(merged, apart)
    assert (merged - apart).abs().max() < 1e-5 < (bare - apart).abs().max()


def test_an_adapter_that_is_merged_without_its_scale_is_seen(base, adapter, monkeypatch):
    whole = AdapterLayer.get_delta_weight
    monkeypatch.setattr(AdapterLayer, "get_delta_weight", lambda self, name: whole(self, name) / 2)
    merged, apart = (logits_with(base, adapter, monkeypatch, most) for most in (GB, 0))
    assert (merged - apart).abs().max() > 1e-5


def test_the_free_memory_has_no_say_in_merging(base, plain, adapter, monkeypatch):
    found = [logits_with(one, adapter, monkeypatch, GB) for one in (base, plain)]
    assert torch.equal(*found)


def test_the_base_comes_back_from_a_merged_adapter_as_it_was(base, adapter, plain):
    load_adapter(base, adapter).unload()
    assert len(kept_layers(base)) == 14
    with torch.inference_mode():
        assert torch.equal(base(input_ids=IDS).logits, plain(input_ids=IDS).logits)


def count_whole(model):
    """Count the float32 weights in memory that have the shape of a 4-bit layer of the model."""
    shapes = {
        (layer.out_features, layer.in_features) for layer in model.modules() if isinstance(layer, Linear4bit)
    }
    gc.collect()
    tensors = [one for one in gc.get_objects() if type(one) is torch.Tensor]
    return sum(one.dtype is torch.float32 and tuple(one.shape) in shapes for one in tensors)


def test_a_merged_layer_has_one_whole_weight(base, adapter):
    before = count_whole(base)
    model = load_adapter(base, adapter)
    assert count_whole(base) == before
    model.unload()


def test_a_base_that_answered_behind_a_merged_adapter_trains_to_the_same_bytes(
    base, adapter, tokenizer, tmp_path
):
    load_adapter(base, adapter).unload()
    with torch.inference_mode():
        base(input_ids=IDS)  # the first use of the weights that were freed
    job = make_job(tokenizer, tmp_path, epochs=1)
    train_adapter(base, tokenizer, job)
    assert adapter_files(job.output) == adapter_files(adapter)


def test_the_limit_of_a_control_group_counts(monkeypatch, tmp_path):
    group = tmp_path / "job"
    group.mkdir()
    (group / "memory.max").write_text("max\n")
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    monkeypatch.setattr(dequantised, "GROUPS", tmp_path)
    monkeypatch.setattr(dequantised, "_own_group", lambda: "job")
    assert free_memory() == 3000
