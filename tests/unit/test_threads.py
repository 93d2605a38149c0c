"""A job computes in one thread, whatever a profile gives it: sums depend on their number in the last bits."""

import os
import subprocess
import sys

from support.examples import ROOT
from tracekd.run.jobs import THREADS

SCRIPT = """
from types import SimpleNamespace
from tracekd.run.jobs import rule_job
with rule_job(SimpleNamespace(log=["log"])):
    import torch
    print(torch.get_num_threads())
"""


def test_libraries_that_a_job_imports_compute_in_one_thread(tmp_path):
    given = dict.fromkeys(THREADS, "8")
    environment = {**os.environ, **given, "PYTHONPATH": str(ROOT / "scripts")}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "1\n"
