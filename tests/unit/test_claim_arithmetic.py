"""Which published numbers follow from others, and what the stored matrices show by themselves."""

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from support.examples import ROOT
from tracekd.claims.arithmetic import find_derived
from tracekd.claims.ledger import read_claims
from tracekd.claims.stated import average_conditionals, count_associated, stated_matrices
from tracekd.statistics.association import CELLS

MATRIX = "stored_matrices/cotempqa/Qwen3-1.7B/correct/trace"


@pytest.fixture(scope="module")
def claims():
    return read_claims(ROOT / "config/claims.yaml")


@pytest.fixture(scope="module")
def derived(claims):
    return find_derived(claims)


def change(claims, name, value):
    """The claims with another number in one place."""
    assert name in {claim.id for claim in claims}
    return [replace(claim, value=value) if claim.id == name else claim for claim in claims]


def test_numbers_worked_out_from_stored_matrices_follow_from_their_counts(claims, derived):
    worked_out = [claim.id for claim in claims if claim.group == "from_stored_matrices"]
    assert {derived[name] for name in worked_out} == {"arithmetic of the counts in stored_matrices"}
    assert f"{MATRIX}/n" in derived
    assert not derived.keys() & {f"{MATRIX}/{cell}" for cell in CELLS}


def test_means_of_classes_and_of_runs_follow_from_them(derived):
    assert derived["run_2/cotempqa/Qwen3-1.7B/none/macro/acc"] == "arithmetic of the 4 classes in run_2"
    assert derived["run_2/cotempqa/Qwen3-8B/correct/macro/acc"] == "arithmetic of the 3 classes in run_2"
    runs = "runs_2026/cotempqa/Llama-3.2-1B-Instruct/none/macro"
    assert derived[f"{runs}/acc_mean"] == derived[f"{runs}/acc_sd"] == "arithmetic of the 3 runs in runs_2026"
    # its classes are stated for two arms only
    assert "run_2_steps/cotempqa/Qwen3-8B/correct/macro/class_step" not in derived


def test_a_number_that_stands_twice_counts_once(derived):
    again = "run_2/cotempqa/Qwen3-1.7B/prompt_only/mix/acc"
    assert derived[again] == f"the number of {again.replace('run_2', 'run_1')} again"
    assert "run_2/cotempqa/Qwen3-1.7B/none/mix/acc" not in derived


def test_the_same_number_of_another_run_is_not_the_same_number(claims, derived):
    first, second = (f"{run}/cotempqa/Qwen3-1.7B/none/mix/acc" for run in ("run_1", "run_2"))
    value = next(claim.value for claim in claims if claim.id == first)
    assert second not in find_derived(change(claims, second, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from_stored_matrices/cotempqa/Qwen3-1.7B/correct/trace/chi2", 4.579),
        ("from_stored_matrices/cotempqa/Qwen3-1.7B/correct/trace/chi2_p", 0.0325),
        ("from_stored_matrices/cotempqa/Qwen3-1.7B/correct/trace/p_answer_given_trace_ok", 57.3),
        (f"{MATRIX}/n", 950),
        ("run_2/cotempqa/Qwen3-1.7B/none/macro/acc", 58.09),
        ("runs_2026/cotempqa/Llama-3.2-1B-Instruct/none/macro/acc_sd", 1.15),
        ("marco/matrix_file/ms_marco/Qwen3-1.7B/correct/all/class_step", 60.5),
    ],
)
def test_a_number_that_the_others_do_not_give_is_not_derived(claims, derived, name, value):
    assert name in derived
    assert name not in find_derived(change(claims, name, value))


def test_every_group_has_as_many_as_its_arithmetic_allows(claims, derived):
    groups = Counter(claim.group for claim in claims if claim.id in derived)
    assert groups == {
        "run_1": 16,
        "run_2": 2 * 14 + 16,
        "run_2_steps": 2,
        "runs_2026": 17 + 6 + 5,
        "r1_split": 50,
        "stored_matrices": 36,
        "from_stored_matrices": 164,
        "marco": 13,
        "babi": 12,
    }


def rows_of(matrices):
    """Rows of the ledger for stored matrices of (dataset, model, arm)."""
    return pd.DataFrame(
        [
            {"group": "stored_matrices", "quantity": f"trace {cell}", "published": float(count)}
            | dict(zip(("dataset", "model", "arm"), cell_of, strict=True))
            for cell_of, counts in matrices.items()
            for cell, count in zip(CELLS, counts, strict=True)
        ]
    )


def test_averages_are_means_of_shares_and_shares_of_items():
    stated = stated_matrices(
        rows_of({("cotempqa", "m", "correct"): (10, 0, 10, 5), ("babi", "m", "correct"): (60, 0, 20, 5)})
    )
    assert [(one.words, one.value) for one in average_conditionals(stated)] == [
        ("mean, CoTempQA and bAbI; m; SFT on correct traces", pytest.approx((50 + 75) / 2)),
        ("pooled, CoTempQA and bAbI; m; SFT on correct traces", 70),
    ]


def test_associations_of_stated_matrices_are_counted_after_correction():
    # p of about 0.03 each: one by itself, none of two
    row = (60, 40, 45, 55)
    one = stated_matrices(rows_of({("a", "m", "correct"): row}))
    two = stated_matrices(rows_of({("a", "m", "correct"): row, ("b", "m", "correct"): row}))
    assert (count_associated(one, 0.05), count_associated(two, 0.05)) == (1, 0)
    assert one[0].chi2 == pytest.approx(4.511, abs=0.001)
    assert one[0].phi > 0
