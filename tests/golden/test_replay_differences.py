"""Ablation and differences on the released generations: what each quirk moves, nothing unexplained."""

from collections import Counter

import pandas as pd
import pytest
from tracekd.scoring import aligned
from tracekd.scoring.ablation import ALL_OFF, PUBLISHED, score_variants
from tracekd.scoring.differences import find_differences
from tracekd.tables.ablation import ablation_table

LLAMA, QWEN = "Llama-3.2-1B-Instruct", "Qwen3-1.7B"


@pytest.fixture(scope="module")
def variants(released):
    """Scores of every variant by (dataset, model, arm)."""
    return {
        (dataset, *cell): score_variants(questions, found, cell[1])
        for dataset in ("cotempqa", "babi")
        for questions, generations in [released(dataset)]
        for cell, found in generations.items()
    }


@pytest.fixture(scope="module")
def ablation(variants):
    """The ablation of all released files, indexed by dataset, model, arm, quirk and measure."""
    keys = ("dataset", "model", "arm")
    tables = [
        ablation_table(found, **dict(zip(keys, cell, strict=True)), seed=42)
        for cell, found in variants.items()
    ]
    return pd.concat(tables).set_index([*keys, "quirk", "measure"]).sort_index()


def changed(ablation, quirk, measure="acc_all"):
    """Items that a quirk changes, by dataset, model and arm; only where there are any."""
    items = ablation["items_changed"].xs((quirk, measure), level=("quirk", "measure"))
    return {cell: int(n) for cell, n in items.items() if n}


@pytest.mark.parametrize(
    ("model", "arm", "published", "without_q5", "without_all"),
    [
        (LLAMA, "prompt_only", 9.85, 8.325, 11.895),
        (LLAMA, "none", 44.875, 39.25, 41.789),
        (LLAMA, "correct", 38.05, 36.35, 39.474),
        (LLAMA, "incorrect", 37.1, 35.85, 37.895),
        (QWEN, "prompt_only", 14.625, 6.175, 6.316),
        (QWEN, "none", 58.075, 52.55, 52.737),
        (QWEN, "correct", 54.475, 50.4, 41.684),
        (QWEN, "incorrect", 57.1, 45.9, 39.474),
    ],
)
def test_headline_accuracies(ablation, model, arm, published, without_q5, without_all):
    """The published ones are the means over the stored files of the four classes."""
    rows = ablation.loc[("cotempqa", model, arm)]
    assert rows.loc[("Q5", "acc_macro"), "with_quirk"] == pytest.approx(published)
    assert rows.loc[("Q5", "acc_macro"), "without_quirk"] == pytest.approx(without_q5)
    assert rows.loc[(ALL_OFF, "acc_macro"), "without_quirk"] == pytest.approx(without_all, abs=6e-4)


def test_quirks_that_touch_few_released_answers(ablation):
    assert changed(ablation, "Q1") == {("cotempqa", LLAMA, "correct"): 1}
    assert changed(ablation, "Q6") == {("cotempqa", QWEN, "prompt_only"): 1}
    assert changed(ablation, "Q9") == {}


def test_the_reused_row_decides_no_released_verdict(ablation):
    """It is used for one question, whose traces are wrong against either row."""
    for measure in ("class_step", "facts_step", "trace_step"):
        assert changed(ablation, "Q12", measure) == {}


def test_the_quirks_hide_an_association_of_trace_and_answer(ablation):
    """With all of them off, phi of SFT on correct traces is no longer near 0."""
    phi = ablation.xs("phi_trace", level="measure")
    for model, published, without in ((LLAMA, 0.114, 0.521), (QWEN, 0.045, 0.393)):
        row = phi.loc[("cotempqa", model, "correct", ALL_OFF)]
        assert row[["with_quirk", "without_quirk"]].tolist() == pytest.approx([published, without], abs=6e-4)


def test_answer_quirks_leave_the_steps_alone_and_step_quirks_the_answers(ablation):
    for quirk in ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"):
        assert changed(ablation, quirk, "trace_step") == {}
    for quirk in ("Q8", "Q10", "Q11", "Q12", "Q13", "Q14"):
        assert changed(ablation, quirk, "f1_macro") == {}


def verdict(score, part):
    """What a score says of the answer, a step or the whole trace; None where it says nothing."""
    return {"answer": score.answer_ok, "trace": score.trace_ok, **score.steps}.get(part)


def test_every_disagreement_is_listed_once_with_a_reason(released, variants):
    for (dataset, model, arm), found in variants.items():
        questions, generations = released(dataset)
        ours = aligned.score(questions, generations[(model, arm)], arm)
        listed = list(find_differences(questions, generations[(model, arm)], arm, found))
        expected = Counter(
            (one.id, part)
            for one, other in zip(found[PUBLISHED], ours, strict=True)
            for part in ("answer", "class", "facts", "trace")
            if verdict(one, part) != verdict(other, part)
        )
        assert Counter((one.id, one.part) for one in listed) == expected
        assert all(one.reasons for one in listed)
