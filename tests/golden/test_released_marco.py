"""The two rows of MS MARCO at hand, in the form of the released files: read, judged, and none is lost."""

import json

import pytest
from support.examples import make_question
from support.missing import skip_without
from support.real_data import VARIABLE, find_mirror
from support.released_files import MARCO_TABLE, marco_line, marco_row, write_lines, write_rows
from tracekd.released.read import read_replay
from tracekd.released.registry import Generations, Table
from tracekd.scoring import get_scorer

ROWS = "ms_marco/two_rows_from_released_outputs.json"
# the passage that the second answer was written from
SOURCE_PASSAGE = 2


@pytest.fixture(scope="module")
def asked():
    """Give the rows as questions: one that the passages do not answer, and one that they do."""
    mirror = find_mirror()
    if mirror is None or not (mirror / ROWS).is_file():
        skip_without("two rows of MS MARCO", f"set {VARIABLE}=FOLDER")
    return [
        make_question(
            "ms_marco",
            question=row["query"],
            class_label=row["query_type"],
            context=tuple(row["passages"]),
            answers=tuple(row["answers"]),
        )
        for row in json.loads((mirror / ROWS).read_text("utf-8"))
    ]


@pytest.mark.parametrize("with_table", [True, False])
def test_the_rows_at_hand_are_read_and_judged(asked, tmp_path, with_table):
    texts = [f"assistant\n\n<answer>{one.answers[0]}</answer>" for one in asked]
    if with_table:
        write_rows(tmp_path / MARCO_TABLE, list(map(marco_row, asked)))
    write_lines(tmp_path / "a.json", map(marco_line, asked, texts))
    cell = Generations("ms_marco", "m", "none", 42, {"all": "a.json"})
    replay = read_replay(tmp_path, Table("ms_marco", {"all": MARCO_TABLE}), [cell])
    assert [(one.context, one.answers, one.class_label) for one in replay.questions] == [
        (one.context, one.answers, one.class_label) for one in asked
    ]
    assert [one.gold_facts for one in replay.questions] == [(), (SOURCE_PASSAGE,)]
    ((_, generations),) = replay.generations
    for scorer in ("published", "aligned"):
        scores = get_scorer(scorer).judge(replay.questions, generations, "none")
        assert [one.answer_ok for one in scores] == [True, True]
