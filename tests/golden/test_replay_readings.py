"""What the released generations make of their traces: counts of follow.csv, copying.csv, definitions.csv.

An independent implementation that names the facts by verbatim quotes has found the counts of trace and
answer too; the way `quoted` repeats them exactly. The way `parsed` needs the list to be one and counts less.
"""

import pandas as pd
import pytest
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import Grid
from tracekd.scoring.aligned import score
from tracekd.scoring.readings import derive_readings, is_one_to_one, write_readings
from tracekd.tables.copying import copying_table
from tracekd.tables.definitions import definitions_table
from tracekd.tables.follow import follow_table
from tracekd.tables.readings import read_readings

LLAMA, QWEN = "Llama-3.2-1B-Instruct", "Qwen3-1.7B"
GRID = Grid(["cotempqa", "babi"], [LLAMA, QWEN], ["correct", "incorrect"])
RUN = ["dataset", "model", "arm"]


@pytest.fixture(scope="module")
def readings(released, tmp_path_factory):
    """Readings of all released generations that hold both steps."""
    folder, paths = tmp_path_factory.mktemp("readings"), []
    for dataset in GRID.datasets:
        questions, generations = released(dataset)
        for (model, arm), found in generations.items():
            if arm in GRID.arms:
                paths.append(folder / dataset / model / arm / "seed42.csv")
                steps = [step.name for step in get_dataset(dataset).steps]
                write_readings(derive_readings(questions, found), paths[-1], steps)
    assert len(paths) == 6
    return read_readings(paths)


def pick(table, **values):
    """The one row with these values."""
    rows = table
    for column, value in values.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("model", "arm", "parsed", "quoted"),
    [
        (LLAMA, "correct", (557, 525, 19), (572, 529, 19)),
        (QWEN, "correct", (484, 434, 14), (488, 435, 14)),
        (LLAMA, "incorrect", (892, 2, 346), (892, 2, 346)),
        (QWEN, "incorrect", (648, 3, 282), (649, 3, 283)),
    ],
)
def test_answers_follow_wrong_traces_after_sft_on_correct_ones_only(readings, model, arm, parsed, quoted):
    row = pick(follow_table(readings, GRID), **{"class": "all"}, model=model, arm=arm)
    assert (row["n"], row["follows"], row["true"]) == parsed
    assert (row["quoted_n"], row["quoted_follows"], row["quoted_true"]) == quoted


@pytest.mark.parametrize(
    ("model", "counts", "phi"),
    [(LLAMA, [232, 136, 8, 574], 0.691), (QWEN, [274, 121, 42, 513], 0.646)],
)
def test_verbatim_quotes_give_the_known_counts_of_trace_and_answer(readings, model, counts, phi):
    none = pd.DataFrame(columns=["scorer", "class"])
    table = definitions_table(readings[readings["dataset"] == "cotempqa"], none, GRID)
    row = pick(table, model=model, arm="correct", definition="quoted", step="trace")
    assert list(row[["both_ok", "answer_only_ok", "trace_only_ok", "neither_ok"]]) == counts
    assert row["phi"] == pytest.approx(phi, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "whole", "facts", "label", "given_facts", "implied"),
    [
        (LLAMA, 0.697, 0.938, 0.179, -0.002, 0.719),
        (QWEN, 0.639, 0.806, 0.149, 0.054, 0.743),
    ],
)
def test_the_association_is_that_of_the_retrieval_step(
    readings, model, whole, facts, label, given_facts, implied
):
    row = pick(copying_table(readings, GRID), model=model, arm="correct", subset="all", dataset="cotempqa")
    found = row[["phi_trace", "phi_facts", "phi_class", "phi_class_given_facts_ok", "phi_implied"]]
    assert list(found) == pytest.approx([whole, facts, label, given_facts, implied], abs=6e-4)
    assert row["copying_rate"] > 0.96


def test_where_the_map_is_one_to_one_the_right_facts_are_the_right_entities(readings):
    quoted = readings[(readings["way"] == "quoted") & (readings["one_to_one"] == 1)]
    assert (quoted["facts_ok"] == quoted["implied_ok"].fillna(0)).all()
    assert len(quoted) == 4 * 908


def test_42_questions_break_the_map(released):
    questions = [question for question in released("cotempqa")[0] if question.split == "test"]
    assert len(questions) == 950
    assert sum(not is_one_to_one(question) for question in questions) == 42
    cotempqa = get_dataset("cotempqa")
    for question in questions:
        assert question.gold_facts, question.id
        stated = {"facts": cotempqa.step("facts").gold(question)}
        assert cotempqa.implied_answer(question, stated), question.id


def test_a_tolerant_reading_finds_a_few_right_answers_more(readings):
    right = readings[readings["arm"] == "correct"].groupby(["model", "dataset", "way"])["answer_ok"].sum()
    assert (right[LLAMA, "cotempqa", "parsed"], right[LLAMA, "cotempqa", "tolerant"]) == (368, 378)
    assert (right[QWEN, "cotempqa", "parsed"], right[QWEN, "cotempqa", "tolerant"]) == (395, 444)


@pytest.mark.parametrize(
    ("dataset", "model", "readable", "right"),
    [("cotempqa", LLAMA, 937, 391), ("cotempqa", QWEN, 935, 494), ("babi", LLAMA, 376, 363)],
)
def test_bare_answers_are_read_behind_whatever_header_the_model_writes(
    released, dataset, model, readable, right
):
    questions, generations = released(dataset)
    scores = score(questions, generations[model, "none"], "none")
    assert (sum(one.readable for one in scores), sum(one.answer_ok for one in scores)) == (readable, right)
