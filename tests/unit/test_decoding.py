"""Prompts that are read together: every answer is the one that a prompt gets alone."""

from itertools import pairwise

import pytest
import torch
from support.tiny_models import CHAT, TRAINING, conversations
from tracekd.adapters import decoding
from tracekd.adapters.chat import Prompt, prefilled_prompt
from tracekd.adapters.decoding import Reader, decode_greedily
from tracekd.adapters.training import add_lora
from transformers import DynamicCache

MOST = 12


@pytest.fixture(scope="module")
def model(base):
    """The tiny model with a random adapter."""
    model = add_lora(base, TRAINING.lora, seed=0).eval()
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1, generator=torch.Generator().manual_seed(0))
    yield model
    model.unload()


@pytest.fixture(scope="module")
def prompts(tokenizer):
    """Nine items under three conditions, of which the last says the same as the first."""
    traces = {"own": "abc", "empty": "", "long": "so " * 9, "gold": "abc"}
    return [
        prefilled_prompt(tokenizer, f"{item}/{condition}", messages[:-1], trace, CHAT)
        for item, messages in conversations(9)
        for condition, trace in traces.items()
    ]


@pytest.fixture(scope="module")
def alone(model, tokenizer, prompts):
    """What the library's own loop writes for each prompt by itself."""
    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt.input_ids])
        output = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=MOST
        )
        answers.append(output[0, ids.shape[1] :].tolist())
    return answers


@pytest.fixture(scope="module")
def ends(alone):
    """Tokens at which some answers end early and others do not."""
    return {answer[number % MOST] for number, answer in enumerate(alone[::7])}


def cut(answer, ends):
    """Cut an answer behind its first end token."""
    return answer[: next((place for place, token in enumerate(answer, 1) if token in ends), None)]


def test_prompts_of_an_item_share_all_but_their_trace(tokenizer, prompts):
    for prompt in prompts:
        assert tokenizer.decode(prompt.head).endswith("<|assistant|><think>")
        assert tokenizer.decode(prompt.tail) in ("abc</think>", "</think>", "so " * 9 + "</think>")
    assert len({prompt.head for prompt in prompts}) == 9


def decode(model, prompts, ends, at_once=64):
    """Give the answers of all prompts, in their order."""
    found = {
        prompt.id: answer
        for some in decode_greedily(model, prompts, ends, 0, MOST, at_once)
        for prompt, answer in some
    }
    return [found[prompt.id] for prompt in prompts]


def note_sizes(monkeypatch):
    """Give the list that the number of rows of every pass will stand in."""
    read, sizes = Reader.read, []

    def note(self, rows, *rest):
        sizes.append(len(rows))
        return read(self, rows, *rest)

    monkeypatch.setattr(Reader, "read", note)
    return sizes


@pytest.mark.parametrize("at_once", [1, 2, 4, 7, 12, 36])
def test_answers_behind_shared_prompts_are_those_of_each_prompt_alone(model, prompts, alone, ends, at_once):
    answers = decode(model, prompts, ends, at_once)
    assert answers == [cut(answer, ends) for answer in alone]
    assert len({len(answer) for answer in answers}) > 3, "rows end at different times"


def test_parts_that_are_read_apart_go_on_together(model, prompts, alone, ends, monkeypatch):
    monkeypatch.setattr(decoding, "ROWS_AT_ONCE", 5)
    assert decode(model, prompts, ends) == [cut(answer, ends) for answer in alone]


def test_the_last_answers_of_some_prompts_are_written_beside_those_of_others(
    model, prompts, ends, monkeypatch
):
    sizes = note_sizes(monkeypatch)
    answers = {}
    for left in (0, 1 / 2):
        monkeypatch.setattr(decoding, "LEFT", left)
        sizes.clear()
        answers[left] = decode(model, prompts, ends, at_once=9), len(sizes), max(sizes)
    assert answers[1 / 2][0] == answers[0][0]
    assert answers[1 / 2][1] < answers[0][1], "fewer steps for the same answers"
    assert answers[1 / 2][2] <= 9, "never more rows than asked for"


def test_prompts_with_and_without_a_shared_part_go_together(model, prompts, alone, ends):
    mixed = [
        prompt if place % 3 else Prompt(prompt.id, prompt.text, prompt.input_ids)
        for place, prompt in enumerate(prompts)
    ]
    assert decode(model, mixed, ends) == [cut(answer, ends) for answer in alone]


def test_equal_prompts_are_read_once_and_ended_rows_no_more(model, prompts, ends, monkeypatch):
    sizes = note_sizes(monkeypatch)
    answers = decode(model, prompts, ends)
    distinct = [answers[place] for place in range(len(prompts)) if place % 4 < 3]
    going = [sum(len(answer) > step for answer in distinct) for step in range(1, MOST)]
    assert sizes == [9, 27, *(size for size in going if size)]


def numbers_of(reader):
    return [tensor for layer in reader.cache.layers for tensor in (layer.keys, layer.values)]


def test_a_copy_has_rows_of_its_own_and_leaves_the_others_as_they_are(model):
    with torch.inference_mode():
        reader = Reader(model, 0)
        reader.keep([0, 0])
        reader.read([[5, 6, 7], [8, 9, 10]])
        before = [tensor.clone() for tensor in numbers_of(reader)]
        copied = reader.copy([1, 1, 0])
        copied.read([[11], [12], [13]])
    assert copied.mask.shape == (3, 4) and reader.mask.shape == (2, 3)
    assert all(map(torch.equal, numbers_of(reader), before))
    for found, whole in zip(numbers_of(copied), before, strict=True):
        assert torch.equal(found[:, :, :3], whole[[1, 1, 0]])


def test_readers_that_are_joined_let_go_of_their_keys_and_values(model):
    with torch.inference_mode():
        first, second = (Reader(model, 0) for _ in range(2))
        first.read([[5, 6, 7]])
        second.read([[8, 9]])
        first.join([second])
    assert not second.cache.layers
    assert first.mask.tolist() == [[1, 1, 1], [0, 1, 1]]
    assert {tensor.shape[0] for tensor in numbers_of(first)} == {2}


def test_what_pads_all_rows_is_dropped_when_readers_are_joined(model):
    with torch.inference_mode():
        first, second = (Reader(model, 0) for _ in range(2))
        first.keep([0, 0])
        first.read([[5, 6, 7, 8], [9]])
        first.keep([1])
        second.read([[8, 9]])
        first.join([second])
    assert first.mask.tolist() == [[0, 1], [1, 1]]
    assert {tensor.shape[2] for tensor in numbers_of(first)} == {2}


def test_new_tokens_are_written_into_their_places(model):
    """The numbers are those of the library's own cache, which copies them."""
    from tracekd.adapters import cache

    found, moved = [], []
    for room in (0, 3):
        with torch.inference_mode(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(cache, "ROOM", room)
            reader, places = Reader(model, 0), []
            reader.keep([0, 0])
            for token in range(5, 12):
                logits = reader.read([[token], [token + 1]])
                places.append(reader.cache.layers[0].keys.data_ptr())
                if token == 8:
                    reader.keep([1, 0])
            found.append([logits, *numbers_of(reader)])
            moved.append(sum(one != other for one, other in pairwise(places)))
    library = DynamicCache(config=model.config)
    with torch.inference_mode():
        model(torch.tensor([[6, 7, 8, 9, 9, 10, 11], [5, 6, 7, 8, 10, 11, 12]]), past_key_values=library)
    expected = [tensor for layer in library.layers for tensor in (layer.keys, layer.values)]
    assert all(map(torch.equal, *found))
    assert all(
        torch.allclose(one, other, atol=1e-5) for one, other in zip(found[0][1:], expected, strict=True)
    )
    assert moved[1] < moved[0]


def shift_positions(inputs):
    inputs["position_ids"] += inputs["past_key_values"].get_seq_length() > 0


def hide_a_token(inputs):
    inputs["attention_mask"][:, inputs["attention_mask"].sum(1).min() // 2] = 0


@pytest.mark.parametrize("plant", [shift_positions, hide_a_token])
def test_one_wrong_position_or_mask_would_be_seen(model, prompts, alone, ends, plant):
    def spoil(module, args, inputs):
        inputs = inputs | {"attention_mask": inputs["attention_mask"].clone()}
        plant(inputs)
        return args, inputs

    handle = model.register_forward_pre_hook(spoil, with_kwargs=True)
    answers = decode(model, prompts, ends)
    handle.remove()
    assert answers != [cut(answer, ends) for answer in alone]
