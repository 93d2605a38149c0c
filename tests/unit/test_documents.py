"""What the tiny base models read: short contexts stay answerable, the loss counts replies only."""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.own_datasets import add_own_datasets, kept_registries, make_own
from tracekd.core.errors import ModelError
from tracekd.datasets import BUILT_IN
from tracekd.datasets.simulation import get_simulator
from tracekd.models.documents import (
    IGNORED,
    Segment,
    batches,
    context_text,
    copy_document,
    encode,
    reading_document,
    shorten,
)
from tracekd.models.tokenizer import END, build_tokenizer

TOKENIZER = build_tokenizer([], max_words=0, datasets=BUILT_IN)
seeds = st.integers(0, 2**32)


@given(seeds, st.sampled_from(BUILT_IN), st.integers(1, 12))
def test_a_shortened_scene_keeps_its_first_question_and_all_gold_facts(seed, dataset, n_facts):
    rng = random.Random(seed)
    scene = get_simulator(dataset).sample(rng)
    short = shorten(scene, n_facts, rng)
    first = scene.questions[0]
    assert short.questions[0].question == first.question
    assert len(short.context) == max(min(n_facts, len(first.context)), len(first.gold_facts))
    before = {question.question: question for question in scene.questions}
    for question in short.questions:
        original = before[question.question]
        gold = [question.context[index] for index in question.gold_facts]
        assert gold == [original.context[index] for index in original.gold_facts]


@given(seeds, st.sampled_from(BUILT_IN))
def test_the_loss_counts_neither_context_nor_question(seed, dataset):
    rng = random.Random(seed)
    scene = get_simulator(dataset).sample(rng)
    document = reading_document(scene, 5, rng)
    ((ids, labels),) = encode(TOKENIZER, [document])
    counted = [token for token, label in zip(ids, labels, strict=True) if label != IGNORED]
    supervised = [segment.text for segment in document if segment.supervised]
    assert counted == [token for text in supervised for token in TOKENIZER(text)["input_ids"]]
    for question in scene.questions:
        assert not any(question.question in text for text in supervised)


def test_a_prompt_that_does_not_mark_its_question_is_refused():
    with kept_registries():
        add_own_datasets()
        with pytest.raises(ModelError) as caught:
            context_text(make_own("sums", 0))
    assert str(caught.value).startswith(
        "dataset sums: no line of its prompt begins with 'Question:', behind the context (the tiny models"
    )


@given(seeds)
def test_a_copy_document_says_the_same_line_three_times(seed):
    given_line, copies = copy_document(range(10, 60), 1, 2, random.Random(seed))
    assert copies.ids == (*given_line.ids, *given_line.ids[:-1], 2)


def test_too_long_documents_are_left_out_and_only_those():
    rng = random.Random(0)

    def draw():
        return [Segment("", True, tuple(range(rng.choice((3, 9)))))]

    for ids, labels in islice(batches(draw, TOKENIZER, 4, max_tokens=5, rng=rng), 20):
        assert ids.shape == labels.shape and ids.shape[1] == 3


def test_documents_that_are_all_too_long_are_an_error_and_not_an_endless_search():
    stream = batches(lambda: [Segment(END, True), Segment(END, True)], TOKENIZER, 4, 1, random.Random(0))
    with pytest.raises(ModelError, match="raise max_tokens"):
        next(stream)
