"""What every rule's script runs in: the one place that sees the whole job."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tracekd.logs import rule_log


@contextmanager
def rule_job(job: Any) -> Iterator[None]:
    """Run the body of a rule's script; `job` is the `snakemake` object of that script."""
    with rule_log(job.log[0]):
        yield
