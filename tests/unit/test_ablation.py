"""Ablation and differences: what is counted, which reason is named, and how it is shown."""

import itertools
from collections import Counter
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from support.examples import make_question
from support.figures import GRIDS, NOTE, assert_legible
from support.run_data import run_script
from tracekd.core.errors import DataError
from tracekd.core.records import Generation, write_records
from tracekd.datasets.rows import Grid
from tracekd.figures.ablation import plot_ablation
from tracekd.figures.style import FORMATS, PAGE_HEIGHT, TEXT_WIDTH
from tracekd.scoring import aligned, published
from tracekd.scoring.ablation import ALL_OFF, PUBLISHED, VARIANTS, score_variants
from tracekd.scoring.differences import Difference, explain, find_differences, find_unreadable
from tracekd.scoring.published import Quirk
from tracekd.scoring.score import Score
from tracekd.tables.ablation import (
    COLUMNS,
    ablation_table,
    find_measures,
    show_ablation,
    summarise,
)
from tracekd.tables.differences import (
    count_differences,
    differences_table,
    read_differences,
    show_differences,
)
from tracekd.tables.write import write_csv, write_table

RUN = {"dataset": "cotempqa", "model": "m", "arm": "correct", "seed": 7}
GRID = Grid(["cotempqa", "babi"], ["m"], ["none", "correct"])
QUIRKS = [name for name in VARIANTS if name != PUBLISHED]


def generation(text, item="cotempqa-1"):
    return Generation(item, "0" * 64, text, None, None, None)


def output(facts, answer, label="mix"):
    """What a model trained on correct traces writes."""
    return (
        "assistant\n<think>The temporal relation between the event in question and the event in context is: "
        f"{label}.\nI need to use the following facts to answer the question: {facts}</think>"
        f"<answer>{answer}</answer>"
    )


def question(**changes):
    return make_question(split="test", **changes)


def scores(*flags, label="mix"):
    """One score for each (answer right, class step right, retrieval step right)."""
    return [
        Score(
            f"i{number}",
            label,
            answer,
            {"f1": float(answer), "precision": 1.0, "recall": 1.0},
            dict(zip(("class", "facts"), steps, strict=True)),
            readable=True,
        )
        for number, (answer, *steps) in enumerate(flags)
    ]


def verdict(score, part):
    """What a score says of the answer, a step or the whole trace."""
    return score.answer_ok if part == "answer" else {**score.steps, "trace": score.trace_ok}[part]


def variants(base, **changed):
    """Scores of every variant: those of the base where nothing else is said."""
    return {name: changed.get(name, base) for name in VARIANTS}


def differences(text, arm="correct", **changes):
    """Differences of one item as {part: (published, aligned, reasons)}."""
    asked, written = [question(**changes)], [generation(text)]
    found = find_differences(asked, written, arm, score_variants(asked, written, arm))
    return {one.part: (one.published, one.aligned, one.reasons) for one in found}


# scoring


def test_every_quirk_is_switched_off_alone_and_all_together():
    assert VARIANTS[PUBLISHED] == frozenset()
    assert [VARIANTS[quirk] for quirk in Quirk] == [{quirk} for quirk in Quirk]
    assert VARIANTS[ALL_OFF] == set(Quirk)
    assert len(VARIANTS) == len(Quirk) + 2


def test_a_variant_judges_again_only_what_its_quirk_can_change(monkeypatch):
    judged = Counter()

    def counting(name):
        judge = getattr(published, name)

        def count(*arguments):
            judged[name] += 1
            return judge(*arguments)

        return count

    for name in ("score_answer", "score_steps"):
        monkeypatch.setattr(published, name, counting(name))
    score_variants([question()], [generation(output("[]", "['Hubert Yockey']"))], "correct")
    # no quirk off, each of its own, and all of them
    assert judged == {"score_answer": 1 + 8 + 1, "score_steps": 1 + 5 + 1}


def test_the_variant_without_change_is_the_published_scorer():
    asked, written = [question()], [generation(output("[]", "['Hubert Yockey']"))]
    assert score_variants(asked, written, "correct")[PUBLISHED] == published.score(asked, written, "correct")


def test_a_right_output_is_no_difference():
    item = question()
    facts = [item.context[index] for index in item.gold_facts]
    assert differences(output(facts, list(item.answers))) == {}


def test_the_quirk_that_alone_brings_agreement_is_the_reason():
    wrong = [*question().answers, "Irving Segal"]
    gold = [question().context[index] for index in (0, 2)]
    assert differences(output(gold, wrong)) == {"answer": (True, False, ("Q5",))}


def test_each_of_two_quirks_that_are_enough_is_named():
    text = output([], [])[: -len("<answer>[]</answer>")].replace(
        "[]", "David Widder, Norbert Wiener, Irving Segal"
    )
    found = differences(text)
    assert found["answer"] == (True, False, ("Q3", "Q5"))


def test_one_gold_fact_of_two_is_a_matter_of_definition():
    found = differences(output([question().context[0]], list(question().answers)))
    assert found == {
        "facts": (True, False, ("definition",)),
        "trace": (True, False, ("definition",)),
    }


def test_an_output_without_trace_is_left_out_by_one_scorer_and_wrong_for_the_other():
    found = differences("['David Widder', 'Norbert Wiener']")
    assert found["trace"] == (None, False, ("Q10",))
    assert found["answer"] == (True, False, ("Q3",))


def test_an_unreadable_list_is_a_matter_of_form():
    assert differences("David Widder and Norbert Wiener", arm="none") == {"answer": (True, False, ("form",))}


def test_an_arm_without_steps_differs_in_the_answer_only():
    assert set(differences("['David Widder', 'Norbert Wiener', 'Irving Segal']", arm="none")) == {"answer"}


@pytest.mark.parametrize(
    ("verdicts", "unreadable", "reasons"),
    [
        ({PUBLISHED: True, "Q5": False, "Q7": True, ALL_OFF: True}, True, ("Q5",)),
        ({PUBLISHED: True, "Q5": True, "Q7": True, ALL_OFF: False}, True, ("several quirks",)),
        ({PUBLISHED: True, "Q5": True, ALL_OFF: True}, True, ("form",)),
        ({PUBLISHED: True, "Q5": True, ALL_OFF: True}, False, ("definition",)),
        ({PUBLISHED: None, "Q10": False, ALL_OFF: False}, True, ("Q10",)),
    ],
)
def test_reasons_go_from_single_quirks_to_what_remains(verdicts, unreadable, reasons):
    assert explain(verdicts, False, unreadable) == reasons


def test_unreadable_parts_are_named_one_by_one():
    item = question()
    assert find_unreadable(item, generation(output("[]", "no list")), "correct") == {"answer"}
    # an answer that names nothing is none
    assert find_unreadable(item, generation(output("[]", "[]")), "correct") == {"answer"}
    steps = {"class", "facts", "trace"}
    assert find_unreadable(item, generation("<think>so</think><answer>['x']</answer>"), "correct") == steps
    assert find_unreadable(item, generation("no list"), "none") == {"answer"}


PIECES = [
    *question().context,
    *question().answers,
    "['David Widder', 'Norbert Wiener']",
    "Hubert Yockey",
    *("assistant", "<think>", "</think>", "<answer>", "</answer>", " answer ", "answer:", "\n", "mix.", "["),
    "The temporal relation between the event in question and the event in context is: mix.\n",
    "I need to use the following facts to answer the question: ",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@settings(max_examples=500, deadline=None)
@given(TEXTS, st.sampled_from(["none", "class_only", "correct"]))
def test_a_reason_can_be_checked_by_scoring_again(text, arm):
    asked, written = [question()], [generation(text)]
    (right,) = aligned.score(asked, written, arm)
    for one in find_differences(asked, written, arm, score_variants(asked, written, arm)):
        assert one.published != one.aligned == verdict(right, one.part)
        for reason in one.reasons:
            off = VARIANTS.get(reason, frozenset(Quirk))
            (again,) = published.score(asked, written, arm, off)
            agrees = verdict(again, one.part) == one.aligned
            assert agrees == (reason not in ("form", "definition"))


# tables


def test_measures_follow_the_dataset_and_the_steps_of_the_arm():
    assert list(find_measures("cotempqa", "none")) == ["acc_macro", "acc_all", "f1_macro"]
    assert list(find_measures("babi", "class_only")) == [
        "acc_all",
        "class_step",
        "trace_step",
        "both_ok",
        "phi_trace",
    ]
    assert list(find_measures("ms_marco", "correct"))[1:3] == ["class_step", "facts_step"]


def test_the_ablation_counts_by_hand():
    # two items of one class, one of another: the mean of classes is not the mean of items
    base = scores((True, True, True), (False, True, False)) + scores((True, False, True), label="equal")
    right = replace(base[1], answer_ok=True, measures=base[0].measures, steps=base[0].steps)
    other = [base[0], right, base[2]]
    table = ablation_table(variants(base, Q5=other), **RUN)
    assert list(table.columns) == COLUMNS
    assert list(dict.fromkeys(table["quirk"])) == QUIRKS
    rows = table.set_index(["quirk", "measure"]).drop(columns=list(RUN))
    assert rows.loc[("Q5", "acc_macro")].tolist() == [75.0, 100.0, 25.0, 1, 3]
    assert rows.loc[("Q5", "acc_all")].tolist() == pytest.approx([66.7, 100.0, 33.3, 1, 3])
    assert rows.loc[("Q5", "both_ok")].tolist() == [1, 2, 1, 1, 3]
    assert rows.loc[("Q5", "class_step")].tolist() == [50.0, 50.0, 0.0, 0, 3]
    assert rows.loc[("Q5", "phi_trace"), "with_quirk"] == pytest.approx(0.5)
    assert np.isnan(rows.loc[("Q5", "phi_trace"), "without_quirk"]), "no item is wrong: undefined"
    assert rows.loc[("Q8", "acc_macro")].tolist() == pytest.approx([75.0, 200 / 3, 200 / 3 - 75, 0, 3])
    assert rows.loc[("Q8", "acc_all"), "difference"] == 0


def test_an_item_that_enters_the_matrix_has_changed_even_when_no_count_of_right_ones_has():
    base = scores((True, None, None), (True, True, True))
    other = [replace(base[0], steps={"class": False, "facts": False}), base[1]]
    table = ablation_table(variants(base, Q10=other), **RUN).set_index(["quirk", "measure"])
    assert table.loc[("Q10", "both_ok"), ["difference", "items_changed"]].tolist() == [0, 1]
    assert table.loc[("Q10", "trace_step"), ["with_quirk", "items_changed"]].tolist() == [50.0, 1]


def test_phi_of_a_table_with_an_empty_margin_is_undefined():
    flags = [(True, True), (False, False), (True, False), (False, False)]
    assert summarise("phi_trace", flags, ["a"] * 4, "babi") == pytest.approx(
        np.corrcoef(np.array(flags).T)[0, 1]
    )
    assert np.isnan(summarise("phi_trace", flags[:1], ["a"], "babi"))


def test_a_step_that_enters_no_matrix_counts_as_wrong_in_its_share():
    assert summarise("trace_step", [True, None], ["a", "b"], "babi") == 50.0


def test_readers_see_only_quirks_that_move_something():
    base = scores((True, True, True), (False, True, False))
    table = ablation_table(variants(base, Q13=[base[0], replace(base[1], steps=base[0].steps)]), **RUN)
    shown = show_ablation(table)
    assert shown["Off"].tolist() == ["Q13 any fact counts"]
    assert shown["Retrieval step"].tolist() == ["+50.0"]
    assert shown["Acc."].tolist() == ["0.0"]


def test_tables_without_rows_can_be_written(tmp_path):
    still = ablation_table(variants(scores((True, True, True))), **RUN)
    nothing = count_differences(differences_table([], **RUN), GRID)
    for table, shown in ((still, show_ablation(still)), (nothing, show_differences(nothing))):
        assert shown.empty
        write_table(
            table,
            shown,
            csv=tmp_path / "t.csv",
            md=tmp_path / "t.md",
            caption="None.",
        )
        assert "Dataset" in (tmp_path / "t.md").read_text("utf-8")


def found(part, verdict, target, *reasons, item="a"):
    return Difference(item, "mix", part, verdict, target, reasons)


LISTED = [
    found("answer", True, False, "Q3", "Q5"),
    found("trace", None, False, "Q10"),
    found("answer", True, False, "Q3", "Q5", item="b"),
    found("answer", False, True, "definition", item="c"),
]


def test_differences_are_counted_by_verdicts_and_reason():
    table = count_differences(differences_table(LISTED, **RUN), GRID)
    assert table.columns.tolist() == [*RUN, "what", "published", "aligned", "reason", "n"]
    assert table.fillna(-1)[["what", "published", "aligned", "reason", "n"]].to_numpy().tolist() == [
        ["answer", 0, 1, "definition", 1],
        ["answer", 1, 0, "Q3 or Q5", 2],
        ["trace", -1, 0, "Q10", 1],
    ]
    shown = show_differences(table)
    judged = shown.iloc[-1][["Judged", "Published", "Aligned"]].tolist()
    assert judged == ["whole trace", "no verdict", "wrong"]


def test_differences_survive_their_file(tmp_path):
    table = differences_table([*LISTED, found("class", True, False, "form", item="NA")], **RUN)
    write_csv(table, tmp_path / "items.csv")
    header = (tmp_path / "items.csv").read_text("utf-8").splitlines()[0]
    assert header == "dataset,class,model,arm,seed,id,what,published,aligned,reasons"
    pd.testing.assert_frame_equal(read_differences(tmp_path / "items.csv"), table, check_dtype=False)


# figure


def made_up(datasets, models, arms, seeds):
    """An ablation table with changes of all sizes."""
    rng = np.random.default_rng(0)
    rows = [
        (dataset, model, arm, seed, quirk, measure, level, level + change, change, int(change != 0), 950)
        for dataset, model, arm, seed in itertools.product(datasets, models, arms, range(seeds))
        for quirk in QUIRKS
        for measure in find_measures(dataset, arm)
        for level in [rng.random() * (1 if measure == "phi_trace" else 100)]
        for change in [0.0 if quirk in ("Q1", "Q9") else level * rng.uniform(-0.99, 0.4)]
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize("note", ["", NOTE])
@pytest.mark.parametrize("grid", GRIDS)
def test_the_figure_is_legible(grid, note, monkeypatch):
    datasets, models, arms, seeds, _ = GRIDS[grid]
    figure = plot_ablation(
        made_up(datasets, models, arms, seeds), datasets[0], Grid(datasets, models, arms), note
    )
    words = assert_legible(figure, monkeypatch)
    assert "Q13 any fact counts" in words
    assert not any(word.startswith("Q1 ") for word in words)
    assert any("none here: Q1, Q9" in word for word in words)
    assert {text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()} <= {7, 8}
    assert figure.get_figwidth() == TEXT_WIDTH
    assert figure.get_figheight() <= PAGE_HEIGHT + 1e-9
    plt.close(figure)


def test_a_missing_arm_is_grey(monkeypatch):
    table = made_up(["cotempqa"], ["m", "k"], ["none", "correct"], 1)
    table = table[(table["model"] == "m") | (table["arm"] == "none")]
    figure = plot_ablation(table, "cotempqa", Grid(["cotempqa"], ["m", "k"], ["none", "correct"]))
    assert "–" in assert_legible(figure, monkeypatch)
    plt.close(figure)


def test_an_arm_without_any_phi_has_no_column_and_is_named(monkeypatch):
    table = made_up(["cotempqa"], ["m"], ["correct", "incorrect"], 1)
    lost = (table["measure"] == "phi_trace") & (table["arm"] == "incorrect")
    table.loc[lost, ["with_quirk", "without_quirk", "difference"]] = np.nan
    figure = plot_ablation(table, "cotempqa", Grid(["cotempqa"], ["m"], ["correct", "incorrect"]))
    words = assert_legible(figure, monkeypatch)
    assert "–" not in words and "CoTempQA" in words
    assert any(" ".join(word.split()).endswith("φ is undefined for incorrect") for word in words)
    assert words.count("incorrect") == 2 and words.count("correct") == 3
    plt.close(figure)


def test_a_dataset_that_was_not_run_is_refused():
    table = made_up(["cotempqa"], ["m"], ["none"], 1)
    with pytest.raises(DataError, match="no scores of dataset 'babi'"):
        plot_ablation(table, "babi", Grid(["cotempqa"], ["m"], ["none"]))


# scripts


def run_scripts(folder):
    """Write every output of rules/differences.smk for two items and two arms."""
    item = question()
    written = {
        "none": generation("['David Widder', 'Norbert Wiener', 'Irving Segal']"),
        "correct": generation(output([item.context[0]], list(item.answers))),
    }
    files = {"questions": [str(folder / "questions/cotempqa.jsonl")], "generations": []}
    write_records([item], files["questions"][0])
    for arm, one in written.items():
        files["generations"].append(str(folder / f"generations/cotempqa/m/{arm}/seed7.jsonl"))
        write_records([one], files["generations"][-1])
    names = {"datasets": ["cotempqa"], "models": ["m"], "arms": ["none", "correct"]}
    tables = {
        f"{name}_{kind}": str(folder / f"tables/scorer_{name}.{kind}")
        for name in ("ablation", "differences")
        for kind in ("csv", "md")
    }
    tables["item_csv"] = str(folder / "tables/item_differences.csv")
    run_script("ablate_scorer", files, tables, names, folder / "log")
    files["ablation"] = tables["ablation_csv"]
    figures = {kind: [str(folder / f"tables/figure.{kind}")] for kind in FORMATS}
    run_script("plot_ablation", files, figures, names | {"note": ""}, folder / "log")


def test_the_scripts_name_every_item_that_differs(tmp_path):
    run_scripts(tmp_path)
    items = read_differences(tmp_path / "tables/item_differences.csv")
    assert items[["arm", "what", "reasons"]].to_numpy().tolist() == [
        ["none", "answer", "Q5"],
        ["correct", "facts", "definition"],
        ["correct", "trace", "definition"],
    ]
