"""The benchmarks: ratios that can be worked out by hand, and every part of them once on next to nothing."""

import runpy

import pandas as pd
import pytest
from support.bench_data import in_a_row
from support.examples import ROOT
from support.looked_up import find_wrong
from support.measuring import Limits, Row, compare, interleave, write_bench

PARTS = ("readers", "traces", "verifier", "scorers", "tables", "page")


def run(script, *arguments):
    """Run a script of tests/benchmark in this process, which may have loaded torch already."""
    runpy.run_path(str(ROOT / f"tests/benchmark/{script}.py"))["main"](list(map(str, arguments)))


def test_a_ratio_is_ours_over_the_other_way():
    rows = compare(
        "training", {"ours": 300.0, "released": 100.0, "plain": 600.0}, "tokens/s", "cpu", {"ours": 0.5}
    )
    assert [(row.variant, row.ratio) for row in rows] == [("ours", 1), ("released", 3), ("plain", 0.5)]
    assert rows[0] == Row("training", "ours", 300.0, "tokens/s", 1.0, 0.5, "cpu")
    assert pd.isna(rows[1].floor_ratio)


def test_one_way_alone_has_no_ratio():
    (row,) = compare("readers", {"ours": 7.0}, "items/s", "cpu")
    assert pd.isna(row.ratio)


def test_a_way_that_takes_three_times_as_long_is_a_third_as_fast():
    done = []
    now = {"time": 0.0}

    def take(name, seconds):
        done.append(name)
        now["time"] += seconds
        return 12

    works = {"ours": lambda: take("ours", 2), "slow": lambda: take("slow", 6)}
    speeds = interleave(works, 3, clock=lambda: now["time"])
    assert speeds == {"ours": 6, "slow": 2}
    assert done == ["ours", "slow"] * 3
    assert [row.ratio for row in compare("x", speeds, "items/s", "cpu")] == [1, 3]


def test_the_limit_that_binds_counts():
    limits = Limits(flops_per_s=1000, bytes_per_s=50)
    # 4 units a second: 400 of 1,000 operations, 40 of 50 bytes
    assert limits.share(4, flops=100, bytes_moved=10) == pytest.approx(0.8)
    assert limits.share(4, flops=100, bytes_moved=1) == pytest.approx(0.4)


def test_works_in_a_row_take_the_sum_of_their_times():
    assert in_a_row(2, 2, 1) == pytest.approx(0.5)


def test_numbers_are_written_to_four_digits_and_missing_ones_as_nothing(tmp_path):
    write_bench([Row("a", "ours", 12345.678, "items/s", float("nan"), 0.123456, "cpu")], tmp_path / "b.csv")
    header, row = (tmp_path / "b.csv").read_text().splitlines()
    assert header == "name,variant,value,unit,ratio,floor_ratio,device"
    assert row == "a,ours,12350.0,items/s,,0.1235,cpu"


def test_the_whole_benchmark_runs(tmp_path):
    run("bench", "--quick", "--out", tmp_path)
    rows = pd.read_csv(tmp_path / "bench.csv").set_index(["name", "variant"])
    for name, variants in {
        "training": ("ours", "released", "plain"),
        "generation": ("ours", "released", "plain"),
        "interventions": ("ours", "plain"),
        **dict.fromkeys(PARTS, ("1x", "2x")),
    }.items():
        found = rows.loc[name]
        assert tuple(found.index) == variants
        assert list(found["ratio"]) == pytest.approx(found["value"].iloc[0] / found["value"], rel=2e-3)
        assert (found["value"] > 0).all()
    assert rows.loc["training", "floor_ratio"].between(0, 1).all()
    assert (rows.loc["generation_same_text", "value"] == 1).all()
    assert rows.loc[("generation_batched", "float32"), "value"] == 1
    assert (tmp_path / "bench.png").stat().st_size and (tmp_path / "bench.pdf").stat().st_size


def test_the_benchmark_of_a_gpu_runs_without_one_on_a_tiny_shape(tmp_path):
    run("bench_gpu", "--shapes", "tiny", "--out", tmp_path)
    rows = pd.read_csv(tmp_path / "bench_gpu.csv").set_index(["name", "variant"])
    for name in ("training tiny", "generation tiny"):
        assert tuple(rows.loc[name].index) == ("ours", "released")
        assert rows.loc[name, "floor_ratio"].between(0, 1).all()
    assert (rows.loc["machine tiny", "value"] > 0).all()


def test_every_number_of_the_page_is_that_of_the_kept_tables():
    page = ROOT / "docs/performance.md"
    assert not find_wrong(page, ROOT / "docs/bench")
