"""Every script: nothing but its frame stands outside of it, so that a broken library is one sentence, too."""

import ast
import os
import re
import subprocess
import sys

import pytest
from support.examples import ROOT

SCRIPTS = sorted(ROOT.glob("scripts/*.py"))
# numpy stands for any library that is broken
BREAK = """
import runpy, sys
from types import SimpleNamespace
sys.modules["numpy"] = None
runpy.run_path(sys.argv[1], init_globals={"snakemake": SimpleNamespace(log=["log"])})
"""


@pytest.mark.parametrize("rule", ["plot_claims", "tabulate_results", "analyse_study"])
def test_a_library_that_cannot_be_imported_is_one_sentence(tmp_path, rule):
    ended = subprocess.run(
        [sys.executable, "-c", BREAK, str(ROOT / f"scripts/{rule}.py")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (sentence,) = ended.stderr.strip().splitlines()
    assert sentence.startswith("Error: unexpected ") and sentence.endswith("[log: log]")
    assert "Traceback" in (tmp_path / "log").read_text()


# no library at all, as on a node that does not see the environment's folder
EMPTY = """
import runpy, sys
from types import SimpleNamespace

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "tracekd"}:
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Nothing())
runpy.run_path(sys.argv[1], init_globals={"snakemake": SimpleNamespace(log=["log"])})
"""


@pytest.mark.parametrize("rule", ["train_adapters", "read_questions"])
def test_a_node_without_any_library_leaves_one_sentence_in_the_log(tmp_path, rule):
    command = [sys.executable, "-c", EMPTY, str(ROOT / f"scripts/{rule}.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    (sentence,) = ended.stderr.strip().splitlines()
    assert sentence.startswith("Error: unexpected ModuleNotFoundError: No module named")
    assert "ModuleNotFoundError: No module named" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_imports_nothing_but_its_frame_outside_of_it(path):
    outside = [node for node in ast.parse(path.read_text("utf-8")).body if hasattr(node, "names")]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in outside}
    assert {name for name in modules if name not in sys.stdlib_module_names} == {"tracekd.run.jobs"}


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("scripts/tracekd/**/*.py"), *ROOT.glob("rules/*.smk")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_the_screen_says_goes_through_the_one_place_that_makes_it_visible(path):
    printing = re.findall(r"\bprint\(|sys\.stderr", path.read_text("utf-8"))
    assert bool(printing) == (path == ROOT / "scripts/tracekd/core/errors.py")
