"""What a job, and Snakemake itself, loads before work begins: a heavy library only where it is needed."""

import subprocess
import sys
from functools import cache

import pytest
from support.environments import find_imports
from support.examples import ROOT

SCRIPTS = sorted(ROOT.glob("scripts/*.py"))
FIGURES = {path.stem for path in SCRIPTS if path.stem.startswith("plot_")}
# records in, records out: these fetch files, read and write JSON lines, or look at a few cells
RECORDS = {
    "fetch_released",
    "simulate_raw",
    "read_questions",
    "build_traces",
    "build_base_model",
    "preflight",
    "train_adapters",
    "generate",
    "intervene",
    "score_generations",
    "derive_readings",
    "check_readable",
}
# library -> scripts that load it as they start; what else needs it loads it when it computes
AT_START = {
    # five to ten seconds; build_base_model loads them only where no model is kept for its recipe
    "torch": {"build_base_model"},
    "transformers": {"build_base_model"},
    "peft": set(),
    "bitsandbytes": set(),
    "accelerate": set(),
    "datasets": set(),
    # a second or more
    "statsmodels": {
        "analyse_study",
        "tabulate_contrasts",
        "tabulate_dose",
        "tabulate_experiment",
        "tabulate_study_tasks",
    },
    "nltk": set(),
    "scikit_posthocs": set(),
    # half a second to a second
    "matplotlib": FIGURES,
    "seaborn": set(),
    "scipy": {
        "analyse_study",
        "fit_study_model",
        "simulate_responses",
        "tabulate_study_tasks",
        "write_preregistration",
    },
}


@pytest.mark.parametrize("library", AT_START)
def test_a_heavy_library_is_loaded_at_the_start_only_where_it_must_be(library):
    assert {path.stem for path in SCRIPTS if library in load_at_start(path)} == AT_START[library]


@pytest.mark.parametrize("library", AT_START)
def test_no_heavy_library_is_loaded_by_reading_the_rule_files(library):
    room = sorted(ROOT.glob("scripts/tracekd/workflow/*.py"))
    assert [path.name for path in room if library in load_at_start(path)] == []


@pytest.mark.parametrize("script", sorted(RECORDS))
def test_what_fetches_files_or_reads_and_writes_records_starts_without_pandas_and_numpy(script):
    assert not {"pandas", "numpy", "pyarrow"} & load_at_start(ROOT / f"scripts/{script}.py")


def test_a_base_model_is_loaded_without_the_compiler():
    code = "import sys, tracekd.models, bitsandbytes; print('torch._inductor.codecache' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, text=True)
    assert run.stdout == "False\n", run.stderr


@cache
def load_at_start(script):
    return {one.module for one in find_imports(script, in_functions=False)}
