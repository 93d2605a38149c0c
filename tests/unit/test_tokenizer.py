"""The tiny tokenizer: nothing unknown, nothing lost, short where it matters."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracekd.datasets import DATASETS, get_dataset
from tracekd.datasets.simulation import get_simulator
from tracekd.models.tokenizer import END, PAD, PERSONAS, build_tokenizer, fixed_tokens
from tracekd.traces.build import build_trace
from tracekd.traces.prompts import chat_messages, system_message


def questions(seed, n):
    rng = random.Random(seed)
    return [get_simulator(name).sample(rng).questions[0] for name in DATASETS for _ in range(n)]


def texts_of(question):
    for arm in ("none", "class_only", "correct", "incorrect"):
        target = build_trace(question, arm, seed=0).target
        yield from (message["content"] for message in chat_messages(question, "Llama", target))


TOKENIZER = build_tokenizer(
    (text for question in questions(seed=0, n=400) for text in texts_of(question)), 4000, DATASETS
)


def tokens_of(text):
    return TOKENIZER.convert_ids_to_tokens(TOKENIZER(text, add_special_tokens=False)["input_ids"])


def round_trip(text):
    return TOKENIZER.decode(TOKENIZER(text, add_special_tokens=False)["input_ids"])


@given(st.integers(0, 2**32))
def test_prompts_and_targets_come_back_unchanged(seed):
    for question in questions(seed, n=1):
        for text in texts_of(question):
            assert round_trip(text) == text


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_but_for_blanks(text):
    assert "".join(round_trip(text).split()) == "".join(text.split())


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_is_unknown(text):
    assert PAD not in tokens_of(text)


@given(st.integers(0, 2**32))
def test_no_word_of_a_closed_corpus_is_spelt_but_for_a_rare_year(seed):
    for question in questions(seed, n=1):
        for text in texts_of(question):
            assert not [token for token in tokens_of(text) if re.fullmatch("[A-Za-z]", token)]


def test_fixed_sentences_are_one_token_in_any_place():
    for sentence in fixed_tokens(DATASETS):
        assert sentence in tokens_of(f"Mary{sentence}milk")
    for persona in PERSONAS:
        assert tokens_of(system_message(persona)) == [system_message(persona)]


def test_class_steps_and_names_read_the_same_in_list_and_sentence():
    dataset = get_dataset("babi")
    assert len(tokens_of(dataset.step("class").render("two-arg-relations"))) == 4
    assert tokens_of("['Mary went.', 'Mary']").count("ĠMary") == 2


def test_chat_template_marks_roles_and_has_no_date():
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
    prompt = TOKENIZER.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert prompt == f"<|system|>S{END}<|user|>U{END}<|assistant|>"
    answered = [*messages, {"role": "assistant", "content": "A"}]
    assert TOKENIZER.apply_chat_template(answered, tokenize=False) == f"{prompt}A{END}"


def test_padding_is_not_the_end():
    assert TOKENIZER.pad_token_id != TOKENIZER.eos_token_id
    assert TOKENIZER.padding_side == "left"


@pytest.mark.parametrize("cap", [10, 50])
def test_an_open_vocabulary_keeps_the_most_frequent_words(cap):
    open_tokenizer = build_tokenizer(
        (text for question in questions(1, 20) for text in texts_of(question)), cap, DATASETS
    )
    assert len(open_tokenizer) <= len(fixed_tokens(DATASETS)) + 256 + 5 + cap
    text = "Zbigniew Brzeziński (b. 1928) joined L'Oréal, e.g. in 7,500 days\n"
    ids = open_tokenizer(text, add_special_tokens=False)["input_ids"]
    assert "".join(open_tokenizer.decode(ids).split()) == "".join(text.split())
