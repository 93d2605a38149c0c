"""Reference pages: generated ones are those of the code, that of tables has the columns of the files."""

import json
import re
import subprocess
import sys
from dataclasses import fields
from typing import get_args

import pandas as pd
import pytest
from support.columns import check_columns, find_faults, read_page
from support.examples import ROOT, make_question
from support.run_data import make_baselines, make_scores
from tracekd.claims.findings import Finding
from tracekd.claims.main import MainClaim
from tracekd.core.records import SCHEMAS
from tracekd.datasets import DATASETS
from tracekd.datasets.quirks import Quirk
from tracekd.datasets.rows import Grid
from tracekd.experiment.traces import TRACES
from tracekd.interventions.prefills import CONDITIONS
from tracekd.reference.files import RECORDS
from tracekd.reference.names import names_page, say_expected
from tracekd.reference.rules import join_files
from tracekd.scoring import SCORERS
from tracekd.scoring.baselines import BASELINES, score_baselines
from tracekd.scoring.readings import columns as reading_columns
from tracekd.scoring.score import write_scores
from tracekd.settings.base import branches
from tracekd.settings.experiment import Context
from tracekd.settings.reference import COMMAND
from tracekd.tables import (
    ablation,
    claims,
    comparisons,
    contrasts,
    copying,
    counterfactual,
    definitions,
    differences,
    dose,
    experiment,
    follow,
    inputs,
    interventions,
    lengths,
    mixed_model,
    statistics,
    trace_types,
)
from tracekd.tables.answer_scores import answer_scores
from tracekd.tables.datasets import datasets_table
from tracekd.tables.hyperparameters import hyperparameters_table
from tracekd.tables.main_claims import main_claims_table
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.results import classes_table, results_table
from tracekd.teacher import judgement
from tracekd.traces import properties
from tracekd.traces.arms import ARMS
from tracekd.traces.verification import EXPECTED, Expected

# in a process of its own: other tests add arms, and reading the rule files changes paths and signals
GENERATE = """
import json
from pathlib import Path
from tracekd.reference.pages import reference_files
from tracekd.reference.rules import read_rules
from tracekd.settings.reference import ROOT
pages = {path.name: path.read_text("utf-8") == text for path, text in reference_files().items()}
print(json.dumps({"pages": pages, "writes": [path for rule in read_rules(ROOT) for path in rule.writes]}))
"""


@pytest.fixture(scope="module")
def generated():
    done = subprocess.run(
        [sys.executable, "-c", GENERATE], cwd=ROOT / "scripts", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("page", ["reference.md", "files.md"])
def test_a_page_is_that_of_the_code(generated, page):
    assert generated["pages"][page], f"{page} is out of date; run: {COMMAND}"


@pytest.mark.slow
def test_every_rule_is_on_the_page_once_and_records_are_those_that_rules_write(generated):
    rules = re.findall(
        r"^ *rule (\w+):", "".join(path.read_text("utf-8") for path in ROOT.glob("rules/*.smk")), re.M
    )
    page = (ROOT / "docs/files.md").read_text("utf-8")
    # of one name there may be a rule in each of several files
    titles = [title for title in re.findall(r"^### (\w+)$", page, re.M) if title not in RECORDS]
    assert len(rules) > 60 and sorted(titles) == sorted(rules)
    written = {file for files in RECORDS.values() for file in files if file.startswith("results/")}
    assert written <= set(generated["writes"])


@pytest.mark.slow
def test_the_page_of_tables_has_every_csv_file_that_a_rule_writes_and_no_other(generated):
    written = {
        path.removeprefix("results/{run}/").replace("study_SIMULATED_", "study_")
        for path in generated["writes"]
        if path.endswith(".csv")
    }
    # in the folder of a model, which a rule writes as one
    written.add("models/{model}/training_log.csv")
    assert len(written) > 40 and set(read_page()) == written


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_a_record_says_what_it_is(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    for field, rule in walk(schema, schema):
        assert rule.get("description"), field


def walk(rule, schema):
    """Every (name, rule) of the fields of a schema."""
    for one in branches(rule, schema):
        for name, field in one.get("properties", {}).items():
            yield name, field
            yield from walk(field, schema)
        for word in ("items", "additionalProperties"):
            if isinstance(one.get(word), dict):
                yield from walk(one[word], schema)


def test_every_name_is_on_its_page():
    page = names_page()
    known = [*ARMS, *DATASETS, *CONDITIONS, *SCORERS, *get_args(Context), *TRACES, *BASELINES, *Quirk]
    assert [name for name in known if not re.search(rf"^\| `?{re.escape(name)}`? \|", page, re.M)] == []
    assert "| `VerificationError` | A training trace is not what its label says. |" in page


def test_the_verifier_is_told_in_words():
    assert say_expected(EXPECTED["wrong_near"]) == "decomposed: steps right, facts wrong (near ones)"
    assert (
        say_expected(EXPECTED["mixed_25"]) == "decomposed: steps right; of 25 % of the questions, else wrong"
    )
    assert say_expected(Expected(True, backwards=True)) == "decomposed: steps right, backwards"
    assert say_expected(EXPECTED["filler"]) == "filler"


def test_files_are_written_as_one_where_only_name_or_ending_differ():
    tables = [f"t/{name}.{ending}" for name in ("a", "b") for ending in ("csv", "md")]
    assert join_files([*tables, "t/c.csv", "f/{x}.pdf", "f/y.pdf", "folder/"]) == [
        *("t/{a,b}.{csv,md}", "t/c.csv", "f/{x}.pdf", "f/y.pdf", "folder/")
    ]


CELL = "{dataset}/{model}/{arm}/seed{seed}"
DECLARED = {
    f"readings/{CELL}.csv": reading_columns(["class", "facts"]),
    "teacher/{dataset}/judgement.csv": judgement.COLUMNS,
    "trace_properties/{dataset}/{arm}.csv": properties.COLUMNS,
    "tables/claims.csv": claims.COLUMNS,
    "tables/comparisons.csv": comparisons.COLUMNS,
    "tables/contrasts.csv": contrasts.COLUMNS,
    "tables/copying.csv": copying.columns(copying.associations(["cotempqa", "babi"])),
    "tables/counterfactual.csv": counterfactual.COLUMNS,
    "tables/definitions.csv": definitions.COLUMNS,
    "tables/dose_contrasts.csv": dose.CONTRAST_COLUMNS,
    "tables/dose_trend.csv": dose.TREND_COLUMNS,
    "tables/experiment_effects.csv": experiment.EFFECT_COLUMNS,
    "tables/experiment_items.csv": experiment.ITEM_COLUMNS,
    "tables/experiment_left_out.csv": experiment.LEFT_OUT_COLUMNS,
    "tables/findings.csv": Finding._fields,
    "tables/follow.csv": follow.COLUMNS,
    "tables/inputs.csv": inputs.COLUMNS,
    "tables/intervention_pairs.csv": interventions.PAIR_COLUMNS,
    "tables/interventions.csv": interventions.COLUMNS,
    "tables/item_differences.csv": differences.COLUMNS,
    "tables/lengths.csv": lengths.COLUMNS,
    "tables/mixed_model.csv": mixed_model.COLUMNS,
    "tables/scorer_ablation.csv": ablation.COLUMNS,
    "tables/statistics.csv": statistics.COLUMNS,
    "tables/trace_types.csv": trace_types.TYPES,
    "tables/trace_value.csv": trace_types.VALUE,
}


@pytest.mark.parametrize("pattern", DECLARED)
def test_declared_columns_are_those_of_the_page(pattern):
    assert find_faults(pattern, DECLARED[pattern]) == []


def test_made_tables_have_the_columns_of_the_page():
    grid = Grid(["babi"], ["m"], ["none", "correct"])
    scores = make_scores(grid.datasets, grid.models, grid.arms, [0, 1], "published")
    questions = [make_question("babi", id=split, split=split) for split in ("train", "test")]
    ledger = pd.DataFrame({"group": ["one"], "verdict": ["derived"]})
    difference = ["babi", "all", "m", "none", 0, "q", "answer", 1, 0, "Q1"]
    made = {
        "results": results_table(scores, make_baselines(["babi"]), grid),
        "classes": classes_table(scores, grid),
        "answer_scores": answer_scores(scores, grid),
        "trace_answer_matrix": trace_answer_matrix(scores, grid),
        "baselines": score_baselines(questions),
        "datasets": datasets_table(questions, {}, {}),
        "hyperparameters": hyperparameters_table({"training": {"epochs": 1}}),
        "main_claims": main_claims_table([MainClaim("a", "b", "c", "d")], []),
        "claims_summary": claims.claims_summary(ledger, {"one": "One"}),
        "scorer_differences": differences.count_differences(
            pd.DataFrame([difference], columns=differences.COLUMNS), grid
        ),
    }
    assert [fault for name, table in made.items() for fault in find_faults(f"tables/{name}.csv", table)] == []


@pytest.mark.parametrize("scorer", ["published", "aligned"])
def test_score_files_have_the_columns_of_the_page(tmp_path, scorer):
    path = tmp_path / f"scores/babi/m/correct/seed0.{scorer}.csv"
    write_scores([], path, SCORERS.get(scorer).measures, ["class", "facts"])
    assert check_columns(tmp_path) == 1


@pytest.mark.slow
def test_files_of_training_have_the_columns_of_the_page():
    from tracekd.adapters.preflight import Lengths
    from tracekd.adapters.training import LOG_COLUMNS

    assert find_faults(f"adapters/{CELL}/training_log.csv", LOG_COLUMNS) == []
    assert find_faults("preflight/{model}.csv", [field.name for field in fields(Lengths)]) == []


def test_a_column_that_only_a_file_or_only_the_page_has_is_found(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/hyperparameters.csv").write_text("key,valu\na,1\n", "utf-8")
    (tmp_path / "tables/study_SIMULATED_ratings_2.csv").write_text("key\n", "utf-8")
    with pytest.raises(AssertionError) as fault:
        check_columns(tmp_path)
    assert str(fault.value).splitlines()[1:] == [
        "tables/hyperparameters.csv: valu is not on the page",
        "tables/hyperparameters.csv: value is on the page only",
        "tables/study_SIMULATED_ratings_2.csv is not on the page",
    ]
