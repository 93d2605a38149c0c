"""The claim ledger: what is claimed, what is recomputed, which verdict follows, and what is said of it."""

import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from math import isnan, nan
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from support.examples import ROOT
from support.figures import assert_legible
from support.run_data import run_script
from tracekd.claims.findings import Finding, gather
from tracekd.claims.ledger import Claim, keep_named, read_claims, tolerance
from tracekd.claims.main import conclusions, main_claims
from tracekd.claims.orderings import find_orderings
from tracekd.claims.recomputation import Estimate, RunTables, chi2_interval, estimate, mean_of, share
from tracekd.core.errors import ConfigError
from tracekd.datasets.rows import ALL, MACRO
from tracekd.figures.claims import plot_claims
from tracekd.figures.style import FORMATS
from tracekd.models.registry import read_models
from tracekd.released.registry import read_released
from tracekd.released.replay import AS_RELEASED, OTHER_CONTENT
from tracekd.statistics.intervals import wilson_interval
from tracekd.statistics.settings import read_settings
from tracekd.tables.claims import VERDICTS, claims_summary, claims_table, judge, show_claims, write_ledger
from tracekd.tables.downloads import Downloads
from tracekd.tables.inputs import CELL, DATA_MISSING, SUPPLIED, find_partial, find_released, leave_out
from tracekd.tables.matrix import CELLS
from tracekd.tables.write import write_csv

CLAIMS = ROOT / "config" / "claims.yaml"
SETTINGS = read_settings(ROOT / "config" / "statistics.yaml")
# what the variance of a share of independent items is multiplied with for another run of SFT on correct
# traces
WIDER = SETTINGS.claims.run_to_run.correct * 2
CLASSES = ("during", "equal", "mix", "overlap")
MODELS = ("Llama-3.2-1B-Instruct", "Qwen3-1.7B")
# claims of every table of the reference, by group
SIZES = {
    "headline": 6,
    "human_study": 4,
    "published_table": 6 + 4 + 4,
    "run_1": 8 * 10,
    # one file is not released
    "run_2": 14 * 10 - 2,
    "run_2_steps": 8 * 2 + 2 * 4,
    "run_2_rescored": 12 * 2,
    # one file is not stored, and so neither its macro mean nor a standard deviation
    "runs_2026": 6 * 3 * 5 - 2 + 6 * 2 - 1,
    # one row has one class only
    "r1_split": 25 * 10 + 2 + 4,
    "stored_matrices": 36 * 5,
    # four matrices have an empty margin: no chi-square, and one conditional share
    "from_stored_matrices": 36 * 5 - 4 * 4,
    "marco": 5 + 4 * 3,
    "babi": 8 + 4 * 2,
    "babi_own_gold": 4 * 2,
    "superseded": 11,
    "sweep": 5 * 4,
}


@pytest.fixture(scope="module")
def claims():
    return read_claims(CLAIMS)


def make_claim(**fields):
    """A claim on CoTempQA's accuracy; fields as given."""
    claim = Claim(
        *("test/1", "test", "Test", "a file", "file", "stated", "released", "published"),
        *("cotempqa", "during", "m", "correct", "", "acc", "right answers", "%", 50.0, 0.05, "", ""),
    )
    return replace(claim, **fields)


def released(run):
    """All cells of a run, as those of released generations."""
    return frozenset(run.answers[CELL].itertuples(index=False, name=None))


def make_inputs(run, state=AS_RELEASED, items=950):
    """The table of inputs of a run: one file per cell, of 950 test questions."""
    cells = run.answers[CELL].drop_duplicates()
    return cells.assign(path="a.json", state=state, items=items, questions=950)


# what is claimed


def test_every_table_is_listed(claims):
    assert Counter(claim.group for claim in claims) == SIZES


def test_ids_are_unique_and_tolerances_half_a_unit(claims):
    assert len({claim.id for claim in claims}) == len(claims)
    by_id = {claim.id: claim for claim in claims}
    assert by_id["published_table/cotempqa/Qwen3-1.7B/none/macro/acc"].tolerance == 0.005
    assert by_id["stored_matrices/babi/Qwen3-1.7B/correct/trace/both_ok"].tolerance == 0.5


@given(st.decimals(0, 1000, places=3) | st.integers(0, 1000).map(Decimal))
def test_tolerance_is_half_a_unit_of_the_last_digit(number):
    half = Decimal(str(tolerance(str(number))))
    assert 2 * half == Decimal(1).scaleb(number.as_tuple().exponent)


def test_macro_numbers_are_the_means_of_their_classes(claims):
    cells = {(c.group, c.id.split("/")[1], c.model, c.arm, c.class_label, c.quantity): c for c in claims}
    checked = 0
    for (group, label, model, arm, place, quantity), claim in cells.items():
        if (
            place == MACRO
            and group in ("run_1", "run_2", "runs_2026", "r1_split")
            and quantity in ("acc", "f1")
        ):
            values = [
                cells[key].value
                for name in CLASSES
                if (key := (group, label, model, arm, name, quantity)) in cells
            ]
            assert fmean(values) == pytest.approx(claim.value, abs=claim.tolerance * 1.001), claim.id
            checked += 1
    assert checked == 16 + 28 + 17 + 50


def test_published_table_is_run_1(claims):
    table = {
        (c.model, c.arm): c.value for c in claims if c.group == "published_table" and c.quantity == "acc"
    }
    run = {(c.model, c.arm): c.value for c in claims if c.group == "run_1" and c.id.endswith("macro/acc")}
    assert table == {cell: value for cell, value in run.items() if cell[1] != "prompt_only"}


def test_means_and_deviations_of_the_later_runs(claims):
    runs = [c for c in claims if c.group == "runs_2026"]
    for claim in runs:
        if claim.quantity in ("acc_mean", "acc_sd"):
            cell = (claim.model, claim.arm, MACRO, "acc")
            values = [c.value for c in runs if (c.model, c.arm, c.class_label, c.quantity) == cell]
            expected = fmean(values) if claim.quantity == "acc_mean" else stdev(values)
            # worked out from unrounded means
            assert expected == pytest.approx(claim.value, abs=0.01), claim.id


def test_what_is_worked_out_from_the_stored_matrices_follows_from_their_counts(claims):
    counts = {(c.dataset, c.model, c.arm, c.step, c.quantity): c.value for c in claims if c.quantity in CELLS}
    for claim in claims:
        if claim.group != "from_stored_matrices":
            continue
        both, answer, trace, neither = (
            counts[claim.dataset, claim.model, claim.arm, claim.step, cell] for cell in CELLS
        )
        table = [[both, answer], [trace, neither]]
        if claim.quantity.startswith("p_"):
            right, wrong = (both, trace) if claim.quantity.endswith("ok") else (answer, neither)
            value = 100 * right / (right + wrong)
        else:
            result = chi2_contingency(table, correction=claim.quantity == "chi2_yates")
            value = result.pvalue if claim.quantity == "chi2_p" else result.statistic
        assert value == pytest.approx(claim.value, abs=claim.tolerance * 1.001), claim.id


def test_the_item_that_depends_on_the_hash_seed_is_named(claims):
    notes = {(c.class_label, c.quantity) for c in claims if "hash seed" in c.note}
    assert notes == {("during", "acc"), ("during", "f1"), ("macro", "acc"), ("macro", "f1")}


def test_no_recomputed_number_is_called_stated(claims):
    derived = {claim.group for claim in claims if claim.kind == "derived"}
    assert derived == {"run_2_steps", "run_2_rescored", "runs_2026", "from_stored_matrices", "babi_own_gold"}


LEDGER = """
first_seed: 42
quantities: {acc: {unit: "%", estimand: right answers}}
groups:
  one:
    title: One
    source: a file
    stands: file
    kind: stated
    generations: other
    scorer: published
    dataset: cotempqa
    tables:
      - {columns: [during acc, all acc], rows: {m correct: "1.0  -", m none: "2.0 3"}}
"""


@pytest.fixture
def ledger():
    return yaml.safe_load(LEDGER)


def read(ledger, folder):
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump(ledger))
    return read_claims(path)


def test_tables_are_expanded_in_their_order(ledger, tmp_path):
    found = read(ledger, tmp_path)
    assert [(c.arm, c.class_label, c.value, c.tolerance) for c in found] == [
        ("correct", "during", 1.0, 0.05),
        ("none", "during", 2.0, 0.05),
        ("none", "all", 3.0, 0.5),
    ]
    assert found[0].id == "one/cotempqa/m/correct/during/acc"


def test_a_row_names_its_dataset_where_the_table_does_not(ledger, tmp_path):
    del ledger["groups"]["one"]["dataset"]
    ledger["groups"]["one"]["tables"] = [{"columns": ["trace acc"], "rows": {"babi m correct": "1"}}]
    (claim,) = read(ledger, tmp_path)
    assert (claim.dataset, claim.step, claim.class_label) == ("babi", "trace", ALL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": ["during acc"], "rows": {"m correct": "1 2"}}, "2 numbers for 1 columns"),
        ({"columns": ["during f1"], "rows": {"m correct": "1"}}, "quantity 'f1' is unknown"),
        ({"columns": ["during acc"], "rows": {"m correct": 1.5}}, "1.5 is not of type 'string'"),
        ({"columns": ["during acc"], "rows": {"m correct": "about 3"}}, "does not match"),
        ({"columns": ["during acc", "during acc"], "rows": {"m correct": "1 1"}}, "is claimed twice"),
        ({"columns": ["during acc"], "rows": {"m correct": "1"}, "colour": "red"}, "'colour' is unknown"),
    ],
)
def test_a_fault_of_the_file_is_one_sentence(ledger, tmp_path, change, words):
    ledger["groups"]["one"]["tables"] = [change]
    with pytest.raises(ConfigError, match=re.escape(words)):
        read(ledger, tmp_path)


@pytest.mark.parametrize("field", ["source", "generations", "scorer"])
def test_a_field_that_the_group_lacks_stands_in_its_tables(ledger, tmp_path, field):
    value = ledger["groups"]["one"].pop(field)
    with pytest.raises(ConfigError, match=field):
        read(ledger, tmp_path)
    ledger["groups"]["one"]["tables"][0][field] = value
    assert len(read(ledger, tmp_path)) == 3


# what is recomputed

COUNTS = {"during": (30, 20, 10, 40), "equal": (5, 5, 0, 10)}


def make_run(counts=COUNTS, seeds=(1,), scorers=("published",), arms=("correct",), models=("m",)):
    """Tables of a run on two classes of CoTempQA; the counts of each class are those of all steps."""
    answers, matrix, statistics = [], [], []
    pooled = {ALL: tuple(map(sum, zip(*counts.values(), strict=True))), **counts}
    cells = [(m, a, s, c) for m in models for a in arms for s in seeds for c in scorers]
    for model, arm, seed, scorer in cells:
        key = {"dataset": "cotempqa", "model": model, "arm": arm, "seed": seed, "scorer": scorer}
        for label, of_class in pooled.items():
            both, answer, trace, neither = of_class
            n = sum(of_class)
            acc = round(100 * (both + answer) / n, 1)
            answers.append({**key, "class": label, "n": n, "acc": acc, "f1": acc})
            for step in ("class", "facts", "trace"):
                cells = dict(zip(CELLS, of_class, strict=True))
                matrix.append({**key, "class": label, "step": step, "n": n, **cells})
                if label == ALL:
                    row = {**key, "step": step, "n": n, **cells}
                    statistics.append(row | make_statistics(both, answer, trace, neither))
    ablation = pd.DataFrame(columns=["dataset", "model", "arm", "seed", "quirk", "measure", "without_quirk"])
    return RunTables(*map(pd.DataFrame, (answers, matrix, statistics)), ablation, SETTINGS)


def make_statistics(both, answer, trace, neither):
    """The columns of the table of statistics that claims use."""
    n = both + answer + trace + neither
    margins = (both + answer) * (trace + neither) * (both + trace) * (answer + neither)
    names = ["chi2", "chi2_p", "chi2_yates", "chi2_percent", "tost_phi_within_p", "holm_p", "p"]
    names += [f"{name}{end}" for name in ("phi", "phi_within") for end in ("", "_low", "_high")]
    names += ["phi_item_low", "phi_item_high"]
    shares = {}
    for name, (right, of) in {
        "p_joint": (both, n),
        "p_answer_given_trace_ok": (both, both + trace),
        "p_answer_given_trace_wrong": (answer, answer + neither),
    }.items():
        value = right / of if of else nan
        low, high = map(float, wilson_interval(value, of or 1))
        shares |= {name: value, f"{name}_low": low, f"{name}_high": high}
    if not margins:
        return shares | dict.fromkeys(names, nan)
    table = [[both, answer], [trace, neither]]
    plain, yates = (chi2_contingency(table, correction=correction) for correction in (False, True))
    phi = (both * neither - answer * trace) / margins**0.5
    limits = (phi - 0.1, phi + 0.1)
    tests = (
        plain.statistic,
        plain.pvalue,
        yates.statistic,
        100 * plain.statistic / n,
        0.5,
        0.5,
        plain.pvalue,
    )
    values = (*tests, phi, *limits, phi, *limits, *limits)
    return shares | dict(zip(names, values, strict=True))


def test_an_accuracy_has_the_interval_of_another_run():
    found = estimate(make_run(), make_claim(), "published")
    low, high = wilson_interval(0.5, 100 / WIDER)
    assert found[:5] == (50.0, 100 * low, 100 * high, 100, "")
    # three runs tell more of the next one than one does, and arms differ
    three = estimate(make_run(seeds=(1, 2, 3)), make_claim(), "published")
    other = estimate(make_run(arms=("none",)), make_claim(arm="none"), "published")
    assert found.low < three.low < other.low < 50


def test_the_interval_holds_19_of_20_other_runs():
    """Simulated: 95 % ± 1.4 % (twice the Monte-Carlo error of 1,000 pairs of runs), at n = 600."""
    deviation = np.sqrt(SETTINGS.claims.run_to_run.correct * 0.4 * 0.6 / 600)
    runs = np.random.default_rng(0).normal(0.4, deviation, (1000, 2))
    found = [share(100 * run, 600, WIDER) for run in runs[:, 0]]
    covered = np.mean([one.low <= 100 * run <= one.high for one, run in zip(found, runs[:, 1], strict=True)])
    assert abs(covered - 0.95) < 0.014


def test_a_mean_of_classes_is_unweighted_and_combines_their_intervals():
    found = estimate(make_run(), make_claim(class_label=MACRO), "published")
    (during_low, during_high), (equal_low, equal_high) = (wilson_interval(0.5, n / WIDER) for n in (100, 20))
    assert found.value == 50.0
    assert found.low == pytest.approx(50 - 50 * np.hypot(0.5 - during_low, 0.5 - equal_low))
    assert found.high == pytest.approx(50 + 50 * np.hypot(during_high - 0.5, equal_high - 0.5))
    assert found.n == 120


def test_the_interval_of_a_mean_of_classes_covers():
    """Simulated: 95 % ± 1.4 % (twice the Monte-Carlo error of 1,000 draws), at the classes of CoTempQA."""
    sizes, shares = np.array([619, 87, 113, 131]), np.array([0.55, 0.87, 0.03, 0.54])
    draws = np.random.default_rng(0).binomial(sizes, shares, (1000, 4))
    found = [mean_of([share(100 * k / n, n, 1) for k, n in zip(draw, sizes, strict=True)]) for draw in draws]
    covered = np.mean([one.low <= 100 * shares.mean() <= one.high for one in found])
    assert abs(covered - 0.95) < 0.014


def test_a_mean_of_one_class_is_that_class():
    assert mean_of([share(30, 50, 1)])[:4] == pytest.approx(share(30, 50, 1)[:4])


def test_steps_are_shares_of_all_items_and_counts_of_those_with_a_trace():
    run = make_run()
    # one item of `during` enters no matrix
    run.answers.loc[run.answers["class"].isin(["during", ALL]), "n"] += 1
    step = estimate(run, make_claim(quantity="class_step"), "published")
    assert (step.value, step.n) == (pytest.approx(100 * 40 / 101), 101)
    entered = estimate(run, make_claim(quantity="n", class_label=ALL, step="trace"), "published")
    assert (entered.value, entered.n) == (120, 121)
    assert entered.low < 120 < entered.high <= 121
    cell = estimate(run, make_claim(quantity="both_ok", class_label=ALL, step="trace"), "published")
    low, high = wilson_interval(35 / 120, 120 / WIDER)
    assert cell[:4] == (35, pytest.approx(120 * low), pytest.approx(120 * high), 120)


def test_joint_and_conditional_shares():
    run, base = make_run(), make_claim(class_label=ALL, step="trace")
    found = {
        name: estimate(run, replace(base, quantity=name), "published")
        for name in ("p_joint", "p_answer_given_trace_ok", "p_answer_given_trace_wrong")
    }
    assert [(round(one.value, 6), one.n) for one in found.values()] == [
        (round(100 * 35 / 120, 6), 120),
        (round(100 * 35 / 45, 6), 45),
        (round(100 * 25 / 75, 6), 75),
    ]


@given(st.tuples(*[st.integers(1, 300)] * 4), st.floats(0, 0.3))
def test_limits_of_chi_square_are_those_of_phi(counts, half):
    values = make_statistics(*counts)
    n, phi = sum(counts), values["phi"]
    low, high = chi2_interval(phi - half, phi + half, n)
    assert low - 1e-6 <= values["chi2"] <= high + 1e-6
    assert n * phi**2 == pytest.approx(values["chi2"], abs=1e-6)
    assert high == pytest.approx(n * max((phi - half) ** 2, (phi + half) ** 2))


def test_chi_squares_and_p_have_limits_around_them():
    run, base = make_run(), make_claim(class_label=ALL, step="trace")
    expected = make_statistics(35, 25, 10, 50)
    for name in ("chi2", "chi2_yates", "chi2_p"):
        found = estimate(run, replace(base, quantity=name), "published")
        assert found.value == pytest.approx(expected[name])
        assert found.low < found.value < found.high


def test_an_empty_margin_has_no_chi_square():
    run = make_run({"during": (0, 20, 0, 40)})
    for name in ("chi2", "p_answer_given_trace_ok"):
        assert estimate(run, make_claim(class_label=ALL, step="trace", quantity=name), "published") is None


def test_several_seeds_are_averaged_and_have_a_deviation():
    run = make_run(seeds=(1, 2, 3))
    run.answers.loc[run.answers["seed"] == 2, "acc"] = 56.0
    found = estimate(run, make_claim(quantity="acc_mean"), "published")
    assert (found.value, found.n) == (52.0, 100)
    spread = estimate(run, make_claim(quantity="acc_sd"), "published")
    assert spread.value == pytest.approx(stdev([50, 56, 50]))
    # the 95 % interval of a normal sample of three
    assert (spread.low, spread.high) == pytest.approx(
        (spread.value * 0.5207, spread.value * 6.2847), rel=1e-3
    )
    assert estimate(make_run(), make_claim(quantity="acc_sd"), "published") is None


def test_rows_that_pool_seeds_are_not_counted():
    run = make_run()
    pooled = run.statistics.assign(seed=ALL, chi2=nan)
    run = replace(run, statistics=pd.concat([run.statistics, pooled], ignore_index=True))
    found = estimate(run, make_claim(class_label=ALL, step="trace", quantity="chi2"), "published")
    assert found.n == 120


def test_accuracy_without_the_inverted_flag_comes_from_the_ablation():
    row = {"dataset": "cotempqa", "model": "m", "arm": "correct", "seed": 1, "quirk": "Q5"}
    table = pd.DataFrame([row | {"measure": "acc_macro", "without_quirk": 39.25}])
    run = replace(make_run(), ablation=table)
    claim = make_claim(quantity="acc_without_Q5", class_label=MACRO)
    found = estimate(run, claim, "published")
    assert (found.value, found.n, isnan(found.low)) == (39.25, 120, True)
    assert estimate(run, claim, "aligned") is None


def test_a_claim_on_no_named_table_is_held_against_the_nearest():
    run = make_run(models=("m", "k"))
    run.matrix.loc[run.matrix["model"] == "k", "both_ok"] = 0
    claim = make_claim(
        dataset="any", model="any", class_label=ALL, step="trace", quantity="p_joint", value=28.0
    )
    assert estimate(run, claim, "published").cell == "cotempqa m, nearest of 2"
    bound = replace(claim, arm="any", quantity="chi2_bound", value=3.841)
    assert "0 of them below" in estimate(run, bound, "published").cell
    assert "an association is seen in 2, " in estimate(run, bound, "published").cell


# verdicts

FOUND = Estimate(50.04, 45.0, 55.0, 100)


@pytest.mark.parametrize(
    ("fields", "found", "verdict", "words"),
    [
        ({}, FOUND, "reproduced", "equal to the last printed digit"),
        ({}, FOUND._replace(value=50.05), "reproduced", "equal"),
        ({}, FOUND._replace(value=50.06), "deviates", "50.0 is 0.1 below 50.1"),
        ({"generations": "other"}, FOUND, "equal by coincidence", "on other generations"),
        ({"generations": "other", "value": 54.9}, FOUND, "compatible", "in the interval 45.0 to 55.0"),
        (
            {"generations": "other", "value": 54.9},
            FOUND,
            "compatible",
            "a run 7.1 off would lie outside with",
        ),
        ({"generations": "other", "value": 55.1}, FOUND, "deviates", "above the interval 45.0 to 55.0"),
        ({"generations": "other", "value": 44.0}, FOUND._replace(low=nan), "deviates", "no interval"),
        ({"generations": "other"}, FOUND._replace(cell="a table"), "compatible", "(a table)"),
        (
            {"generations": "other", "value": 55.1},
            FOUND._replace(cell="a table"),
            "not testable",
            "names neither model nor dataset",
        ),
        ({"value": 54.9}, FOUND, "deviates", "54.9 is 4.9 above 50.0"),
        ({"quantity": "chi2_bound", "value": 60.0}, FOUND._replace(p=0.01), "compatible", "50.0"),
        ({"quantity": "chi2_bound", "value": 50.0}, FOUND._replace(p=0.01), "deviates", "50.0"),
        # above the bound, but no association is seen after correction
        ({"quantity": "chi2_bound", "value": 50.0}, FOUND._replace(p=0.2), "compatible", "50.0"),
        ({"untestable": "not public"}, FOUND, "not testable", "not public"),
        ({}, None, "data missing", "no such value"),
        ({"generations": "none", "value": 49.0}, FOUND, "deviates", "1.0"),
    ],
)
def test_verdicts(fields, found, verdict, words):
    claim = make_claim(**fields)
    got, why = judge(claim, found, True, claim.generations == "released", SETTINGS)
    assert got == verdict
    assert words in why
    assert "\n" not in why


def test_what_follows_from_other_claims_is_derived_whatever_the_run_gives():
    why = "arithmetic of the 4 classes in run_1; this run gives 50.0"
    derived = why.split(";")[0]
    assert judge(make_claim(), FOUND, True, True, SETTINGS, derived) == ("derived", why)
    assert judge(make_claim(), None, False, False, SETTINGS, derived) == ("derived", derived)
    assert judge(make_claim(untestable="no"), FOUND, True, True, SETTINGS, derived)[0] == "not testable"


def test_a_claim_is_held_against_its_own_seeds_where_the_run_replays_them():
    run = make_run(seeds=(42, 121), scorers=("published",))
    rows = run.answers["seed"] == 121
    run = replace(
        run, answers=run.answers.assign(acc=run.answers["acc"].mask(rows, 10.0)), released=released(run)
    )
    found = {
        seeds: estimate(run, make_claim(seeds=seeds), "published").value
        for seeds in ((42,), (121,), (122,), ())
    }
    assert (found[42,], found[121,]) == (50.0, 10.0)
    texts = replace(run, answers=run.answers.assign(seed=run.answers["seed"].astype(str)))
    assert estimate(texts, make_claim(seeds=(121,)), "published").value == 10.0
    # of another seed, or of no released generations at all: the mean of what there is
    assert found[122,] == found[()] == 30.0
    assert [run.holds(make_claim(seeds=seeds)) for seeds in ((42,), (42, 121), (42, 122), ())] == [1, 1, 0, 0]
    assert not replace(run, released=frozenset()).holds(make_claim(seeds=(42,)))


def test_released_generations_are_other_ones_to_a_run_that_trains_itself():
    claim = make_claim(value=54.9)
    assert judge(claim, FOUND, True, True, SETTINGS)[0] == "deviates"
    assert judge(claim, FOUND, True, False, SETTINGS)[0] == "compatible"


def test_missing_generations_are_told_from_missing_values():
    assert judge(make_claim(), None, False, True, SETTINGS)[1] == "the run has no such generations"


def test_a_tiny_p_value_is_not_reproduced_by_another_tiny_one():
    claim = make_claim(unit="p", value=2.62e-9, tolerance=tolerance("2.62e-09"))
    assert judge(claim, Estimate(2.9e-9, nan, nan, 9), True, True, SETTINGS)[0] == "deviates"


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 50), st.sampled_from(["released", "other"]))
def test_a_verdict_is_one_of_those_named_and_agreement_is_never_called_deviation(
    value, stated, half, generations
):
    claim = make_claim(value=stated, generations=generations)
    found = Estimate(value, value - half, value + half, 100)
    verdict, _ = judge(claim, found, True, generations == "released", SETTINGS)
    assert verdict in VERDICTS
    equal = "reproduced" if generations == "released" else "equal by coincidence"
    assert (verdict == equal) == (abs(value - stated) <= 0.05 * (1 + 1e-6))
    if generations == "other" and abs(value - stated) <= half:
        assert verdict != "deviates"


# the ledger


@pytest.fixture(scope="module")
def table(claims):
    run = make_run(models=MODELS, scorers=("published", "aligned"), seeds=(42,))
    return claims_table(claims, replace(run, released=released(run)))


def test_the_ledger_has_a_row_a_claim_in_the_promised_columns(table, claims):
    promised = (
        "id,group,source,dataset,class,model,arm,quantity,published,recomputed_published,recomputed_aligned,"
        "low,high,detectable,holm_p,n,verdict,why"
    )
    assert ",".join(table.columns).startswith(promised)
    assert list(table["id"]) == [claim.id for claim in claims]
    assert set(table["verdict"]) <= set(VERDICTS)
    assert table["why"].str.len().min() > 0


def test_the_ledger_names_the_files_that_would_bring_what_is_missing(table, claims):
    released, models = read_released(ROOT / "config/released.yaml"), read_models(ROOT / "config/models.yaml")
    assert (table["file"] == "").all()
    run = make_run(models=MODELS, scorers=("published", "aligned"), seeds=(42,))
    folder = "results/Cotempqa/evaluation_outputs"
    here = f"{folder}/mix/Llama-3.1-8B-Instruct-sft-adapter_default.json"
    offered = claims_table(claims, run, Downloads(released, models, {here})).set_index("id")["file"]
    missing = table.set_index("id")["verdict"] == "data missing"
    assert (offered[~missing] == "").all()
    assert set(" ".join(offered).split()) <= released.files.keys() - {here}

    def files(name):
        (found,) = (found for key, found in offered.items() if key == name)
        return found.split()

    # one class, all classes but the one that is there, and a seed each
    model = "Llama-3.1-8B-Instruct"
    assert files(f"run_2/cotempqa/{model}/none/equal/acc") == [here.replace("mix", "equal")]
    # what follows from other numbers needs no file
    assert files(f"run_2/cotempqa/{model}/none/macro/acc") == []
    assert files(f"run_2_rescored/cotempqa/{model}/none/macro/acc_without_Q5") == [
        here.replace("mix", label) for label in ("during", "equal", "overlap")
    ]
    marco = "results/Marcoqa/evaluation_outputs/Qwen3-1.7B-sft-adapter-reasoning-facts_default.json"
    assert files("stored_matrices/ms_marco/Qwen3-1.7B/correct/facts/both_ok") == [marco]
    assert files("marco/ms_marco/Qwen3-1.7B/prompt_only/all/acc") == [
        "results/marcoqa/evaluation_outputs/default/Qwen_Qwen3-1.7B_default_test.csv"
    ]
    assert len(files("headline/ms_marco/any/any/all/items")) == 1
    # one file of four, or a whole test set, that the registry does not know
    assert files("run_2/cotempqa/Qwen3-8B/correct/macro/acc") == []
    assert files(f"r1_split/cotempqa_r1_split/{model}/r1/equal/acc") == []


def test_the_summary_counts_every_claim_once(table, claims):
    summary = claims_summary(table, {claim.group: claim.title for claim in claims})
    assert summary["all"].iloc[-1] == len(claims) == summary["all"].iloc[:-1].sum()
    assert list(summary.columns) == ["group", *VERDICTS, "all"]


def test_p_values_survive_the_csv(table, claims, tmp_path):
    summary = claims_summary(table, {claim.group: claim.title for claim in claims})
    paths = {kind: tmp_path / f"claims.{kind}" for kind in ("csv", "md")}
    write_ledger(table, summary, **paths)
    written = pd.read_csv(paths["csv"])
    assert list(written["published"]) == pytest.approx(list(table["published"]), rel=1e-9)
    assert written["published"].min() == 0 and (written["published"] < 1e-40).sum() > 1
    assert "| all groups |" in paths["md"].read_text()


def test_the_ledger_is_shown_without_blanks(table):
    shown = show_claims(table)
    assert shown.notna().all().all()
    assert not shown.isin(["nan", "nan–nan"]).any().any()


# main claims


def make_findings(**values):
    """Findings of two models after either kind of SFT; measures by scorer and arm may be given otherwise."""
    defaults = {
        ("p_joint", "published", "correct"): (27.0, 25.0, 30.0),
        ("p_answer_given_trace_ok", "published", "correct"): (57.0, 52.0, 61.0),
        ("p_answer_given_trace_wrong", "published", "correct"): (50.0, 45.0, 55.0),
        ("p_joint", "aligned", "correct"): (28.0, 26.0, 31.0),
        ("p_answer_given_trace_ok", "aligned", "correct"): (98.0, 96.0, 99.0),
        ("p_answer_given_trace_wrong", "aligned", "correct"): (20.0, 17.0, 23.0),
        ("chi2", "published", "correct"): (4.0, nan, nan),
        ("chi2_percent", "published", "correct"): (0.4, nan, nan),
        ("tost_phi_within_p", "published", "correct"): (0.3, nan, nan),
        ("holm_p", "published", "correct"): (0.4, nan, nan),
        ("holm_p_class", "aligned", "correct"): (0.2, nan, nan),
        ("phi", "published", "correct"): (0.07, 0.01, 0.13),
        ("phi_within", "published", "correct"): (0.02, -0.04, 0.08),
        ("implied_tolerant", "aligned", "correct"): (97.0, 94.0, 98.5),
        ("phi", "aligned", "correct"): (0.7, 0.65, 0.75),
        ("facts_right", "published", "incorrect"): (70.0, nan, nan),
        ("facts_right", "aligned", "incorrect"): (4.0, nan, nan),
        ("phi_facts", "aligned", "correct"): (0.9, 0.85, 0.95),
        ("phi_class", "aligned", "correct"): (0.15, 0.1, 0.2),
        ("phi_class_given_facts_ok", "aligned", "correct"): (0.02, -0.05, 0.1),
        ("phi_implied", "aligned", "correct"): (0.72, 0.68, 0.76),
        ("copying_rate", "aligned", "correct"): (96.0, 94.0, 98.0),
        ("follows_share", "aligned", "correct"): (92.0, 90.0, 94.0),
        ("follows_share", "aligned", "incorrect"): (0.5, 0.1, 1.5),
        ("baseline_share", "aligned", "correct"): (29.0, 26.0, 32.0),
        ("baseline_share", "aligned", "incorrect"): (4.5, 3.5, 6.0),
        ("excess", "aligned", "correct"): (63.0, 60.0, 66.0),
        ("excess", "aligned", "incorrect"): (-4.0, -5.5, -3.0),
        ("phi_control", "aligned", "correct"): (0.5, 0.45, 0.55),
        ("true_share", "aligned", "correct"): (3.0, 2.0, 4.0),
        ("true_share", "aligned", "incorrect"): (40.0, 37.0, 43.0),
    }
    given_values = {tuple(key.split("/")): value for key, value in values.items()}
    return [
        Finding("cotempqa", model, arm, scorer, measure, *numbers, 950)
        for (measure, scorer, arm), numbers in (defaults | given_values).items()
        if numbers is not None
        for model in MODELS
    ]


def make_headline(conditional="deviates", joint="compatible", bound="deviates"):
    """Rows of the ledger for the headline's numbers."""
    rows = {"trace p_answer_given_trace_ok": conditional, "trace p_joint": joint, "trace chi2_bound": bound}
    numbers = {"recomputed_published": 27.2, "low": 24.4, "high": 30.1}
    headline = [
        {
            "group": "headline",
            "quantity": name,
            "verdict": one,
            **numbers,
            "published": 3.841 if "chi2" in name else 28,
        }
        for name, one in rows.items()
    ]
    return pd.DataFrame([*headline, *make_stored(STORED)])


# counts of trace and answer: chi-squares 0.0, 1.2 (positive) and 40.3 (negative); averages of 50, 60 and 10 %
STORED = {
    "Llama-3.2-1B-Instruct": (25, 25, 25, 25),
    "Qwen3-1.7B": (30, 25, 20, 25),
    "Qwen3-8B": (5, 35, 45, 15),
}


def make_stored(counts):
    """Rows of the ledger for the stored matrices of SFT on correct traces, by model."""
    return [
        {"group": "stored_matrices", "dataset": "cotempqa", "model": model, "arm": "correct"}
        | {"quantity": f"trace {cell}", "published": count}
        for model, of_model in counts.items()
        for cell, count in zip(CELLS, of_model, strict=True)
    ]


def say(**values):
    return " ".join(conclusions(make_findings(**values), SETTINGS))


def test_main_claims_as_the_released_generations_have_them():
    percent, independence, implication, *_ = main_claims(make_findings(), make_headline(), None, SETTINGS)
    assert percent.verdict == "deviates as a conditional share, compatible as a joint share"
    assert "an association is seen in 0 of 2" in independence.text
    assert percent.text.startswith(
        "28 % agrees with a joint share and with no single conditional one of this run by the published "
        "scorer"
    )
    assert "27.2 % [24.4, 30.1]" in percent.text
    assert (
        "Of 8 averages of conditional shares over the released matrices, 0 come within 1 point"
        in percent.text
    )
    assert independence.verdict == (
        "deviates by the published scorer within classes, the released matrices; "
        "data missing by the aligned scorer within classes"
    )
    assert "below 3.841 in 0 of 2 tables; the largest is 4.0" in independence.text
    assert "it would be below in 2" in independence.text
    assert "with phi 0.07 [0.01, 0.13], within classes 0.02 [−0.04, 0.08]" in independence.text
    assert (
        "Of 3 released matrices with a chi-square, 2 have one below the bound; item by item an association "
        "is seen "
        "in 1 after Holm's correction. In 1 of the 1 above the bound it is negative"
    ) in independence.text
    assert implication.verdict == (
        "holds by the published scorer; deviates by the aligned scorer; "
        "data missing by the aligned scorer on readable outputs; "
        "open by the aligned scorer with a tolerant reader"
    )
    text = say()
    for words in (
        "on CoTempQA the published shares average over right and wrong facts",
        "with the retrieval step (strong)",
        "with the class step (weak)",
        "where retrieval is right (none seen): the association lies in the retrieval step",
        "the retrieval step contains the answer",
        "the answer is that one for 92.0 % (CoTempQA) of the items after SFT on correct traces",
        "the same model without traces gives the implied one for 29.0 % (CoTempQA)",
        "after SFT on incorrect ones answers avoid what the trace implies",
        "intervention on the trace at inference",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("conditional", "joint", "words"),
    [
        ("compatible", "deviates", "agrees with a conditional share and with no single joint one"),
        ("compatible", "compatible", "agrees with a conditional and with a joint share"),
        ("deviates", "deviates", "agrees with no single share of this run, be it conditional or joint"),
        ("data missing", "data missing", "nothing that 28 % could be held against"),
    ],
)
def test_what_28_percent_can_be_read_as_follows_the_verdicts(conditional, joint, words):
    assert words in main_claims(make_findings(), make_headline(conditional, joint), None, SETTINGS)[0].text


@pytest.mark.parametrize(
    ("values", "present", "absent"),
    [
        (
            {"phi_class/aligned/correct": (0.95, 0.93, 0.97), "phi_facts/aligned/correct": (0.2, 0.1, 0.3)},
            "the association lies in the class step",
            "lies in the retrieval step",
        ),
        (
            {"phi_class/aligned/correct": (0.88, 0.8, 0.93)},
            "which step carries the association differs or cannot be told",
            "the association lies",
        ),
        ({"copying_rate/aligned/correct": (20.0, 18.0, 22.0)}, "intervention", "contains the answer"),
        ({"copying_rate/aligned/correct": (20.0, 18.0, 22.0)}, "intervention", "by construction"),
        (
            {},
            "after SFT on correct traces answers follow the trace beyond baseline, after SFT on incorrect "
            "ones answers avoid what the trace implies",
            "baseline:",
        ),
        (
            {"excess/aligned/incorrect": (-1.0, -3.0, 1.0)},
            "after SFT on incorrect ones answers are not seen to be moved by the trace",
            "avoid",
        ),
        (
            {"excess/aligned/correct": (-10.0, -12.0, -8.0)},
            "after SFT on correct traces answers avoid what the trace implies",
            "beyond baseline",
        ),
        ({"excess/aligned/correct": None}, "answers have no baseline", "beyond baseline"),
        ({}, "with the answer of the same model without traces is 0.50", "no baseline"),
        ({"phi_control/aligned/correct": None}, "intervention", "easy or hard"),
        (
            {"facts_right/published/incorrect": (5.0, nan, nan)},
            "intervention",
            "average over right and wrong",
        ),
        ({"facts_right/published/incorrect": (5.0, nan, nan)}, "intervention", "count wrong facts"),
    ],
)
def test_a_sentence_changes_with_its_numbers(values, present, absent):
    text = say(**values)
    assert present in text
    assert absent not in text


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("p_joint/aligned/correct", "the run has no traces after SFT on correct ones"),
        ("facts_right/published/incorrect", "no traces after SFT on incorrect ones that both scorers judge"),
        ("phi_facts/aligned/correct", "cannot be said: no facts of the run name answers"),
        ("follows_share/aligned/incorrect", "cannot be compared: the run lacks one kind of SFT"),
    ],
)
def test_a_sentence_without_its_numbers_says_so(missing, words):
    assert words in say(**{missing: None})


def test_a_run_without_any_traces_refuses_every_sentence():
    ledger = make_headline(*["data missing"] * 3).query("group == 'headline'")
    texts = [
        claim.text.replace("Of 0 averages of conditional shares over the released matrices, 0", "").replace(
            "within 1 point of 28", ""
        )
        for claim in main_claims([], ledger, None, SETTINGS)
    ]
    # the constants of the claims themselves, and nothing measured
    assert not re.search(r"\d", re.sub(r"28 %|3\.841", "", " ".join(texts + conclusions([], SETTINGS))))


def test_findings_come_from_the_tables():
    run = make_run(scorers=("published", "aligned"), arms=("correct", "incorrect"), seeds=(1, 2))
    tables = make_follow(), make_counterfactual(), make_copying(), make_definitions(), make_quirks()
    found = {(one.arm, one.scorer, one.measure): one for one in gather(run.statistics, *tables)}
    joint = found["correct", "published", "p_joint"]
    assert (joint.value, joint.n) == (pytest.approx(100 * 35 / 120), 120)
    assert found["correct", "aligned", "p_answer_given_trace_ok"].n == 45
    assert found["correct", "aligned", "holm_p_class"].value == 0.5
    assert found["correct", "aligned", "implied_tolerant"][5:] == (97.0, 94.0, 98.0, 40)
    assert found["correct", "published", "hangs_on_gold_row"].value == 75.0
    assert found["incorrect", "aligned", "facts_right"].value == pytest.approx(100 * 45 / 120)
    assert found["correct", "aligned", "follows_share"][5:] == (90.0, 80.0, 95.0, 40)
    assert found["correct", "aligned", "baseline_share"][5:] == (30.0, 25.0, 35.0, 40)
    assert found["correct", "aligned", "excess"][5:] == (60.0, 50.0, 70.0, 40)
    assert found["correct", "aligned", "phi_facts"][5:] == (0.9, 0.8, 0.95, 120)
    # what facts cannot imply is not copied
    assert ("incorrect", "aligned", "copying_rate") not in found


def make_follow():
    row = {"dataset": "cotempqa", "class": ALL, "model": "m", "seed": 1, "n": 40}
    numbers = {"follows_share": 0.9, "follows_share_low": 0.8, "follows_share_high": 0.95}
    numbers |= {"true_share": 0.1, "true_share_low": 0.05, "true_share_high": 0.2}
    numbers |= {"baseline_share": 0.3, "baseline_share_low": 0.25, "baseline_share_high": 0.35}
    return pd.DataFrame([{**row, **numbers, "arm": arm} for arm in ("correct", "incorrect")])


def make_definitions():
    row = {"dataset": "cotempqa", "model": "m", "arm": "correct", "seed": 1, "definition": "tolerant"}
    row |= {"step": "trace", "n": 60, "both_ok": 38, "trace_only_ok": 2}
    name = "p_answer_given_trace_ok"
    return pd.DataFrame([{**row, name: 0.97, f"{name}_low": 0.94, f"{name}_high": 0.98}])


def make_quirks():
    """Rows of the ablation for the gold row, and another that is not to be taken for it."""
    row = {"dataset": "cotempqa", "model": "m", "arm": "correct", "seed": 1, "quirk": "Q11", "n": 40}
    row |= {"measure": "phi_trace", "without_quirk": 0.1, "items_changed": 30}
    return pd.DataFrame([row, {**row, "quirk": "Q13", "items_changed": 5}])


def make_counterfactual():
    """Rows for all wrong traces, and others that are not to be taken for them."""
    row = {"dataset": "cotempqa", "class": ALL, "model": "m", "arm": "correct", "seed": 1, "n": 40}
    row |= {"named": "any", "excess": 60.0, "excess_low": 50.0, "excess_high": 70.0}
    return pd.DataFrame(
        [row, {**row, "named": "some", "excess": 5.0}, {**row, "class": "mix", "excess": 5.0}]
    )


def make_copying():
    names = ("facts", "class", "class_given_facts_ok", "implied", "control")
    phis = {
        f"phi_{name}{end}": value
        for name in names
        for end, value in {"": 0.9, "_low": 0.8, "_high": 0.95, "_n": 120}.items()
    }
    rate = {"copying_rate": 0.9, "copying_rate_low": 0.8, "copying_rate_high": 0.95, "answers": 100}
    row = {"dataset": "cotempqa", "model": "m", "seed": 1, "subset": ALL, **phis}
    return pd.DataFrame([{**row, **rate, "arm": "correct"}, {**row, "arm": "incorrect"}])


# rule and figure


def make_contrasts(differences, model=MODELS[0]):
    """Contrasts of incorrect with another arm by the published scorer, one row per difference."""
    rows = [
        (quirk, seed, value, value - 0.02, value + 0.02)
        for quirk, values in differences.items()
        for seed, value in enumerate(values, start=1)
    ]
    table = pd.DataFrame(rows, columns=["quirk", "seed", "difference", "low", "high"])
    names = {"dataset": "cotempqa", "model": model, "scorer": "published", "items": "all"}
    return table.assign(**names, arm="incorrect", other="correct")


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ({"all_on": [0.05, 0.01], "Q5_off": [0.03]}, "holds"),
        ({"all_on": [-0.05], "Q5_off": [-0.03]}, "deviates"),
        ({"all_on": [0.05, -0.05]}, "mixed"),
        ({"all_on": [0.01]}, "open"),
        (
            {"all_on": [0.05], "Q5_off": [-0.05]},
            "holds by the published scorer; deviates by the published scorer without Q5",
        ),
    ],
)
def test_an_ordering_is_judged_by_every_judgement(differences, verdict):
    table = make_contrasts(differences)
    claims = {claim.id: claim for claim in main_claims(make_findings(), make_headline(), table, SETTINGS)}
    assert claims["incorrect_vs_correct"].verdict == verdict
    assert claims["incorrect_vs_none"].verdict == claims["r1_best"].verdict == "data missing"
    assert f"above 0 in {sum(value > 0.02 for value in differences['all_on'])}" in (
        claims["incorrect_vs_correct"].text
    )


def test_an_ordering_is_the_same_whichever_arm_comes_first():
    table = make_contrasts({"all_on": [0.05, 0.01]})
    turned = table.assign(
        arm="correct",
        other="incorrect",
        difference=-table["difference"],
        low=-table["high"],
        high=-table["low"],
    )
    assert find_orderings(turned, "incorrect", "correct") == find_orderings(table, "incorrect", "correct")


@pytest.fixture
def written(tmp_path):
    """Run both scripts on a made-up run; returns the folder."""
    return check(tmp_path)


def check(folder: Path, models=MODELS, state=AS_RELEASED, items=950):
    """Run both scripts on a made-up run of these models, from files in this state and of so many items."""
    folder.mkdir(exist_ok=True)
    run = make_run(models=models, scorers=("published", "aligned"), arms=("correct", "incorrect"))
    tables = {name: getattr(run, name) for name in ("answers", "matrix", "statistics", "ablation")}
    tables |= {"follow": make_follow(), "counterfactual": make_counterfactual(), "copying": make_copying()}
    tables |= {"inputs": make_inputs(run, state, items)}
    tables |= {"contrasts": make_contrasts({"all_on": [0.05]}, models[0])}
    tables |= {"definitions": make_definitions(), "ablation": make_quirks()}
    inputs = {"claims": str(CLAIMS), "released": str(ROOT / "config/released.yaml")}
    inputs |= {"settings": str(ROOT / "config/statistics.yaml")}
    for name, frame in tables.items():
        inputs[name] = str(folder / f"{name}.csv")
        write_csv(frame, inputs[name])
    names = {f"{kind}": f"claims.{kind}" for kind in ("csv", "md")}
    names |= {f"summary_{kind}": f"claims_summary.{kind}" for kind in ("csv", "md")}
    names |= {"main_csv": "main_claims.csv", "main_md": "main_claims.md", "findings": "findings.csv"}
    outputs = {key: str(folder / name) for key, name in names.items()}
    run_script("check_claims", inputs, outputs, {}, folder / "log")
    figures = {kind: str(folder / f"claims_scatter.{kind}") for kind in FORMATS}
    run_script("plot_claims", {"claims": outputs["csv"]}, figures, {"note": ""}, folder / "log2")
    return folder


@pytest.mark.parametrize(
    ("models", "items"), [(("my-model",), 950), (MODELS, 20)], ids=["other models", "a part of the questions"]
)
def test_what_is_not_the_papers_gets_no_verdict(tmp_path, models, items):
    """Neither other models nor some of the test questions say anything about a published number."""
    found = check(tmp_path, models, SUPPLIED, items)
    ledger = pd.read_csv(found / "claims.csv")
    assert set(ledger["verdict"]) == {"data missing", "derived", "not testable"}
    assert ledger[["recomputed_published", "recomputed_aligned", "n"]].isna().all(axis=None)
    main = pd.read_csv(found / "main_claims.csv")
    assert set(main["verdict"].str.replace(r" (as|by) .*", "", regex=True)) == {"data missing"}
    assert "holds nothing that 28 % could be held against" in main["text"][0]
    page = (found / "main_claims.md").read_text("utf-8")
    assert "my-model" not in page


def test_only_cells_that_the_claims_name_are_kept(claims):
    cells = pd.DataFrame(
        [
            ("cotempqa", "Qwen3-1.7B", "correct"),
            ("cotempqa", "my-model", "correct"),
            ("word_problems", "Qwen3-1.7B", "correct"),
            ("cotempqa", "Qwen3-1.7B", "mixed_50"),
        ],
        columns=["dataset", "model", "arm"],
    )
    assert list(keep_named(cells, claims).index) == [0]


def test_a_cell_is_released_where_all_its_files_are():
    run = make_run(models=("a", "b"))
    inputs = pd.concat([make_inputs(run), make_inputs(run, DATA_MISSING)])
    assert find_released(inputs) == {("cotempqa", "a", "correct", 1), ("cotempqa", "b", "correct", 1)}
    own = make_inputs(run).query("model == 'b'").assign(state=OTHER_CONTENT)
    assert find_released(pd.concat([inputs, own])) == {("cotempqa", "a", "correct", 1)}


def test_only_supplied_files_are_partial_and_their_pooled_seeds_go_with_them():
    run = make_run(models=("a", "b"), seeds=(1, 2))
    inputs = make_inputs(run, SUPPLIED).assign(items=[950, 950, 20, 950])
    assert find_partial(inputs) == {("cotempqa", "b", "correct", 1)}
    assert find_partial(inputs.assign(state=AS_RELEASED)) == set()
    pooled = pd.concat([run.answers, run.answers.assign(seed=ALL)])
    left = leave_out(pooled, find_partial(inputs))
    assert {*left[["model", "seed"]].itertuples(index=False, name=None)} == {
        *[("a", 1), ("a", 2), ("a", ALL), ("b", 2)]
    }
    assert len(leave_out(pooled, set())) == len(pooled)


def test_scripts_write_every_output_the_same_way_twice(written, tmp_path):
    again = check(tmp_path / "again")
    names = ["claims.csv", "claims.md", "claims_summary.md", "main_claims.csv"]
    names += ["main_claims.md", "findings.csv", "claims_scatter.png", "claims_scatter.pdf"]
    for name in names:
        assert (written / name).read_bytes() == (again / name).read_bytes()
    assert "## “Correct traces do not imply correct solutions.”" in (written / "main_claims.md").read_text()


@pytest.mark.parametrize("note", ["", "simulated corpora"])
@pytest.mark.parametrize("replays", [True, False])
def test_the_figure_is_legible(claims, note, replays, monkeypatch):
    run = make_run(models=(*MODELS, "Qwen3-8B"), scorers=("published", "aligned"))
    figure = plot_claims(
        claims_table(claims, replace(run, released=released(run) if replays else frozenset())), note
    )
    words = assert_legible(figure, monkeypatch)
    assert any("data missing" in word for word in words)


def test_the_figure_names_what_deviates(table, monkeypatch):
    words = " ".join(assert_legible(plot_claims(table), monkeypatch))
    assert "Qwen3-1.7B, correct" in words
    for verdict in VERDICTS:
        assert f"{verdict} {(table['verdict'] == verdict).sum():,}" in words


def test_an_association_within_classes_is_counted():
    findings = make_findings(**{"holm_p/published/correct": (0.01, nan, nan)})
    independence = main_claims(findings, make_headline(), None, SETTINGS)[1]
    assert "an association is seen in 2 of 2" in independence.text
    assert "Within classes, that of the class step is seen in 0 of 2 models" in say()
    assert "is seen in 2 of 2 models" in say(**{"holm_p_class/aligned/correct": (0.01, nan, nan)})
