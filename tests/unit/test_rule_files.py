"""The shape of Snakefile and rules/: a table of contents, features that own themselves, and no functions."""

import re
from pathlib import Path

import pytest
from support.examples import ROOT
from tracekd.run.code import code_parts

SNAKEFILE = ROOT / "Snakefile"
FILES = sorted(ROOT.glob("rules/*.smk"))
# the run, paths and directives serve all rules; the check of the configuration serves the run
SHARED_MODULES = {"__init__", "run", "paths", "progress", "directives", "config"}


def find_functions(source: str) -> list[str]:
    """Lines that define a function, or have Snakemake do so; their place is scripts/tracekd/workflow/."""
    code = re.sub(r'"""(.|\n)*?"""|#.*', "", source)
    return re.findall(r"^.*(?:\bdef\b|\blambda\b|^[ \t]*run:).*$", code, re.MULTILINE)


@pytest.mark.parametrize("path", [SNAKEFILE, *FILES], ids=lambda path: path.name)
def test_no_rule_file_defines_a_function(path):
    assert find_functions(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line", ["def get_traces(wildcards):", "        mem_mb=lambda w, attempt: attempt,", "    run:"]
)
def test_a_function_in_a_rule_file_is_found(line):
    assert find_functions(f'"""Defaults of a run: none."""\n{line}  # why\n') == [line + "  "]


def test_the_snakefile_is_a_table_of_contents_without_conditions():
    source = SNAKEFILE.read_text("utf-8")
    assert len(source.splitlines()) <= 60
    assert not re.search(r"^\s*(if|for|else)\b", source, re.MULTILINE)
    included = re.findall(r'^include: "(.*?)"', source, re.MULTILINE)
    assert sorted(included) == [f"rules/{path.name}" for path in FILES]
    # the run first, after what must hold before it; what goes over all rules last
    assert included[:2] == ["rules/start.smk", "rules/common.smk"]
    assert source.index("rules/start.smk") < source.index("configfile:")
    assert included[-2:] == ["rules/every_rule.smk", "rules/cluster.smk"]


def test_common_stays_small():
    assert len((ROOT / "rules/common.smk").read_text("utf-8").splitlines()) <= 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_rule_file_opens_with_its_contract(path):
    contract = re.match(
        r'"""\n[A-Z].*[.:]\n.*?^in   \S.*?^out  \S.*?"""\n', path.read_text("utf-8"), re.M | re.S
    )
    assert contract, "purpose, then `in` and `out`"


def test_a_module_of_input_functions_belongs_to_the_rule_file_of_its_name():
    modules = {path.stem for path in ROOT.glob("scripts/tracekd/workflow/*.py")} - SHARED_MODULES
    assert modules and modules <= {path.stem for path in FILES}


def get_rules(path: Path) -> dict[str, str]:
    """Body of every rule of a file."""
    found = re.findall(r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", path.read_text("utf-8"), re.M | re.S)
    return dict(found)


def test_every_rule_says_where_it_runs_and_leaves_the_rest_to_the_defaults():
    rules = {name: body for path in FILES for name, body in get_rules(path).items()}
    assert len(rules) > 40
    for name, body in rules.items():
        for directive in ("conda:", "message:", "script:"):
            assert directive in body, (name, directive)
        # rules/every_rule.smk names log and benchmark of whatever makes files; one thread is the default
        repeated = {"log:", "benchmark:", "threads:"} & set(re.findall(r"^ +(\w+:)", body, re.MULTILINE))
        assert not repeated or "output:" not in body, (name, repeated)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_script_bears_the_name_of_its_rule_by_which_its_code_is_found(path):
    for name, body in get_rules(path).items():
        assert re.findall(r"scripts/(\w+)\.py", body) == [name]
        assert f"scripts/{name}.py" in code_parts(name)


@pytest.mark.parametrize(
    ("rule", "file"),
    [("generate", "generation"), ("intervene", "intervention"), ("measure_answers", "experiment")],
)
def test_both_files_of_an_adapter_are_inputs_of_the_jobs_that_apply_it(rule, file):
    source = (ROOT / f"rules/{file}.smk").read_text("utf-8")
    applying = source[source.index(f"rule {rule}:") :]
    inputs = applying[: applying.index("output:")]
    assert "paths.WEIGHTS" in inputs and "paths.ADAPTER_CONFIG" in inputs
