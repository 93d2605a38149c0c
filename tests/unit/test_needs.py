"""What a submitted job asks for: what its dataset and model need, with a margin, at most the profile's."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from snakemake.resources import Resource, Resources
from snakemake.utils import update_config
from support.examples import ROOT
from support.looked_up import LOOKED_UP, find_wrong
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.run.forecast import Pace, compare_cuts, tabulate_jobs
from tracekd.tables.forecast import HEAD_MARGIN
from tracekd.workflow.cluster import Needs, choose_kind
from tracekd.workflow.directives import ask_by_need
from tracekd.workflow.forecast import DEVICES, get_added
from tracekd.workflow.run import Run, read_run

PROFILE = read_yaml(ROOT / "profiles/slurm/config.yaml")["set-resources"]


def make_run(name: str | None = None, **changes) -> Run:
    """The demo, or the run of a shipped configuration, with other values of some keys."""
    config = read_yaml(ROOT / "config.yaml")
    if name:
        update_config(config, read_yaml(ROOT / f"config/{name}.yaml"))
    return read_run({**config, **changes})


@pytest.fixture(scope="module")
def needs():
    """Needs of the paper's grid, without the records of runs in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        found = Needs(make_run("paper"))
        found._forecast.__dict__["learned"] = {}
        return found


def wildcards(dataset, model, arm="correct"):
    return {"run": "paper", "dataset": dataset, "model": model, "arm": arm, "seed": "121"}


def ask(needs, rule, attempt=1, profile=PROFILE, **job):
    """Resources of a job of a rule that has those of the profile."""
    resources = Resources(
        {name: Resource.from_cli_expression(name, str(value)) for name, value in profile[rule].items()}
    )
    ask_by_need(SimpleNamespace(resources=resources), needs)
    given = {"input": [], "attempt": attempt, "threads": 8, "rulename": rule, "async_run": None}
    return {name: one.evaluate(wildcards(**job), **given).value for name, one in resources.items()}


SMALL, LARGE = "Llama-3.2-1B-Instruct", "Qwen3-8B"


def test_a_short_job_of_a_small_model_asks_for_little(needs):
    found = ask(needs, "train_adapters", dataset="babi", model=SMALL)
    # 3 epochs of 3,773 conversations of 170 tokens, 6 operations for each of 1.24e9 weights, 40e12 a second
    seconds = 60 + 3 * 3773 * 170 * 6 * 1.24e9 / 40e12
    assert found["runtime"] == math.ceil(15 + 2 * seconds / 60) == 29
    assert found["mem_mb"] == 3000 + 4 * 1240
    assert (found["gres"], found["slurm_partition"]) == ("gpu:1", "gpu")


def test_what_is_asked_for_grows_by_the_attempt(needs):
    first, third = (ask(needs, "generate", n, dataset="babi", model=SMALL) for n in (1, 3))
    assert {name: third[name] / first[name] for name in ("mem_mb", "runtime")} == {"mem_mb": 3, "runtime": 3}


def test_the_profile_is_the_most_that_is_asked_for(needs):
    found = ask(needs, "train_adapters", dataset="ms_marco", model=LARGE)
    assert found["runtime"] == 480 and found["mem_mb"] < 40_000
    assert ask(needs, "train_adapters", 2, dataset="ms_marco", model=LARGE)["runtime"] == 960


def test_a_job_of_which_nothing_is_known_asks_for_the_profile_s_numbers(needs):
    given = Needs(SimpleNamespace(given=True))
    for unknown in (
        ask(given, "intervene", dataset="x", model="y"),
        ask(needs, "intervene", dataset="x", model="y"),
    ):
        assert (unknown["mem_mb"], unknown["runtime"]) == (40_000, 480)


def test_jobs_that_were_slower_than_assumed_count_and_faster_ones_do_not(needs):
    def ask_after(factor):
        needs._forecast.__dict__["learned"] = {("generate", SMALL): Pace(factor, 3)}
        needs.__dict__.pop("_jobs", None)
        return ask(needs, "generate", dataset="babi", model=SMALL)["runtime"]

    try:
        slow, fast, as_assumed = ask_after(2.0), ask_after(0.1), ask_after(1.0)
    finally:
        needs._forecast.__dict__["learned"] = {}
        needs.__dict__.pop("_jobs", None)
    assert slow - 15 == pytest.approx(2 * (as_assumed - 15), abs=2) and fast == as_assumed


def test_one_key_names_several_kinds_of_gpu(needs):
    profile = {"preflight": PROFILE["preflight"] | {"gres": "gpu:t4:1 <=2.1e9; gpu:a100:1"}}
    kinds = [
        ask(needs, "preflight", profile=profile, dataset="babi", model=one)["gres"] for one in (SMALL, LARGE)
    ]
    assert kinds == ["gpu:t4:1", "gpu:a100:1"]


@pytest.mark.parametrize(
    ("text", "weights", "kind"),
    [
        ("gpu:1", 1e9, "gpu:1"),
        ("gpu:1", math.nan, "gpu:1"),
        ("a;b", 1e9, "a"),
        ("small <=2e9; middle <= 1e10; large", 2e9, "small"),
        ("small <=2e9; middle <= 1e10; large", 8e9, "middle"),
        ("small <=2e9; middle <= 1e10; large", 7e10, "large"),
        ("small <=2e9; large", math.nan, "large"),
    ],
)
def test_kinds_are_chosen_by_the_weights_of_the_model(text, weights, kind):
    assert choose_kind(text, weights) == kind


def test_a_model_that_is_too_large_for_every_kind_is_refused():
    with pytest.raises(ConfigError, match=r"names no kind for a model of 8e\+09 weights \(add a last kind"):
        choose_kind("small <=2e9", 8e9)


def test_arms_as_long_as_a_teacher_s_words_are_longer():
    run = make_run("teacher_demo", arms=["none", "correct", "r1", "r1_summary", "correct_padded"], study=None)
    words = run.config["teacher"]["endpoints"]
    traces, summaries = (words[kind]["typical_tokens"] for kind in ("r1", "r1_summary"))
    assert get_added(run) == {"r1": traces, "r1_summary": summaries, "correct_padded": traces}
    assert get_added(make_run("paper")) == {}


def test_wildcards_are_those_of_jobs_that_there_will_be(needs):
    trained = needs.list_wildcards("train_adapters")
    assert len(trained) == 3 * 4 * 5
    assert {"dataset": "babi", "model": SMALL, "arm": "correct"} in trained
    # it is not trained
    assert not [one for one in trained if one["arm"] == "prompt_only"]
    assert {"model": LARGE} in needs.list_wildcards("preflight")
    assert needs.list_wildcards("read_questions") == [{}]
    assert Needs(SimpleNamespace(given=True)).list_wildcards("generate") == [{}]


def write_tables(needs, folder):
    """Write what the page on clusters says of the paper's grid: stages, ways to cut it, what jobs ask for."""
    table = tabulate_jobs(needs._forecast.list_jobs())
    stages = table.groupby("stage", as_index=False).agg({"jobs": "sum", "hours": "sum", "longest": "max"})
    stages.to_csv(folder / "forecast_stages.csv", index=False)
    cuts = compare_cuts(needs._forecast.list_cuts(), DEVICES)
    days = {f"days_{count}": cuts[f"hours_{count}"] / 24 for count in DEVICES}
    head = np.ceil(HEAD_MARGIN * days["days_4"])
    cuts.assign(**days, head_4=head).to_csv(folder / "forecast_cuts.csv", index=False)
    asked = [
        {"rule": "train_adapters", "dataset": dataset, "model": model}
        | ask(needs, "train_adapters", dataset=dataset, model=model)
        for dataset, model in (("babi", SMALL), ("ms_marco", LARGE))
    ]
    table = pd.DataFrame(asked)
    table.assign(gb=table["mem_mb"] / 1000).to_csv(folder / "forecast_asked.csv", index=False)


def test_the_numbers_of_the_page_on_clusters_are_those_of_the_forecast(needs, tmp_path):
    write_tables(needs, tmp_path)
    page = ROOT / "docs/cluster.md"
    assert len(LOOKED_UP.findall(page.read_text("utf-8"))) >= 40
    assert find_wrong(page, tmp_path) == []
