import json
from types import SimpleNamespace

import pytest
import torch
from support.tiny_models import CHAT, QUANTISATION, conversations, make_job
from tracekd.adapters import generation
from tracekd.adapters.chat import Prompt, chat_prompt
from tracekd.adapters.decoding import Reader
from tracekd.adapters.generation import generate
from tracekd.adapters.training import train_adapter
from tracekd.core.files import sha256_text
from tracekd.core.records import read_generations
from tracekd.models.loading import load_adapter, load_quantised
from tracekd.settings.config import Generation as Decoding
from transformers import GenerationConfig

DECODING = Decoding(batch_size=8, max_new_tokens=12, sampling="greedy")


@pytest.fixture(scope="module")
def model(base, tokenizer, tmp_path_factory):
    """The tiny model with an adapter that has learnt a little."""
    job = make_job(tokenizer, tmp_path_factory.mktemp("generation"))
    train_adapter(base, tokenizer, job)
    model = load_adapter(base, job.output)
    yield model
    model.unload()


@pytest.fixture(scope="module")
def prompts(tokenizer):
    return [
        chat_prompt(tokenizer, f"q{number}", messages[:-1], CHAT)
        for number, (_, messages) in enumerate(conversations(24))
    ]


@pytest.fixture
def run(model, tokenizer, prompts, tmp_path):
    """Generate into tmp_path and give the bytes of the output."""

    def run(model=model, prompts=prompts, seed=0, identity=None, name="a", **changes):
        path = tmp_path / f"{name}.jsonl"
        part = tmp_path / f"{name}.part"
        generate(model, tokenizer, prompts, DECODING.changed(**changes), seed, identity or {}, part, path)
        return path.read_bytes()

    return run


def texts(output):
    return [json.loads(line)["text"] for line in output.splitlines()]


@pytest.fixture
def calls(monkeypatch):
    """The sizes of all groups that are generated."""
    sizes, original = [], generation._generate_group

    def counting(model, tokenizer, group, *rest):
        sizes.append(len(group))
        return original(model, tokenizer, group, *rest)

    monkeypatch.setattr(generation, "_generate_group", counting)
    return sizes


def test_records_stand_in_the_order_of_the_questions_with_their_prompts(run, prompts, tmp_path):
    run()
    records = read_generations(tmp_path / "a.jsonl")
    assert [record.id for record in records] == [prompt.id for prompt in prompts]
    for record, prompt in zip(records, prompts, strict=True):
        assert record.prompt_sha256 == sha256_text(prompt.text)
        assert record.n_prompt_tokens == len(prompt.input_ids)
        assert 1 <= record.n_new_tokens <= 12
    assert len({record.text for record in records}) > 5, "the model says the same to everything"


SHIPPED = [
    {"no_repeat_ngram_size": 1},
    {"suppress_tokens": list(range(60, 110))},
    {"begin_suppress_tokens": list(range(60, 110))},
    {"min_new_tokens": 12},
    {"min_length": 400},
    {"forced_eos_token_id": 3},
    {"bad_words_ids": [[token] for token in range(60, 110)]},
    {"sequence_bias": [[[token], -50.0] for token in range(60, 110)]},
    {"exponential_decay_length_penalty": [1, 50.0]},
    {"repetition_penalty": 5.0, "do_sample": True, "num_beams": 3, "top_k": 3, "num_return_sequences": 2},
    {"encoder_repetition_penalty": 5.0},
    {"guidance_scale": 9.0},
    {"max_time": 0.0},
    {"stop_strings": ["a", "b", "e"]},
    {"prompt_lookup_num_tokens": 3},
    {"use_cache": False},
]


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: next(iter(shipped)))
def test_greedy_is_greedy_whatever_the_model_ships(run, model, monkeypatch, shipped):
    plain = run(name="plain")
    config = GenerationConfig(**{**model.generation_config.to_dict(), **shipped})
    monkeypatch.setattr(model, "generation_config", config)
    monkeypatch.setattr(model.get_base_model(), "generation_config", config)
    assert run(name="shipped") == plain
    assert model.generation_config is config and model.get_base_model().generation_config is config


@pytest.mark.parametrize("batch_size", [1, 7, 24])
def test_texts_do_not_depend_on_the_batch_size(run, batch_size):
    assert run(name="b", batch_size=batch_size) == run()


def test_the_adapter_is_applied(run, model_folder):
    bare = run(name="bare", model=load_quantised(model_folder, QUANTISATION))
    assert texts(bare) != texts(run())


@pytest.mark.parametrize("sampling", ["greedy", "as_published"])
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_truncated_part_file_is_completed_to_the_same_bytes(run, tmp_path, calls, keep, sampling):
    whole = run(sampling=sampling)
    part = tmp_path / "a.part"
    content = part.read_bytes()
    for size in (int(len(content) * keep), content.index(b"\n", int(len(content) * keep))):
        part.write_bytes(content[:size])
        (tmp_path / "a.jsonl").unlink()
        calls.clear()
        assert run(sampling=sampling) == whole
        lost = 24 - len(content[:size].splitlines()[1:]) + 1
        assert 0 < sum(calls) <= (lost if sampling == "greedy" else 16), (
            "what is finished is not written again"
        )
        assert sorted(part.read_bytes().splitlines()) == sorted(content.splitlines())


def test_a_damaged_item_of_the_part_file_is_generated_again(run, tmp_path, calls):
    whole = run()
    part = tmp_path / "a.part"
    content = part.read_bytes()
    first = content.index(b"\n") + 1
    for position in (first, first + 70, (first + len(content)) // 2, len(content) - 3):
        damaged = bytearray(content)
        damaged[position] ^= 1
        part.write_bytes(damaged)
        calls.clear()
        assert run() == whole
        assert calls == [1], "only the damaged item"


def test_where_a_batch_may_change_an_answer_the_whole_group_is_generated_again(
    run, tmp_path, calls, monkeypatch
):
    monkeypatch.setattr(generation, "BATCHES", 2)
    monkeypatch.setattr(generation, "_are_independent", lambda *_: False)
    whole, part = run(), tmp_path / "a.part"
    assert calls == [16, 8]
    lines = part.read_bytes().splitlines(keepends=True)
    for count, expected in ((5, [16, 8]), (20, [8])):
        part.write_bytes(b"".join(lines[: count + 1]))
        calls.clear()
        assert run() == whole
        assert calls == expected
        assert part.read_bytes().splitlines(keepends=True) == lines, "nothing twice"


@pytest.mark.parametrize(
    ("dtype", "sampling", "expected"),
    [("float32", "greedy", True), ("float32", "as_published", False), ("bfloat16", "greedy", False)],
)
def test_only_greedy_answers_in_float32_are_independent(dtype, sampling, expected):
    model = SimpleNamespace(dtype=getattr(torch, dtype))
    assert generation._are_independent(model, DECODING.changed(sampling=sampling)) is expected


def test_finished_part_file_needs_no_model(run, calls):
    whole = run()
    calls.clear()
    assert run() == whole
    assert not calls


@pytest.mark.parametrize(
    "change", [{"identity": {"adapter": "other"}}, {"max_new_tokens": 5}, {"seed": 1}], ids=str
)
def test_items_of_another_adapter_or_configuration_are_not_mixed_in(run, calls, caplog, change):
    run()
    calls.clear()
    run(**change)
    assert sum(calls) == 24
    assert "belongs to another configuration" in caplog.text


def test_items_of_other_prompts_are_not_mixed_in(run, calls, prompts):
    run()
    calls.clear()
    run(prompts=prompts[:-1])
    assert sum(calls) == 23


@pytest.fixture
def published(model):
    """The model's own generation config, to change."""
    config, before = model.generation_config, model.generation_config.to_dict()
    yield config
    config.update(**before)


def test_greedy_is_greedy_whatever_the_model_publishes(run, published):
    plain = run()
    published.update(do_sample=True, temperature=0.6, top_p=0.5, top_k=3, repetition_penalty=5.0, num_beams=2)
    assert run(name="b") == plain


def test_published_sampling_is_drawn_from_the_seed(run, published):
    published.update(do_sample=True, temperature=1.5, top_k=50)
    drawn = run(sampling="as_published")
    assert drawn == run(name="b", sampling="as_published")
    assert texts(drawn) != texts(run(name="c", sampling="as_published", seed=1))
    assert texts(drawn) != texts(run(name="d"))


def test_text_ends_at_the_end_token_and_keeps_tags_but_no_special_tokens(
    base, tokenizer, tmp_path, monkeypatch
):
    answers = [
        "<|assistant|><think>ab</think> <answer>a</answer><|end|><|pad|><|pad|>",
        "<|assistant|><think>ab</think> <answer>a</answer>abc",
    ]
    rows = tokenizer(answers, add_special_tokens=False)["input_ids"]
    assert len(rows[0]) == len(rows[1])
    monkeypatch.setattr(generation, "decode_as_published", lambda *_: rows)
    prompts = [Prompt("long", "x", (5, 6, 7)), Prompt("short", "y", (5,))]
    options = DECODING.changed(sampling="as_published")
    generate(base, tokenizer, prompts, options, 0, {}, tmp_path / "part", tmp_path / "out.jsonl")
    stopped, cut = read_generations(tmp_path / "out.jsonl")
    assert stopped.text == "<think>ab</think> <answer>a</answer>"
    assert (stopped.finish_reason, stopped.n_new_tokens) == ("stop", len(rows[0]) - 2)
    assert cut.text == "<think>ab</think> <answer>a</answer>abc"
    assert (cut.finish_reason, cut.n_new_tokens) == ("length", len(rows[1]))
    assert (stopped.n_prompt_tokens, cut.n_prompt_tokens) == (3, 1)


def order(prompts, base, tokenizer, tmp_path, monkeypatch):
    """Give the ids of the prompts as they are decoded."""
    seen = []

    def remember(model, group, *_):
        seen.extend(prompt.id for prompt in group)
        yield [(prompt, [tokenizer.eos_token_id]) for prompt in group]

    monkeypatch.setattr(generation, "decode_greedily", remember)
    generate(base, tokenizer, prompts, DECODING, 0, {}, tmp_path / "part", tmp_path / "out.jsonl")
    return seen


def test_long_prompts_come_first(base, tokenizer, tmp_path, monkeypatch):
    prompts = [Prompt("a", "", (7,)), Prompt("b", "", (7, 8, 9)), Prompt("c", "", (7, 8))]
    assert order(prompts, base, tokenizer, tmp_path, monkeypatch) == ["b", "c", "a"]


def test_prompts_that_begin_alike_come_together(base, tokenizer, tmp_path, monkeypatch):
    prompts = [
        Prompt("a/empty", "", (7, 8, 4), 2),
        Prompt("b/empty", "", (9, 9, 4), 2),
        Prompt("a/own", "", (7, 8, 5, 5, 4), 2),
        Prompt("b/own", "", (9, 9, 5, 5, 5, 4), 2),
    ]
    seen = order(prompts, base, tokenizer, tmp_path, monkeypatch)
    assert seen == ["b/own", "b/empty", "a/own", "a/empty"]


def test_a_batch_is_padded_on_the_left(base):
    reader = Reader(base, pad=0)
    reader.keep([0, 0])
    reader.read([[7, 8, 9], [7]])
    assert reader.mask.tolist() == [[1, 1, 1], [0, 0, 1]]
