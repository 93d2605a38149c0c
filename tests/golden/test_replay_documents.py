"""Numbers in README and docs/findings.md are those of a replay of the released generations at hand."""

import shutil

import pandas as pd
import pytest
from support.examples import ROOT
from support.looked_up import find_unsourced, find_wrong, update
from support.workflow import copy_project, snakemake

pytestmark = pytest.mark.workflow
TABLES = [f"results/replay/tables/{name}.csv" for name in ("claims", "contrasts")]
FINDINGS = ROOT / "docs/findings.md"
PAGES = [
    ROOT / "README.md",
    *(ROOT / f"docs/{name}.md" for name in ("findings", "replay", "scorers", "statistics")),
]


@pytest.fixture(scope="module")
def tables(released_files, tmp_path_factory):
    """The tables of a replay of these files alone, whatever else the mirror holds."""
    folder = tmp_path_factory.mktemp("documents")
    for dataset in ("cotempqa", "babi"):
        table, cells, source = released_files(dataset)
        for path in (path for one in (table, *cells) for path in one.paths.values()):
            link = folder / source.name / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source / path)
    project = copy_project(folder / "project")
    snakemake(project, *TABLES, "--configfile", "config/replay.yaml", "--config", f"mirror={folder}")
    return project / "results/replay/tables"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_number_that_names_its_table_is_that_of_the_table(page, tables):
    assert not find_wrong(page, tables)


def test_every_number_of_the_findings_names_its_table():
    assert not find_unsourced(FINDINGS)


def test_another_number_in_a_table_is_noticed_and_can_be_written_anew(tables, tmp_path):
    folder = shutil.copytree(tables, tmp_path / "tables")
    follow = pd.read_csv(folder / "counterfactual.csv")
    planted = (
        (follow["arm"] == "correct") & follow["model"].str.startswith("Llama") & (follow["named"] == "any")
    )
    follow.loc[planted, "excess"] = 12.34
    follow.to_csv(folder / "counterfactual.csv", index=False)
    assert {(one.printed, one.found) for one in find_wrong(FINDINGS, folder)} == {("65.1", "12.3")}
    page = tmp_path / "findings.md"
    page.write_text(FINDINGS.read_text("utf-8"), "utf-8")
    update(page, folder)
    assert not find_wrong(page, folder)


def test_what_the_findings_say_without_a_number(tables):
    contrasts = pd.read_csv(tables / "contrasts.csv")
    cotempqa = contrasts[contrasts["dataset"] == "cotempqa"]
    assert not (cotempqa.query("other == 'none'")["low"] > 0).any()
    pair = cotempqa.query("arm == 'incorrect' and other == 'correct' and model == 'Qwen3-1.7B'")
    assert ((pair["low"] < 0) & (pair["high"] > 0)).all()
    claims = pd.read_csv(tables / "claims.csv").set_index("id")
    assert (claims.query("verdict == 'deviates'")["holm_p"] >= 0.05).all()
    headline = claims.query("group == 'headline'").set_index("quantity")["verdict"]
    assert headline["trace p_joint"] == "compatible"
    assert headline["trace p_answer_given_trace_ok"] == "not testable"


def test_released_score_files_are_all_reproduced(tables):
    """Every number of the 32 CoTempQA files of these two models that is no mean of others."""
    claims = pd.read_csv(tables / "claims.csv", keep_default_na=False)
    files = claims[
        (claims["group"] == "run_2") & claims["model"].isin(["Llama-3.2-1B-Instruct", "Qwen3-1.7B"])
    ]
    assert set(files["verdict"]) == {"reproduced", "derived"}
    equal = (files["published"].astype(float) - files["recomputed_published"].astype(float)).abs()
    assert (equal <= 0.05 + 1e-6).all()
