"""What the released generations make of their traces: counts of follow.csv, copying.csv, definitions.csv.

An independent implementation that names the facts by verbatim quotes has found the counts of trace and
answer too; the way `quoted` repeats them exactly. The way `parsed` needs the list to be one and counts less.
"""

import pandas as pd
import pytest
from tracekd.core.records import write_records
from tracekd.datasets import get_dataset
from tracekd.datasets.anchors import join_anchors
from tracekd.datasets.rows import Grid
from tracekd.scoring.aligned import score
from tracekd.scoring.readings import derive_readings, is_one_to_one, write_readings
from tracekd.tables.copying import copying_table
from tracekd.tables.counterfactual import counterfactual_table
from tracekd.tables.definitions import definitions_table
from tracekd.tables.follow import follow_table
from tracekd.tables.readings import join_baseline, read_readings, wrong_traces
from tracekd.tables.statistics import COLUMNS

LLAMA, QWEN = "Llama-3.2-1B-Instruct", "Qwen3-1.7B"
GRID = Grid(["cotempqa", "babi"], [LLAMA, QWEN], ["correct", "incorrect"])
RUN = ["dataset", "model", "arm"]


@pytest.fixture(scope="module")
def readings(released, tmp_path_factory):
    """Readings of all released generations that hold both steps."""
    folder, paths = tmp_path_factory.mktemp("readings"), []
    files = [folder / f"{dataset}.jsonl" for dataset in GRID.datasets]
    for path in files:
        dataset = path.stem
        questions, generations = released(dataset)
        write_records(questions, path)
        for (model, arm), found in generations.items():
            if arm in (*GRID.arms, "none"):
                paths.append(folder / dataset / model / arm / "seed42.csv")
                steps = [step.name for step in get_dataset(dataset).steps]
                write_readings(derive_readings(questions, found, arm != "none"), paths[-1], steps)
    assert len(paths) == 9
    found = read_readings(paths)
    traced, baseline = found[found["arm"] != "none"], found[found["arm"] == "none"]
    return join_anchors(join_baseline(traced, baseline), files)


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
    """With the items whose wrong facts imply the truth, as the independent implementation counts."""
    wrong = wrong_traces(readings).query("`class` == 'all' and model == @model and arm == @arm")
    for way, expected in (("parsed", parsed), ("quoted", quoted)):
        rows = wrong[wrong["way"] == way]
        assert (len(rows), rows["follows"].sum(), rows["answer_ok"].sum()) == expected
    row = pick(follow_table(readings, GRID), **{"class": "all"}, model=model, arm=arm)
    assert row["n"] + row["implied_true"] == parsed[0]
    assert row["follows"] + row["true"] <= row["n"] == row["baseline_n"]


@pytest.mark.parametrize(
    ("model", "arm", "named", "n", "follows", "baseline", "only"),
    [
        (LLAMA, "correct", "any", 545, 514, 159, (357, 2)),
        (LLAMA, "correct", "none", 323, 314, 91, (224, 1)),
        (LLAMA, "correct", "some", 222, 200, 68, (133, 1)),
        (LLAMA, "incorrect", "any", 892, 2, 40, (0, 38)),
        (QWEN, "correct", "any", 467, 420, 138, (291, 9)),
        (QWEN, "incorrect", "any", 645, 2, 22, (0, 20)),
    ],
)
def test_answers_against_those_without_traces(readings, model, arm, named, n, follows, baseline, only):
    """An independent recomputation: 40 of 892, discordant 0 : 38, after SFT on incorrect traces."""
    table = counterfactual_table(readings, GRID)
    row = pick(table, **{"class": "all"}, model=model, arm=arm, named=named)
    assert list(row[["n", "follows", "baseline_follows"]]) == [n, follows, baseline]
    assert (row["arm_only"], row["baseline_only"]) == only
    assert row["excess"] == pytest.approx(100 * (follows - baseline) / n)
    assert row["excess_low"] < row["excess"] < row["excess_high"]
    assert (row["excess_low"] > 0) if arm == "correct" else (row["excess_high"] < 0)
    assert row["p"] < 0.001


def test_the_implied_answer_is_a_common_one_without_traces_too(readings):
    """The independent 29.8 % is of all 557 items; 12 of them, whose facts imply the truth, are not in n."""
    wrong = wrong_traces(readings).query("`class` == 'all' and way == 'parsed' and arm == 'correct'")
    rows = wrong[wrong["model"] == LLAMA]
    assert (len(rows), rows["baseline_follows"].sum()) == (557, 166)
    # independently 235 of 560
    assert rows["facts_any"].sum() == 234
    assert rows["implied_ok"].sum() == 12


@pytest.mark.parametrize(("model", "phi"), [(LLAMA, 0.505), (QWEN, 0.456)])
def test_an_answer_that_never_saw_the_trace_goes_with_it_too(readings, model, phi):
    row = pick(copying_table(readings, GRID), model=model, arm="correct", subset="all", dataset="cotempqa")
    assert row["phi_control"] == pytest.approx(phi, abs=5e-4)
    assert row["phi_control_n"] == 950
    assert row["phi_control_low"] < phi < row["phi_control_high"] < row["phi_facts_low"]


@pytest.mark.parametrize(
    ("model", "counts", "phi"),
    [(LLAMA, [232, 136, 8, 574], 0.691), (QWEN, [274, 121, 42, 513], 0.646)],
)
def test_verbatim_quotes_give_the_known_counts_of_trace_and_answer(readings, model, counts, phi):
    none = pd.DataFrame(columns=COLUMNS)
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
