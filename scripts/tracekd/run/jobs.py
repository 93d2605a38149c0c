"""What every rule's script runs in: the one place that sees the whole job."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tracekd.core.logs import rule_log
from tracekd.run.extensions import load_extensions
from tracekd.run.provenance import recorded


@contextmanager
def rule_job(job: Any) -> Iterator[dict[str, str]]:
    """Run the body of a rule's script; `job` is the `snakemake` object of that script.

    Yields the inputs for the record, path to SHA-256; the body adds what it reads beyond the rule's.
    A test that runs a script outside of a workflow names no rule, and no record is written.
    """
    with rule_log(job.log[0]):
        load_extensions(getattr(job, "config", {}).get("extensions", ()))
        if not hasattr(job, "rule"):
            yield {}
            return
        with recorded(job) as inputs:
            yield inputs
