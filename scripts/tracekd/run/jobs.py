"""What every rule's script runs in: the one place that sees the whole job."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tracekd.core.logs import rule_log
from tracekd.run.extensions import load_extensions
from tracekd.run.provenance import recorded

# In how many threads libraries compute; they read it when they are imported, in the body of a script. The
# last bits of a sum depend on how many share it, and bytes may not depend on what a profile gives a job.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@contextmanager
def rule_job(job: Any) -> Iterator[dict[str, str]]:
    """Run the body of a rule's script, in one thread; `job` is the `snakemake` object of that script.

    Yields the inputs for the record, path to SHA-256; the body adds what it reads beyond the rule's.
    A test that runs a script outside of a workflow names no rule, and no record is written.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))
    with rule_log(job.log[0]):
        load_extensions(getattr(job, "config", {}).get("extensions", ()))
        if not hasattr(job, "rule"):
            yield {}
            return
        with recorded(job) as inputs:
            yield inputs
