"""What a rule's digest of code sees, and what it does not."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tracekd.core.errors import DataError
from tracekd.run import code

RULES = sorted(path.stem for path in code.SCRIPTS.glob("*.py"))
# what decides about adapters and generations must not hang on how they are judged and shown
BEFORE_SCORES = (
    "fetch_model",
    "fetch_raw",
    "simulate_raw",
    "read_questions",
    "build_traces",
    "build_base_model",
    "preflight",
    "train_adapters",
    "generate",
)
JUDGING = ("scoring", "statistics", "tables", "figures", "claims", "released", "study", "interventions")
SOURCE = '''
"""Say what this is for."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Scorer:
    """Judge."""

    limit = 3


def score(path: "Path", strict: bool = True) -> int:
    """Give a score."""
    # why
    return len(json.loads(path.read_text())) + (1 if strict else 0)
'''


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An empty folder to run in, and no memory of earlier calls."""
    monkeypatch.chdir(tmp_path)
    for function in (code.read_source, code.find_modules, code.read_memory):
        function.cache_clear()
    yield tmp_path
    for function in (code.read_source, code.find_modules, code.read_memory):
        function.cache_clear()


def digest(folder, text):
    """Digest of a file with this content."""
    path = folder / f"{abs(hash(text))}.py"
    path.write_text(text)
    return code.read_source(path).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# why not"),
        ('"""Give a score."""', '"""Give a better score."""'),
        ('"""Judge."""\n\n', ""),
        ('"""Say what this is for."""', ""),
        ("    from pathlib import Path", "    from os import PathLike"),
        ("strict: bool = True) ->", "\n    strict: bool = True,\n) ->"),
        ('"Path"', "'Path'"),
    ],
)
def test_words_for_people_and_layout_change_no_digest(fresh, old, new):
    assert old in SOURCE
    assert digest(fresh, SOURCE.replace(old, new)) == digest(fresh, SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("limit = 3", "limit = 4"),
        ("limit = 3", "limit = 3.0"),
        ("limit = 3", 'limit = "3"'),
        ("limit = 3", "limit: int = 3"),
        ("strict: bool = True", "strict: bool = False"),
        ("(1 if strict else 0)", "(0 if strict else 1)"),
        ("len(json.loads(path.read_text())) +", "len(json.loads(path.read_text())) -"),
        ("import json\n", "import json\nimport os\n"),
        ("class Scorer", "@final\nclass Scorer"),
        ("def score", "async def score"),
    ],
)
def test_whatever_else_changes_the_digest(fresh, old, new):
    assert old in SOURCE
    assert digest(fresh, SOURCE.replace(old, new)) != digest(fresh, SOURCE)


@pytest.mark.parametrize("rule", BEFORE_SCORES)
def test_how_outputs_are_judged_makes_no_model_and_no_generation_again(rule):
    found = [
        path
        for path in code.code_parts(rule)
        if path.startswith(tuple(f"scripts/tracekd/{name}/" for name in JUDGING))
    ]
    assert found == []


def test_only_what_draws_hangs_on_the_figures():
    drawing = {rule for rule in RULES if "scripts/tracekd/figures/style.py" in code.code_parts(rule)}
    assert drawing == {rule for rule in RULES if rule.startswith("plot_")}


def test_one_figure_is_made_again_alone():
    users = [rule for rule in RULES if "scripts/tracekd/figures/losses.py" in code.code_parts(rule)]
    assert users == ["plot_losses"]


def test_a_module_loaded_by_name_counts():
    for dataset in ("babi", "cotempqa", "ms_marco"):
        assert f"scripts/tracekd/datasets/{dataset}/__init__.py" in code.code_parts("read_questions")
        assert f"scripts/tracekd/datasets/{dataset}/simulator.py" in code.code_parts("simulate_raw")
        assert f"scripts/tracekd/datasets/{dataset}/simulator.py" not in code.code_parts("read_questions")


def test_no_import_is_hidden_from_the_digest():
    for path in [*code.package_modules().values(), *code.SCRIPTS.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
            names = {getattr(node, "attr", None), getattr(node, "id", None)}
            assert "__import__" not in names, path
            if isinstance(node, ast.Attribute):
                assert node.attr != "import_module", f"{path}: from importlib import import_module"


@pytest.mark.parametrize(
    "rule", ["train_adapters", "intervene", "tabulate_results", "plot_forest", "fetch_raw"]
)
def test_every_module_that_a_script_loads_is_in_its_digest(rule):
    script = code.SCRIPTS / f"{rule}.py"
    imports = [
        node for node in ast.parse(script.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    program = (
        ast.unparse(ast.Module(imports, []))
        + "\nimport sys; print(*(n for n in sys.modules if n.startswith('tracekd')))"
    )
    loaded = run_python(program).split()
    surrounding = code.find_closure([code.package_modules()[name] for name in code.SURROUNDINGS])
    assert set(loaded) <= code.find_closure([script]) | surrounding | code.SURROUNDINGS


def run_python(program, **environment):
    """What a program prints in a process of its own."""
    variables = os.environ | {"PYTHONPATH": str(code.SCRIPTS)} | environment
    return subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True
    ).stdout


def test_digests_are_the_same_in_every_process(fresh):
    program = "from tracekd.run.code import code_digests; print(code_digests(['generate', 'plot_forest']))"
    seen = {run_python(program, PYTHONHASHSEED=seed) for seed in "01"}
    assert seen == {f"{code.code_digests(['generate', 'plot_forest'])}\n"}


def test_a_second_call_parses_nothing(fresh, monkeypatch):
    first = code.code_digests(RULES)
    for function in (code.read_source, code.read_memory):
        function.cache_clear()
    monkeypatch.setattr(ast, "parse", lambda *_: pytest.fail("parsed again"))
    assert code.code_digests(RULES) == first
    assert os.listdir(".snakemake") == [code.MEMORY.name]


def test_calls_that_remember_at_once_leave_one_whole_memory(fresh):
    program = "from tracekd.run.code import code_digests; code_digests(['generate'])"
    variables = os.environ | {"PYTHONPATH": str(code.SCRIPTS)}
    calls = [subprocess.Popen([sys.executable, "-c", program], env=variables) for _ in range(3)]
    assert [call.wait() for call in calls] == [0, 0, 0]
    assert json.loads(code.MEMORY.read_text())["sources"]
    assert os.listdir(".snakemake") == [code.MEMORY.name]


def test_what_an_earlier_version_of_this_module_found_is_forgotten(fresh):
    first = code.code_digests(["generate"])
    kept = json.loads(code.MEMORY.read_text())
    kept["sources"] = {key: one | {"digest": "0"} for key, one in kept["sources"].items()}
    code.MEMORY.write_text(json.dumps(kept | {"by": "0" * 64}))
    for function in (code.read_source, code.find_modules, code.read_memory):
        function.cache_clear()
    assert code.code_digests(["generate"]) == first


def test_an_extension_counts_for_every_rule_with_what_it_uses(fresh):
    extension = fresh / "mine"
    (extension / "deep").mkdir(parents=True)
    (extension / "extension.py").write_text("from tracekd.scoring import aligned\n")
    (extension / "deep/steps.py").write_text("LIMIT = 3\n")
    parts = code.code_parts("train_adapters", [extension])
    added = parts.keys() - code.code_parts("train_adapters").keys()
    assert {Path(path).name for path in added} >= {"extension.py", "steps.py", "aligned.py"}
    before = code.digest_parts(parts)
    (extension / "deep/steps.py").write_text("LIMIT = 4\n")
    code.read_source.cache_clear()
    now = code.code_parts("train_adapters", [extension])
    assert code.digest_parts(now) != before
    assert [Path(path).name for path in code.list_changed(parts, now)] == ["steps.py"]


def test_a_rule_without_a_script_has_no_parts():
    assert code.code_parts("all") == {}


def test_a_slip_of_the_pen_is_named_by_file_and_line(fresh):
    (fresh / "extension.py").write_text("LIMIT = 3\ndef broken(:\n")
    with pytest.raises(DataError, match=r"extension\.py:2: not Python: .* \(mend this line\)"):
        code.code_parts("train_adapters", [fresh])
