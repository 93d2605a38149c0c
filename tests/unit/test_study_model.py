"""The primary model of a study and its hypotheses: planted effects, faults of R, and arithmetic."""

from math import isnan

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import t, ttest_ind, ttest_rel
from support.examples import ROOT
from support.looked_up import find_wrong
from support.rscript import require_ordinal
from support.study_data import CONDITIONS, make_plan
from tracekd.core.errors import WorkError
from tracekd.settings.study import Assumptions, Hypothesis
from tracekd.study.definition import read_study
from tracekd.study.exclusions import INTENTION_TO_TREAT, PER_PROTOCOL
from tracekd.study.hypotheses import Level, degrees_of_freedom, judge_hypotheses
from tracekd.study.min_f import compare_two
from tracekd.study.model import Fit, fit_models, write_formula
from tracekd.study.power import draw_studies, lay_out
from tracekd.study.simulate import Scale, draw_effects, draw_ratings
from tracekd.tables.primary import primary_table, show_primary

STUDY = read_study(ROOT / "config/study.yaml")
PROGRAM = ROOT / "resources/study/clmm.R"
LEVEL = Level(alpha=0.05, power=0.8)
NAMES = ["a", "b", "c"]
TITLES = {condition["name"]: condition["title"] for condition in CONDITIONS}
SHARES = dict.fromkeys(NAMES, 0.0)
ASSUMED = Assumptions(participant_sd=0.6, item_sd=0.6, condition_item_sd=0.3, hurry=SHARES, stop=SHARES)


def claim(name="H", first="a", second="b", margin=None, dimension="load"):
    """A hypothesis: that one condition is higher, or with a margin that both are equal."""
    pair = {"equal": [first, second], "margin": margin} if margin else {"higher": first, "lower": second}
    return Hypothesis(name=name, text="A claim.", dimension=dimension, **pair)


def rate(differences, n_raters=15, n_items=8, n_questions=2, seed=1):
    """Ratings of a study between subjects of all items, with these differences of conditions in logits."""
    rng, scale = np.random.default_rng(seed), Scale(1, 5)
    effects = draw_effects(len(differences), n_items, ASSUMED, rng)
    frames = []
    for name, difference, of_items in zip(NAMES, differences, effects, strict=False):
        values = draw_ratings(difference + of_items, n_raters, n_questions, 0.6, scale, rng)
        rater, item, question = np.indices(values.shape).reshape(3, -1)
        columns = {"item": item, "question": question, "score": values.reshape(-1)}
        people = [f"{name}{number}" for number in rater]
        frames.append(pd.DataFrame({"participant": people, "condition": name, **columns}))
    return pd.concat(frames, ignore_index=True).assign(dimension="load")


def fit_of(differences, error=0.2, fault="", sds=(0.5, 0.5, 0.3)):
    """A fit with independent conditions of this standard error each."""
    covariance = pd.DataFrame(np.eye(3) * error**2, NAMES, NAMES)
    effects = dict(zip(("participant", "item", "condition:item"), sds, strict=True))
    return Fit(pd.Series(differences, NAMES), covariance, effects, fault)


# --- the fit in R


def test_planted_differences_are_found_with_their_order_and_size():
    require_ordinal()
    ratings = rate([0.0, 1.0, -1.5])
    fits, version = fit_models(ratings.assign(fit="all"), NAMES, "between", PROGRAM)
    fit = fits["all"]
    assert fit.fault == "" and "ordinal" in version
    for first, second, true in (("b", "a", 1.0), ("a", "c", 1.5), ("b", "c", 2.5)):
        estimate, error = fit.contrast(first, second)
        assert abs(estimate - true) < 3 * error and 0.15 < error < 0.5
        assert fit.contrast(second, first) == pytest.approx((-estimate, error))
    assert 0.3 < fit.sds["participant"] < 1.0 and set(fit.sds) == {"participant", "item", "condition:item"}


def test_fits_of_one_call_do_not_touch_one_another():
    require_ordinal()
    one, other = rate([0.0, 1.0]), rate([0.0, -1.0], seed=2)
    both, _ = fit_models(
        pd.concat([one.assign(fit="one"), other.assign(fit="other")]), NAMES[:2], "between", PROGRAM
    )
    alone, _ = fit_models(other.assign(fit="other"), NAMES[:2], "between", PROGRAM)
    assert both["one"].contrast("b", "a")[0] > 0 > both["other"].contrast("b", "a")[0]
    assert both["other"].contrast("b", "a") == alone["other"].contrast("b", "a")


def test_conditions_without_a_rating_in_common_have_no_estimate():
    require_ordinal()
    ratings = rate([0.0, 0.0])
    apart = ratings["score"].clip(upper=2).where(ratings["condition"] == "a", 5)
    fits, _ = fit_models(ratings.assign(score=apart, fit="all"), NAMES[:2], "between", PROGRAM)
    assert fits["all"].fault
    assert isnan(fits["all"].contrast("a", "b")[0])


def test_ratings_that_are_all_alike_end_in_rs_own_words():
    require_ordinal()
    fits, _ = fit_models(rate([0.0, 0.0]).assign(score=4, fit="all"), NAMES[:2], "between", PROGRAM)
    assert fits["all"].fault.startswith("no estimate: ")


def stand_in(folder, script):
    """A program named Rscript that does something else."""
    path = folder / "Rscript"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "the program Rscript is not installed, .*apt install r-base-core r-cran-ordinal"),
        ("exit 3", "R lacks the package ordinal, .*envs/study_model.yaml"),
        ("echo 'Error: out of memory' >&2; exit 1", "clmm.R: Rscript failed: Error: out of memory"),
    ],
)
def test_what_is_missing_is_one_sentence(tmp_path, monkeypatch, script, sentence):
    if script:
        stand_in(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if script else str(tmp_path))
    with pytest.raises(WorkError, match=sentence):
        fit_models(rate([0.0, 0.0]).assign(fit="all"), NAMES[:2], "between", PROGRAM)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("all,step,,,0.2", "not converged: the maximum is 0.2 standard errors away"),
        ("all,step,,,", "not converged: the maximum is nan standard errors away"),
        ("all,failed,the Hessian is odd,,", "no estimate: the Hessian is odd"),
        ("all,step,,,0.001", ""),
    ],
)
def test_a_search_that_did_not_end_at_a_maximum_says_so(tmp_path, monkeypatch, rows, fault):
    found = ["fit,kind,name,other,value", "all,difference,b,,1.0", "all,covariance,b,b,0.04"]
    found += ["all,sd,participant,,0.5", rows, ",version,ordinal,,"]
    (tmp_path / "found.csv").write_text("\n".join(found) + "\n")
    stand_in(tmp_path, f'cp {tmp_path}/found.csv "$4"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    fits, version = fit_models(rate([0.0, 0.0]).assign(fit="all"), NAMES[:2], "between", PROGRAM)
    assert (fits["all"].fault, version) == (fault, "ordinal")


def test_the_model_is_that_of_the_design():
    between = write_formula("between", 5)
    assert between == "score ~ condition + question + (1 | participant) + (1 | item) + (1 | condition:item)"
    assert write_formula("within", 1).startswith("score ~ condition + (1 | participant)")
    assert write_formula("within", 1).endswith("+ (1 | participant:condition)")


# --- the hypotheses


def test_every_hypothesis_has_its_contrast_and_one_correction_goes_over_all():
    ratings = rate([0.0, 0.0, 0.0])
    claims = [claim("H1", "a", "b"), claim("H2", "b", "c"), claim("H3", "a", "c")]
    table = judge_hypotheses(ratings, {"load": fit_of([1.0, 0.0, -0.1])}, claims, "between", LEVEL)
    table = table.set_index("hypothesis")
    assert list(table["estimate"]) == pytest.approx([1.0, 0.1, 1.1])
    error, df = 0.2 * 2**0.5, min(45 - 3, 7 * 2)
    p = 2 * t.sf(1.0 / error, df)
    assert table.loc["H1", ["df", "p"]].tolist() == pytest.approx([df, p])
    assert table.loc["H1", "low"] == pytest.approx(1 - t.ppf(0.975, df) * error)
    assert table.loc["H1", "odds_ratio"] == pytest.approx(np.e)
    # Holm: the smallest of three p times three, the next times two
    assert table.loc["H3", "holm_p"] == pytest.approx(3 * table.loc["H3", "p"])
    assert table.loc["H1", "holm_p"] == pytest.approx(2 * p)
    assert list(table["supported"]) == [True, False, True]
    detectable = (t.ppf(1 - 0.05 / 6, df) + 0.8416) * error
    assert table["detectable"].to_numpy() == pytest.approx(detectable, abs=1e-3)


def test_a_difference_of_the_other_sign_supports_nothing():
    found = {"load": fit_of([-2.0, 0.0, 0.0])}
    table = judge_hypotheses(rate([0.0] * 3), found, [claim()], "between", LEVEL)
    assert table["holm_p"].item() < 0.001 and not table["supported"].item()


@pytest.mark.parametrize(("difference", "supported"), [(0.0, True), (0.1, True), (0.4, False), (-0.7, False)])
def test_equality_is_shown_and_not_taken_from_a_large_p(difference, supported):
    found = {"load": fit_of([difference, 0.0, 0.0], error=0.1)}
    table = judge_hypotheses(rate([0.0] * 3), found, [claim(margin=0.5)], "between", LEVEL)
    row = table.iloc[0]
    assert row["supported"] == supported
    assert row["equivalence_p"] == pytest.approx(t.sf((0.5 - abs(difference)) / 0.1 / 2**0.5, 14))
    assert row["holm_p"] == row["equivalence_p"]


def test_a_model_without_an_estimate_leaves_the_test_to_min_f_and_says_so():
    ratings = rate([1.5, 0.0, 0.0])
    claims = [claim("H1"), claim("H2", margin=0.5)]
    found = {"load": fit_of([0.0, 0.0, 0.0], fault="not converged: why")}
    table = judge_hypotheses(ratings, found, claims, "between", LEVEL).set_index("hypothesis")
    assert not table["converged"].any() and table["estimate"].isna().all()
    assert set(table["note"]) == {"not converged: why; p by minF' of means"}
    pair = ratings[ratings["condition"] != "c"]
    scores = pair["score"].to_numpy(dtype=float)[None]
    alone = compare_two(scores, pair["participant"], pair["item"], pair["condition"] == "a", "between")
    assert table.loc["H1", "p"] == pytest.approx(alone.p[0]) and table.loc["H1", "supported"]
    assert isnan(table.loc["H2", "equivalence_p"]) and not table.loc["H2", "supported"]
    # what has no p is counted in the family, as if nothing had been found
    assert table.loc["H1", "holm_p"] == pytest.approx(2 * alone.p[0])


def test_a_random_effect_without_variance_is_named():
    found = {"load": fit_of([1.0, 0.0, 0.0], sds=(0.5, 0.4, 0.0))}
    table = judge_hypotheses(rate([0.0] * 3), found, [claim()], "between", LEVEL)
    assert table["note"].item() == "no variance of condition:item" and table["converged"].item()


def test_degrees_of_freedom_are_those_of_what_there_is_less_of():
    ratings = rate([0.0] * 3, n_raters=10, n_items=30)
    assert degrees_of_freedom(ratings, "between") == 30 - 3
    few = rate([0.0] * 3, n_raters=10, n_items=4)
    assert degrees_of_freedom(few, "between") == 3 * 2
    assert degrees_of_freedom(ratings.assign(participant=ratings["participant"].str[1:]), "within") == 9 * 2


@pytest.mark.parametrize("design", ["between", "within"])
def test_the_table_has_both_analyses_and_is_written_without_codes(design):
    require_ordinal()
    plan = make_plan(design)
    rng, scale, rows = np.random.default_rng(3), Scale(1, 5), []
    higher = {"decomposed": 1.0, "summary": 0.5, "explanation": 0.0, "r1": -1.0}
    for group in plan["groups"]:
        latent = np.array([higher[step["condition"]] for step in group["sequence"]])
        values = draw_ratings(latent, 12, 2, 0.6, scale, rng)
        for person, position, question in np.ndindex(values.shape):
            step, name = group["sequence"][position], f"{group['group']}{person}"
            score = values[person, position, question]
            rows.append({"participant": name, **step, "question": question, "score": score})
    ratings = pd.DataFrame(rows).assign(dimension="load", excluded=np.nan).astype({"excluded": object})
    ratings.loc[ratings["participant"].isin(["A0", "B0"]), "excluded"] = "incomplete"
    claims = [claim("H1", "decomposed", "r1"), claim("H2", "summary", "explanation", margin=5.0)]
    table, version = primary_table(ratings, plan, claims, LEVEL, PROGRAM)
    assert list(table["analysis"]) == [INTENTION_TO_TREAT] * 2 + [PER_PROTOCOL] * 2
    assert table["supported"].all() and table["converged"].all() and version.startswith("ordinal")
    assert ("sd_participant_condition" in table) == (design == "within")
    assert table["estimate"].iloc[0] != table["estimate"].iloc[2]
    shown = show_primary(table, TITLES)
    assert shown["Conditions"].iloc[0] == "Decomposed trace – R1 trace"
    assert shown["Claim"].tolist() == ["higher", "equal within 5.00"] * 2
    assert "nan" not in shown.to_string()


def test_equality_needs_both_analyses(monkeypatch):
    fits = {INTENTION_TO_TREAT: fit_of([0.0] * 3, 0.1), PER_PROTOCOL: fit_of([0.6, 0.0, 0.0], 0.1)}
    monkeypatch.setattr("tracekd.tables.primary.fit_models", lambda *_: (fits, "ordinal"))
    ratings = rate([0.0] * 3).assign(excluded=np.nan)
    plan = {"conditions": [{"name": name} for name in NAMES], "design": "between"}
    claims = [claim("H1", "a", "b", margin=0.5), claim("H2", "a", "b")]
    table, _ = primary_table(ratings, plan, claims, LEVEL, PROGRAM)
    assert list(table["equivalence_p"].dropna() < 0.01) == [True, False]
    assert list(table["supported"]) == [False, False, False, True]


def test_every_number_of_the_page_is_that_of_the_kept_table():
    assert not find_wrong(ROOT / "docs/study_analysis.md", ROOT / "docs/bench")


# --- minF'


def test_min_f_joins_the_tests_by_participants_and_by_items():
    rows = rate([0.8, 0.0], n_raters=6, n_items=5)
    first = rows["condition"] == "a"
    found = compare_two(
        rows["score"].to_numpy(dtype=float)[None], rows["participant"], rows["item"], first, "between"
    )
    items = rows.pivot_table(index="item", columns="condition", values="score")
    centred = rows.assign(score=rows["score"] - rows["item"].map(items.mean(axis=1)))
    people = centred.groupby(["condition", "participant"])["score"].mean()
    f1, f2 = (
        ttest_ind(people["a"], people["b"]).statistic ** 2,
        ttest_rel(items["a"], items["b"]).statistic ** 2,
    )
    df = (f1 + f2) ** 2 / (f1**2 / 4 + f2**2 / 10)
    assert found.difference == pytest.approx(items["a"].mean() - items["b"].mean())
    assert found.p == pytest.approx(f_distribution.sf(f1 * f2 / (f1 + f2), 1, df))


def test_what_differs_between_items_is_no_difference_of_conditions():
    """Two items of eight make the whole difference: participants agree on it, items do not."""
    rng = np.random.default_rng(0)
    people, items = (grid.reshape(-1) for grid in np.mgrid[:40, :8])
    first = people < 20
    scores = rng.normal(size=(200, 320)) * 0.5 + 1.5 * (first & (items < 2))
    found = compare_two(scores, people, items, first, "between")
    assert found.difference.mean() == pytest.approx(1.5 / 4, abs=0.02)
    assert (found.p < 0.05).mean() < 0.03


@pytest.mark.parametrize("design", ["between", "within"])
@pytest.mark.parametrize("sd", [0.0, 0.6])
def test_min_f_rejects_a_true_null_no_more_often_than_it_says(design, sd):
    layout = lay_out(STUDY.changed(design=design), 80, 16).of_first_two()
    assumed, rng = ASSUMED.changed(condition_item_sd=sd), np.random.default_rng(5)
    pages = draw_studies(layout, np.zeros(2), 2, assumed, Scale(1, 5), 400, rng).mean(axis=2)
    found = compare_two(pages, layout.participants, layout.items, layout.conditions == 0, design)
    # 5 % and three standard errors
    assert (found.p < 0.05).mean() <= 0.083


def test_groups_of_a_layout_share_out_participants_and_items():
    for design, conditions_seen in (("between", 1), ("within", 4)):
        pages = pd.DataFrame(lay_out(STUDY.changed(design=design), 100, 40)._asdict())
        assert pages.groupby("participants").size().tolist() == [8] * 100
        assert set(pages.groupby("participants")["conditions"].nunique()) == {conditions_seen}
        views = pages.groupby(["items", "conditions"]).size()
        assert len(views) == 40 * 4 and set(views) == {5}
