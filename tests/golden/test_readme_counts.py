"""README counts published numbers as the ledger of a replay does."""

import pandas as pd
import pytest
from support.examples import ROOT
from support.workflow import copy_project, snakemake
from tracekd.labels import count

pytestmark = pytest.mark.workflow
LEDGER = "results/replay/tables/claims.csv"
SMALL = ("Llama-3.2-1B-Instruct", "Qwen3-1.7B")


@pytest.fixture(scope="module")
def ledger(released_files, tmp_path_factory):
    """The ledger of a replay of these files alone, whatever else the mirror holds."""
    folder = tmp_path_factory.mktemp("readme")
    for dataset in ("cotempqa", "babi"):
        table, cells, source = released_files(dataset)
        for path in (path for one in (table, *cells) for path in one.paths.values()):
            link = folder / source.name / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source / path)
    project = copy_project(folder / "project")
    snakemake(project, LEDGER, "--configfile", "config/replay.yaml", "--config", f"mirror={folder}")
    return pd.read_csv(project / LEDGER)


def test_readme_says_what_the_ledger_counts(ledger):
    of = ledger["verdict"].value_counts()
    missing = ledger[ledger["verdict"] == "data missing"]
    known, unknown = missing[missing["file"].notna()], missing[missing["file"].isna()]
    small, marco = known["model"].isin(SMALL), known["dataset"] == "ms_marco"
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    for words in (
        f"Of the {count(len(ledger))} numbers {of['reproduced']} are reproduced",
        f"{of['compatible']} were measured on other runs of the models and are compatible",
        f"{of['deviates']} deviate",
        f"{of['not testable']} cannot be tested by any run",
        f"{of['data missing']} need generations that are not among these files",
        f"would bring {len(known)} of them: {marco.sum()} on MS MARCO",
        f"{(~small & ~marco).sum()} of the 8B models",
        f"{(small & (known['dataset'] == 'babi')).sum()} of Qwen3-1.7B on bAbI",
        f"and {(small & (known['dataset'] == 'cotempqa')).sum()} of three later runs",
        f"the other {len(unknown)}, {(unknown['dataset'] == 'cotempqa_r1_split').sum()} of them about the R1",
    ):
        assert words in readme
