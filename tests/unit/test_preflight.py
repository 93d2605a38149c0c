"""Each preflight check passes on a sound set-up and names the number when it is broken on purpose."""

from dataclasses import astuple, fields
from types import SimpleNamespace

import pytest
import torch
from support.tiny_models import CHAT, QUANTISATION, TEMPLATE, TRAINING, conversations
from tracekd.adapters import preflight
from tracekd.adapters.chat import encode_example
from tracekd.core.errors import ModelError
from tracekd.core.texts import write_rows
from tracekd.datasets.rows import Grid
from tracekd.models.loading import load_quantised
from tracekd.tables.lengths import COLUMNS, lengths_table, show_lengths

SAMPLE = conversations(12)


@pytest.fixture
def examples(tokenizer):
    return [encode_example(tokenizer, conversation, "completion", CHAT) for conversation in SAMPLE]


@pytest.fixture
def template(tokenizer):
    """Change the chat template, and put it back."""

    def change(text):
        tokenizer.chat_template = text

    yield change
    tokenizer.chat_template = TEMPLATE


def test_a_sound_set_up_passes_and_hands_the_base_back(base, tokenizer, tmp_path):
    checks = list(preflight.check_all(base, tokenizer, SAMPLE, TRAINING, CHAT, 10, tmp_path))
    assert [check.name for check in checks if not check.ok] == []
    assert len(checks) == 8
    assert not hasattr(base, "peft_config")
    for check in checks:
        preflight.require(check, where="model")


def test_bfloat16_on_a_cpu_is_refused(model_folder):
    slow = load_quantised(model_folder, QUANTISATION.changed(compute_dtype="bfloat16"))
    check = preflight.check_device(slow)
    with pytest.raises(ModelError, match=r"model: device: CPU with bfloat16, but .*compute_dtype: float32"):
        preflight.require(check, where="model")


def test_a_base_that_is_not_in_four_bits_is_refused(model_folder):
    from transformers import AutoModelForCausalLM

    check = preflight.check_four_bits(AutoModelForCausalLM.from_pretrained(str(model_folder)))
    assert (check.ok, check.measured) == (False, "0 of 14 linear layers")


@pytest.mark.parametrize("call", ["strftime_now('%Y')", "strftime_now('%d %b')"])
def test_a_template_that_prints_today_is_refused(tokenizer, template, call):
    template(TEMPLATE.replace("date_string", call))
    check = preflight.check_dates(tokenizer, SAMPLE, CHAT)
    wanted = "12 of 12 conversations differ" if "%Y" in call else "0 of 12 conversations differ"
    assert (check.ok, check.measured) == ("%Y" not in call, wanted)


def test_loss_on_the_prompt_is_refused(tokenizer, examples):
    assert preflight.check_loss_mask(tokenizer, SAMPLE, examples, "completion").ok
    examples[3]["labels"] = list(examples[3]["input_ids"])
    examples[5]["labels"][-2:] = [-100, -100]
    check = preflight.check_loss_mask(tokenizer, SAMPLE, examples, "completion")
    assert (check.ok, check.measured) == (False, "10 of 12 conversations")
    assert not preflight.check_loss_mask(tokenizer, SAMPLE, examples, "all").ok


def test_too_small_a_disk_is_refused(base, tmp_path):
    check = preflight.check_disk(base, TRAINING.lora, 10**9, tmp_path)
    assert not check.ok
    assert "1000000000 adapters" in check.limit


def test_an_adapter_that_is_not_applied_is_refused(base, examples, monkeypatch):
    class Nothing:
        """A model on which no adapter was put."""

        def __init__(self, model):
            self.model = model

        def eval(self):
            return self

        def named_parameters(self):
            return iter(())

        def __call__(self, **inputs):
            return self.model(**inputs)

        def unload(self):
            return self.model

    monkeypatch.setattr(preflight, "add_lora", lambda model, lora, seed: Nothing(model))
    check = preflight.check_adapter(base, TRAINING.lora, examples[0])
    assert (check.ok, check.measured) == (False, "0 and 0")


def test_a_mean_over_micro_batches_is_refused(base, tokenizer, examples, monkeypatch):
    """The well-known fault of gradient accumulation: each micro-batch averaged by itself."""
    make = preflight.make_trainer

    def faulty(*arguments):
        trainer = make(*arguments)
        trainer.model_accepts_loss_kwargs = False
        return trainer

    examples = [examples[0], {name: ids[:-8] for name, ids in examples[1].items()}]
    assert preflight.check_accumulation(base, tokenizer, examples, TRAINING).ok
    monkeypatch.setattr(preflight, "make_trainer", faulty)
    assert not preflight.check_accumulation(base, tokenizer, examples, TRAINING).ok


def test_a_batch_that_does_not_fit_is_refused(base, tokenizer, examples, monkeypatch):
    def run_step(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(preflight, "run_step", run_step)
    check = preflight.check_longest_batch(base, tokenizer, examples, TRAINING)
    assert (check.ok, check.measured) == (False, "4 x 256 tokens do not fit")


def test_the_first_violation_ends_the_checks(base, tokenizer, tmp_path):
    fault = SimpleNamespace(name="x", measured="1", limit="0", ok=False, hint="mend it")
    with pytest.raises(ModelError, match=r"m: x: 1, but it must be 0 \(mend it\)"):
        preflight.require(fault, where="m")


# --- how many examples are cut


def measure(tokenizer, max_length, arm="correct"):
    return preflight.measure_lengths(tokenizer, "babi", arm, SAMPLE, max_length, CHAT)


def test_the_examples_that_would_be_cut_are_counted(tokenizer, examples):
    sizes = sorted(len(example["input_ids"]) for example in examples)
    found = measure(tokenizer, sizes[-3])
    assert (found.examples, found.longest, found.max_length) == (12, sizes[-1], sizes[-3])
    assert found.cut == sum(size > sizes[-3] for size in sizes) > 0
    assert measure(tokenizer, sizes[-1]).cut == 0


@pytest.mark.parametrize(("max_cut", "ok"), [(0.0, False), (0.1, False), (0.25, True), (1.0, True)])
def test_more_than_the_share_that_may_be_cut_stops_the_run(max_cut, ok):
    lengths = [
        preflight.Lengths("babi", "none", 1000, 90, 100, 0),
        preflight.Lengths("babi", "correct", 8, 130, 100, 2),
    ]
    check = preflight.check_cut(lengths, max_cut)
    assert check.ok == ok
    if not ok:
        with pytest.raises(ModelError) as caught:
            preflight.require(check, where="models/tiny")
        assert str(caught.value).startswith(
            "models/tiny: conversations cut at max_length: 2 of 8 at 100 tokens in babi, correct "
            f"(the longest has 130), but it must be at most {100 * max_cut:g} % of every dataset and arm ("
        )


def test_the_table_says_how_many_are_cut_of_every_model_and_arm(tokenizer, tmp_path):
    found = [measure(tokenizer, 16), measure(tokenizer, 1000, "none")]
    columns = [field.name for field in fields(preflight.Lengths)]
    for model in ("b", "a"):
        write_rows(map(astuple, found), tmp_path / f"{model}.csv", columns)
    paths = [tmp_path / f"{model}.csv" for model in ("b", "a")]
    table = lengths_table(paths, Grid(["babi"], ["a", "b"], ["none", "correct"]))
    assert list(table.columns) == COLUMNS
    assert table[["model", "arm"]].to_numpy().tolist() == [
        ["a", "none"],
        ["a", "correct"],
        ["b", "none"],
        ["b", "correct"],
    ]
    assert table["cut"].tolist() == [0, 12, 0, 12] and table["cut_share"].tolist() == [0, 1, 0, 1]
    assert show_lengths(table)["Cut (%)"].tolist() == ["0.0", "100.0"] * 2
