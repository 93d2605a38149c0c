"""Statistics of one table and of a run: worked numbers, other libraries, refusals, order, the same bytes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, fisher_exact
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from support.examples import ROOT
from support.run_data import in_pairs, run_script, write_questions, write_scores
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.datasets.rows import Grid
from tracekd.statistics.association import (
    Counts,
    effects,
    independence,
    phi,
    phi_interval,
    power,
    risk_difference,
    shares,
)
from tracekd.statistics.bootstrap import draw_pooled_tables, draw_tables
from tracekd.statistics.clusters import clustered_mean
from tracekd.statistics.paired import compare, compare_clusters, difference_interval
from tracekd.statistics.seeds import pool
from tracekd.statistics.settings import read_settings
from tracekd.statistics.strata import stratify
from tracekd.statistics.verdict import VERDICTS, holm, verdict
from tracekd.tables.comparisons import comparisons_table
from tracekd.tables.estimates import exact_p_values, show_estimates, show_p
from tracekd.tables.matrix import CELLS, trace_answer_matrix
from tracekd.tables.scores import read_scores
from tracekd.tables.statistics import COLUMNS, ESTIMATES, show_statistics, statistics_table

CHOICES = ROOT / "config" / "statistics.yaml"
SETTINGS = read_settings(CHOICES)
FAST = SETTINGS.changed(bootstrap=SETTINGS.bootstrap.changed(resamples=200))
GRID = Grid(["cotempqa", "babi"], ["Qwen3-1.7B", "Llama-3.2-1B-Instruct"], ["none", "correct", "incorrect"])
# stored matrices of the paper (whole trace, n = 950): counts, chi-square, with Yates, p
LLAMA_CORRECT = Counts(174, 244, 187, 345)
STORED = [
    (LLAMA_CORRECT, 4.167, 3.897, 0.0412),
    (Counts(34, 347, 71, 498), 2.932, 2.582, 0.0868),
    (Counts(261, 248, 195, 245), 4.578, 4.304, 0.0324),
    (Counts(10, 327, 181, 482), 85.614, 84.047, 2.19e-20),
]
counts_of_any_size = st.tuples(*[st.integers(0, 60)] * 4).map(lambda cells: Counts(*cells))
tables = counts_of_any_size.filter(lambda counts: not counts.empty_margin)


@pytest.mark.parametrize(("counts", "plain", "yates", "p"), STORED)
def test_chi_square_of_stored_matrices(counts, plain, yates, p):
    row = independence(counts, SETTINGS)
    assert round(row["chi2"], 3) == plain
    assert round(row["chi2_yates"], 3) == yates
    assert row["chi2_p"] == pytest.approx(p, rel=3e-3)


def test_effects_of_a_stored_matrix():
    row = effects(LLAMA_CORRECT, SETTINGS)
    assert round(row["phi"], 3) == 0.066
    assert [round(row[f"odds_ratio{end}"], 2) for end in ("", "_low", "_high")] == [1.32, 1.01, 1.71]
    # phi's interval is about [.003, .13], and no TOST at 0.10 passes (p .16 to .37 there)
    assert (row["phi_low"], row["phi_high"]) == pytest.approx((0.003, 0.130), abs=0.002)
    assert row["tost_phi_p"] == pytest.approx(0.15, abs=0.02)


def test_the_joint_share_is_not_the_conditional():
    # 28 % of all items have both right; 57 % of the right traces have a right answer
    row = shares(Counts(261, 248, 195, 245))
    assert row["p_joint"] == 261 / 949
    assert row["p_answer_given_trace_ok"] == 261 / 456
    assert row["p_answer_given_trace_wrong"] == 248 / 493
    expected = binomtest(261, 456).proportion_ci(method="wilson")
    limits = row["p_answer_given_trace_ok_low"], row["p_answer_given_trace_ok_high"]
    assert limits == pytest.approx((expected.low, expected.high))


def test_power_of_950_items():
    row = power(LLAMA_CORRECT, SETTINGS)
    assert round(row["minimum_phi"], 3) == 0.091
    at_minimum = power(
        LLAMA_CORRECT, SETTINGS.changed(margins=SETTINGS.margins.changed(phi=float(row["minimum_phi"])))
    )
    assert at_minimum["power"] == pytest.approx(0.8, abs=1e-4)


def test_chi_square_of_percentages_is_too_small_by_n_over_100():
    row = independence(Counts(275, 143, 247, 285), SETTINGS)
    assert row["chi2"] == pytest.approx(35.444, abs=1e-3)
    assert row["chi2_percent"] == pytest.approx(row["chi2"] * 100 / 950)
    assert row["chi2_percent"] < chi2.isf(0.05, 1) < row["chi2"]


@given(tables)
@settings(deadline=None)
def test_effects_agree_with_other_libraries(counts):
    answers = np.repeat([1, 1, 0, 0], counts)
    traces = np.repeat([1, 0, 1, 0], counts)
    assert phi(counts) == pytest.approx(np.corrcoef(answers, traces)[0, 1])
    row, tested = effects(counts, FAST), independence(counts, FAST.changed(small_cell=0))
    assert tested["chi2"] == pytest.approx(counts.n * row["phi"] ** 2)
    difference = answers[traces == 1].mean() - answers[traces == 0].mean()
    assert row["risk_difference"] == pytest.approx(difference)
    if min(counts):
        assert row["odds_ratio"] == pytest.approx(odds_ratio(counts.table, kind="sample").statistic)
    p = counts.table / counts.n
    independent = np.outer(p.sum(axis=1), p.sum(axis=0))
    bits = np.sum(p[p > 0] * np.log2(p[p > 0] / independent[p > 0]))
    assert tested["mutual_information"] == pytest.approx(bits, abs=1e-12)


@given(tables)
@example(Counts(27, 0, 0, 1))
@settings(deadline=None)
def test_phi_stays_within_the_range_of_its_margins_and_the_intervals_within_theirs(counts):
    row, (lowest, highest) = effects(counts, FAST), counts.phi_range
    assert -1 - 1e-9 <= lowest - 1e-9 <= row["phi"] <= highest + 1e-9 <= 1 + 2e-9
    for name in ("risk_difference", "phi"):
        assert -1 - 1e-9 <= row[f"{name}_low"] < row[f"{name}_high"] <= 1 + 1e-9
    assert 0 <= row["odds_ratio_low"] <= row["odds_ratio"] <= row["odds_ratio_high"]


@given(tables)
@settings(deadline=None)
def test_right_and_wrong_exchanged_turn_the_sign(counts):
    both, answer_only, trace_only, neither = counts
    turned = Counts(answer_only, both, neither, trace_only)
    assert phi(turned) == pytest.approx(-phi(counts))
    assert risk_difference(turned) == pytest.approx(-risk_difference(counts))
    one, other = (independence(table, FAST.changed(small_cell=0)) for table in (counts, turned))
    assert [one[name] for name in ("chi2", "g_p")] == pytest.approx([other[name] for name in ("chi2", "g_p")])


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (Counts(0, 324, 0, 52), "no right trace"),
        (Counts(5, 0, 3, 0), "no wrong trace"),
        (Counts(0, 0, 4, 3), "no right answer"),
        (Counts(5, 4, 0, 0), "no wrong answer"),
        (Counts(5, 0, 0, 0), "no wrong trace, no wrong answer"),
    ],
)
def test_an_empty_margin_is_named(counts, reason):
    assert counts.empty_margin == reason
    assert np.isnan(phi_interval(*counts)).all()


def test_phi_interval_is_that_of_the_table():
    row = effects(LLAMA_CORRECT, SETTINGS)
    assert phi_interval(*LLAMA_CORRECT, seed=SETTINGS.bootstrap.seed) == (row["phi_low"], row["phi_high"])


def test_margins_that_cannot_leave_the_band_show_no_equivalence():
    rare = Counts(2, 400, 1, 547)
    assert not rare.can_leave(0.10)
    assert np.isnan(effects(rare, SETTINGS)["tost_phi_p"])
    assert LLAMA_CORRECT.can_leave(0.10)


def test_a_small_expected_count_calls_the_exact_test():
    assert independence(LLAMA_CORRECT, SETTINGS)["exact_test"] == ""
    rare = Counts(3, 7, 0, 12)
    row = independence(rare, SETTINGS)
    assert row["exact_test"] == "barnard"
    # Barnard's test has more power than Fisher's
    assert row["exact_p"] < fisher_exact(rare.table).pvalue


def test_one_base_rate_per_class_is_no_association_within_classes():
    # answer and trace are independent in each class, and both rarer in the second
    classes = [Counts(360, 90, 40, 10), Counts(10, 40, 90, 360)]
    pooled = Counts(*map(int, np.sum(classes, axis=0)))
    assert independence(pooled, SETTINGS)["chi2_p"] < 1e-50
    row = stratify(classes)
    assert row["cmh_p"] == pytest.approx(1)
    assert row["pooled_odds_ratio"] == pytest.approx(1)


def test_cmh_by_hand_and_classes_without_information():
    classes = [Counts(30, 10, 15, 20), Counts(12, 9, 8, 25)]
    excess = variance = 0
    for (a, b), (c, d) in (counts.table for counts in classes):
        n, row, column = a + b + c + d, a + b, a + c
        excess += a - row * column / n
        variance += row * (n - row) * column * (n - column) / (n**2 * (n - 1))
    expected = chi2.sf(excess**2 / variance, 1)
    assert stratify(classes)["cmh_p"] == pytest.approx(expected)
    assert stratify([*classes, Counts(0, 5, 0, 9)]) == stratify(classes)
    assert stratify([Counts(0, 5, 0, 9)]) == {}
    assert set(stratify([Counts(3, 0, 0, 5)])) == {"cmh_p"}
    assert "breslow_day_p" not in stratify(classes[:1])


def test_holm_by_hand_within_families():
    p = pd.Series([0.01, 0.04, 0.03, np.nan, 0.04])
    family = pd.DataFrame({"dataset": ["a", "a", "a", "a", "b"]})
    adjusted = holm(p, family)
    assert adjusted.tolist()[:3] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(adjusted[3])
    assert adjusted[4] == pytest.approx(0.04)


def test_holm_is_that_of_statsmodels():
    rng = np.random.default_rng(0)
    for p in (pd.Series(rng.random(size) ** 3) for size in (1, 7, 40)):
        assert holm(p).tolist() == multipletests(p, method="holm")[1].tolist()


def test_the_rule_of_the_verdict():
    grid = [(0.01, 0.9), (0.01, 0.01), (0.9, 0.01), (0.9, 0.9), (np.nan, np.nan)]
    assert tuple(verdict(*pair, alpha=0.05) for pair in grid) == VERDICTS
    assert verdict(0.01, np.nan, alpha=0.05) == "dependent"
    assert verdict(0.9, np.nan, alpha=0.05) == "undecided"


def test_runs_are_paired_by_id_and_the_rest_is_counted():
    first = pd.Series([1, 1, 1, 1, 0, 0], index=list("abcdef"))
    second = pd.Series([0, 1, 1, 0, 0, 0, 0], index=list("fedcbag"))
    row = compare(first, second)
    # a and b only the first has right, e only the second; g is unpaired
    expected = {"n": 6, "unpaired": 1, "first_only": 3, "second_only": 1}
    assert {name: row[name] for name in expected} == expected
    assert row["difference"] == pytest.approx(2 / 6)
    assert row["mcnemar_p"] == pytest.approx(binomtest(1, 4).pvalue)
    assert -1 < row["difference_low"] < row["difference"] < row["difference_high"] < 1


@given(st.tuples(*[st.integers(0, 300)] * 4).filter(any))
@example((5, 0, 0, 5))
def test_the_exact_p_of_pairs_is_statsmodels_one(cells):
    both, first_only, second_only, neither = cells
    first = pd.Series([1] * both + [1] * first_only + [0] * second_only + [0] * neither)
    second = pd.Series([1] * both + [0] * first_only + [1] * second_only + [0] * neither)
    expected = mcnemar(np.reshape(cells, (2, 2)), exact=True).pvalue
    assert compare(first, second)["mcnemar_p"] == pytest.approx(expected, rel=1e-10)


def test_paired_intervals_are_newcombes():
    # Newcombe (1998), Stat Med 17:2635, the table 36, 12, 2, 0 by method 10
    assert difference_interval(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=5e-5)


@given(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_a_paired_interval_holds_its_estimate(cells):
    low, high = difference_interval(*cells)
    assert -1 <= low <= (cells[1] - cells[2]) / sum(cells) <= high <= 1


def test_a_difference_of_all_items_is_in_its_interval():
    row = compare(pd.Series([0] * 80), pd.Series([1] * 80))
    assert row["difference"] == row["difference_low"] == -1 < row["difference_high"] < -0.9


def test_pairs_of_clusters_have_both_intervals_and_fall_back_on_items():
    items = list("abcdefghijkl")
    first = pd.Series([1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0], index=items)
    second = pd.Series([0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0], index=items)
    clusters = pd.Series([number // 2 for number in range(12)], index=items)
    plain, row = compare(first, second), compare_clusters(first, second, clusters)
    expected = clustered_mean((first - second).to_numpy(), clusters.to_numpy())
    assert (row["difference_low"], row["difference_high"], row["clustered_p"]) == expected[3:]
    assert row["clusters"] == 6 and row["mcnemar_p"] == plain["mcnemar_p"]
    assert (row["difference_item_low"], row["difference_item_high"]) == (
        plain["difference_low"],
        plain["difference_high"],
    )
    same = compare_clusters(first, first, clusters)
    assert same["difference_low"] == same["difference_item_low"] < 0 < same["difference_high"]
    assert same["clustered_p"] == same["mcnemar_p"] == 1


def test_runs_without_a_common_item_are_counted_only():
    row = compare(pd.Series([1, 0], index=["a", "b"]), pd.Series([1], index=["c"]))
    assert row == {"n": 0, "unpaired": 3, "first_only": 0, "second_only": 0}


def one_hot(cells):
    return np.eye(4)[np.asarray(cells)]


def test_one_seed_pooled_has_the_interval_of_its_table():
    cells = one_hot(np.repeat(range(4), LLAMA_CORRECT))[None]
    drawn = draw_pooled_tables(cells, 4000, 0)
    alone = draw_tables(LLAMA_CORRECT, 4000, 1)
    assert np.allclose(drawn.sum(axis=1), 1)
    assert phi(drawn).mean() == pytest.approx(phi(alone).mean(), abs=0.003)
    assert phi(drawn).std() == pytest.approx(phi(alone).std(), rel=0.05)


def test_seeds_that_repeat_the_same_items_do_not_narrow_the_interval():
    cells = one_hot(np.repeat(range(4), LLAMA_CORRECT))
    low, high = phi_interval(*LLAMA_CORRECT)
    row = pool(np.stack([cells] * 3), SETTINGS)
    assert row["phi_high"] - row["phi_low"] == pytest.approx(high - low, rel=0.05)


def test_pooled_seeds_without_a_right_trace_have_shares_only():
    row = pool(one_hot([[1, 1, 3, 3], [1, 3, 3, 3]]), FAST)
    names = ("p_joint", "p_answer_given_trace_wrong")
    assert set(row) == {f"{name}{end}" for name in names for end in ("", "_low", "_high")}
    assert row["p_answer_given_trace_wrong"] == 3 / 8


def test_seeds_that_differ_widen_the_interval():
    rng = np.random.default_rng(0)
    seeds = [one_hot(rng.choice(4, p=p, size=950)) for p in ([0.4, 0.1, 0.1, 0.4], [0.25] * 4, [0.25] * 4)]
    low, high = phi_interval(*map(int, seeds[0].sum(axis=0)))
    row = pool(np.stack(seeds), FAST)
    assert row["phi_high"] - row["phi_low"] > 2 * (high - low)


@pytest.fixture
def scores(tmp_path):
    axes = GRID.datasets, GRID.models, GRID.arms, [0]
    sizes = {"cotempqa": 120, "babi": 66}
    paths = [path for name in ("published", "aligned") for path in write_scores(tmp_path, *axes, name, sizes)]
    return in_pairs(read_scores(paths))


def test_statistics_have_the_promised_columns_and_the_counts_of_the_matrix(scores):
    table = statistics_table(scores, GRID, FAST)
    assert ",".join(table.columns) == (
        "dataset,model,arm,seed,scorer,step,n,clusters,both_ok,answer_only_ok,trace_only_ok,neither_ok,"
        + "".join(f"{name},{name}_low,{name}_high,{name}_item_low,{name}_item_high," for name in ESTIMATES)
        + "chi2,chi2_p,chi2_yates,chi2_yates_p,"
        "chi2_percent,chi2_percent_p,exact_test,exact_p,mutual_information,g_p,clustered_p,"
        "tost_phi_p,tost_risk_difference_p,power,minimum_phi,"
        "phi_within,phi_within_low,phi_within_high,within_p,tost_phi_within_p,"
        "cmh_p,pooled_odds_ratio,pooled_odds_ratio_low,pooled_odds_ratio_high,breslow_day_p,"
        "p,holm_p,verdict,marginal_p,marginal_verdict,note"
    )
    matrix = trace_answer_matrix(scores, GRID).query("`class` == 'all'").drop(columns="class")
    pd.testing.assert_frame_equal(
        table[[*COLUMNS[:6], "n", *CELLS]], matrix[[*COLUMNS[:6], "n", *CELLS]].reset_index(drop=True)
    )
    assert list(table["model"].unique()) == list(GRID.models)
    assert list(table["step"].unique()) == ["class", "facts", "trace"]
    assert set(table["arm"]) == {"correct", "incorrect"}
    # a family: two models, two arms, three steps
    for _, family in table.groupby(["dataset", "scorer"]):
        assert len(family) == 12
        raw = family["exact_p"].fillna(family["within_p"])
        assert (family["marginal_p"] == family["exact_p"].fillna(family["clustered_p"])).all()
        assert (family["holm_p"].dropna() >= raw[family["holm_p"].notna()]).all()
        assert family["holm_p"].min() == pytest.approx(min(1, raw.min() * raw.notna().sum()))


def test_a_refused_row_says_why_and_undefined_numbers_are_empty(scores):
    scores["trace_ok"] = scores["trace_ok"].mask(scores["arm"] == "incorrect", 0)
    table = statistics_table(scores, GRID, FAST).query("arm == 'incorrect' and step == 'trace'")
    assert set(table["verdict"]) == {"refused"}
    assert set(table["note"]) == {"no right trace"}
    assert table.loc[:, "risk_difference":"holm_p"].isna().all(axis=None)
    assert table["p_answer_given_trace_ok"].isna().all()
    assert (table["p_joint"] == 0).all()
    assert "refused: no right trace" in set(show_statistics(table)["Verdict within classes"])


def test_items_that_enter_no_matrix_are_counted(scores):
    out = (scores["arm"] == "correct") & (scores["scorer"] == "published") & (scores.index % 10 == 0)
    scores.loc[out, ["class_ok", "facts_ok", "trace_ok"]] = None
    table = statistics_table(scores, GRID, FAST)
    rows = table.query("dataset == 'cotempqa' and arm == 'correct' and scorer == 'published'")
    assert set(rows["n"]) == {108}
    assert all(note.startswith("12 items without a verdict") for note in rows["note"])
    assert set(table.query("dataset == 'cotempqa' and scorer == 'aligned'")["n"]) == {120}


def test_several_seeds_have_a_row_each_and_one_of_all(tmp_path):
    grid = Grid(["cotempqa"], ["Qwen3-1.7B"], ["none", "correct"])
    scores = in_pairs(
        read_scores(
            write_scores(tmp_path, grid.datasets, grid.models, grid.arms, [3, 0, 11], items={"cotempqa": 80})
        )
    )
    table = statistics_table(scores, grid, FAST)
    assert [str(seed) for seed in table["seed"]] == [s for s in ("0", "3", "11", "all") for _ in range(3)]
    seeds, pooled = table[table["seed"] != "all"], table[table["seed"] == "all"]
    assert pooled[CELLS].to_numpy().tolist() == seeds.groupby("step")[CELLS].sum().to_numpy().tolist()
    assert pooled.loc[:, "odds_ratio":"g_p"].replace("", np.nan).isna().all(axis=None)
    assert pooled[["phi", "phi_low", "phi_high", "holm_p"]].notna().all(axis=None)
    assert pooled["phi"].tolist() == pytest.approx(phi(pooled[CELLS].to_numpy()).tolist())
    assert set(pooled["note"]) == {"3 seeds of 80 items"}


def test_comparisons_take_every_pair_once(scores):
    table = comparisons_table(scores, GRID, FAST)
    assert ",".join(table.columns) == (
        "dataset,scorer,seed,kind,fixed,first,second,n,unpaired,clusters,first_only,second_only,"
        "difference,difference_low,difference_high,difference_item_low,difference_item_high,"
        "mcnemar_p,clustered_p,holm_p"
    )
    # in each dataset and by each scorer: three pairs of arms in two models, one pair of models in three arms
    assert table.groupby(["dataset", "scorer", "kind"]).size().tolist() == [6, 3] * 4
    row = table.query("dataset == 'babi' and scorer == 'aligned' and kind == 'models' and fixed == 'none'")
    right = scores.query("dataset == 'babi' and scorer == 'aligned' and arm == 'none'").groupby("model")
    means = right["answer_ok"].mean()
    assert row["difference"].item() == pytest.approx(means[row["first"].item()] - means[row["second"].item()])


def test_choices_are_checked_in_one_sentence(tmp_path):
    path = tmp_path / "statistics.yaml"
    text = CHOICES.read_text()
    path.write_text(text.replace("phi: 0.10", "phi: 1.5"))
    with pytest.raises(ConfigError, match=r"statistics.yaml: margins.phi: 1.5 should be less than 1"):
        read_settings(path)
    path.write_text(text.replace("small_cell:", "smal_cell:"))
    with pytest.raises(ConfigError, match="did you mean 'small_cell'"):
        read_settings(path)
    assert read_yaml(CHOICES)["margins"] == {"phi": 0.10, "risk_difference": 0.05}


def test_numbers_are_written_for_readers_and_p_in_full():
    frame = pd.DataFrame({"phi": [-0.0561, np.nan], "phi_low": [-0.11, np.nan], "phi_high": [0.01, np.nan]})
    assert show_estimates(frame, "phi") == ["−0.06 [−0.11, 0.01]", "–"]
    assert [show_p(p) for p in (2.62e-9, 0.0412, np.nan)] == ["2.6e−09", "0.041", "–"]
    assert exact_p_values(pd.DataFrame({"g_p": [2.62e-9, np.nan]}))["g_p"].tolist() == ["2.62e-09", ""]


def run_rule(folder, arms):
    """Write both tables of a made-up run below a folder, as the rule does."""
    axes = ["babi"], ["Qwen3-1.7B"], arms, [0, 1]
    scores = [str(path) for path in write_scores(folder, *axes, items={"babi": 44})]
    outputs = {
        f"{name}_{kind}": str(folder / "tables" / f"{name}.{kind}")
        for name in ("statistics", "comparisons")
        for kind in ("csv", "md")
    }
    questions = write_questions(folder, {"babi": [f"babi-{number}" for number in range(44)]})
    inputs = {"scores": scores, "questions": list(map(str, questions)), "settings": str(CHOICES)}
    params = {"datasets": ["babi"], "models": ["Qwen3-1.7B"], "arms": arms}
    run_script("tabulate_statistics", inputs, outputs, params, folder / "log")


def test_a_run_without_traces_or_pairs_has_empty_tables(tmp_path):
    run_rule(tmp_path, ["none"])
    for name in ("statistics", "comparisons"):
        assert len((tmp_path / "tables" / f"{name}.csv").read_text().splitlines()) == 1
