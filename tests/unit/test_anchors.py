"""What a question is about: by rule from its record."""

import pytest
from support.examples import make_question
from tracekd.core.records import write_records
from tracekd.datasets import get_dataset
from tracekd.datasets.anchors import read_anchors
from tracekd.datasets.interface import Dataset


@pytest.mark.parametrize(
    ("dataset", "changes", "anchor"),
    [
        ("cotempqa", {}, "Aberdeen Proving Ground"),
        (
            "cotempqa",
            {
                "context": (
                    "Ada works for Acme in 1918.",
                    "Bo holds the position of dean in 1920.",
                    "Bo plays for X in 2.",
                )
            },
            "Bo",
        ),
        # equals: the first one
        ("cotempqa", {"context": ("Ada works for Acme in 1918.", "Bo works for Ember in 1920.")}, "Ada"),
        ("cotempqa", {"context": ("No fact of a known form.",)}, "cotempqa-1"),
        ("babi", {"context": ("One.", "Two.")}, "One.\nTwo."),
        ("ms_marco", {"context": ("b", "a")}, "a\nb"),
    ],
)
def test_anchor(dataset, changes, anchor):
    assert get_dataset(dataset).anchor(make_question(dataset, **changes)) == anchor


def test_without_a_rule_every_question_is_its_own():
    question = make_question()
    assert Dataset.anchor(get_dataset("cotempqa"), question) == question.id


def test_anchors_of_files_are_found_by_dataset_and_id(tmp_path):
    files = [tmp_path / "cotempqa.jsonl", tmp_path / "babi.jsonl"]
    for path in files:
        kept, left_out = (
            make_question(path.stem, id=name, split=split) for name, split in (("1", "test"), ("2", "train"))
        )
        write_records([kept, left_out], path)
    anchors = read_anchors(files)
    assert list(anchors.index) == [("cotempqa", "1"), ("babi", "1")]
    assert anchors["cotempqa", "1"] == "Aberdeen Proving Ground"
