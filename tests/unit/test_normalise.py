"""Answers that differ in what a mark means are different answers; those that differ in form are the same."""

import pytest
from support.examples import make_question
from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Generation
from tracekd.datasets import get_dataset
from tracekd.datasets.published import strip_marks
from tracekd.scoring.aligned import score_item


def is_right(gold, answer, dataset="ms_marco"):
    question = make_question(dataset, answers=(gold,))
    return score_item(question, Generation("a", None, answer, None, None, None), "none").answer_ok


DIFFERENT = [
    ("3.5", "35"),
    ("1-2 cups", "12 cups"),
    ("1/2 cup", "12 cup"),
    ("-5 degrees", "5 degrees"),
    ("3:30", "330"),
    ("10^6", "106"),
    ("1,5", "15"),
    ("5'11", "511"),
    (".5 cups", "5 cups"),
    ("−5", "5"),
    ("1–2 cups", "12 cups"),
    ("-$5", "$5"),
    ("<5 days", ">5 days"),
    ("O-", "O+"),
    ("C++", "C"),
    ("C#", "C"),
    ("65+", "65"),
    ("3.10.2", "3.1.2"),
    ("10.10.2010", "10.1.2010"),
    ("?", ""),
    ("?", "!"),
]
SAME = [
    ("3.50", "3.5"),
    ("3.0", "3"),
    ("0.5", ".5"),
    ("-3.50", "-3.5"),
    ("1,000", "1000"),
    ("1,00,000", "100000"),
    ("$1,500.00", "1500"),
    ("1–2 cups", "1-2 cups"),
    ("−5 degrees", "-5 degrees."),
    ("well-known", "well–known"),
    ("It is 3.5.", "it is 3.5"),
    ("(about 210)", "About  210!"),
    ("yes - really", "yes really"),
    ("U.S.", "US"),
    ("?", "?"),
]


@pytest.mark.parametrize(("gold", "answer"), DIFFERENT)
def test_another_answer_is_not_right(gold, answer):
    assert not is_right(gold, answer)
    assert not is_right(answer, gold) or not answer


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_the_same_answer_in_another_form_is_right(gold, answer):
    assert is_right(gold, answer) and is_right(answer, gold)


@pytest.mark.parametrize("name", ["ms_marco", "babi", "cotempqa"])
@pytest.mark.parametrize("text", ["", "  ", "['']", "[]", ",", " , "])
def test_a_blank_item_is_no_answer(name, text):
    read = get_dataset(name).parse_answer(text)
    assert read is None or "" not in read
    assert not is_right("hall", text, name)
    if not text.strip():
        assert read is None


def test_a_blank_item_beside_others_is_none_of_them():
    assert get_dataset("babi").parse_answer("football, ,apple,") == {"football", "apple"}
    assert get_dataset("cotempqa").parse_answer("['', 'David Widder']") == {"david widder"}


def test_the_published_scorer_keeps_the_released_normalisation():
    assert strip_marks(" 3.5,  1-2 C# ?") == "35 12 c"
    assert normalise_answer(" 3.5,  1-2 C# ?") == "3.5 1-2 c#"
