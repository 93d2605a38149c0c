"""What a submitted job needs by the forecast; the profile's numbers are the most it asks for.

The margins: twice the time that is expected, by assumed speeds or by those of finished jobs, whichever are
slower, and a quarter of an hour, for speeds differ between devices and a shared disk may be slow; memory for
the libraries, and twice the files of the model.
"""

import math
import re
from collections.abc import Mapping
from functools import cached_property

from tracekd.core.errors import ConfigError
from tracekd.run.forecast import DEVICE, Job
from tracekd.workflow.forecast import Forecast, read_forecast
from tracekd.workflow.run import Run

TIME_MARGIN, START_MIN = 2, 15
# the libraries of a job, and twice the two bytes of each weight
LIBRARIES_MB, BYTES_PER_WEIGHT = 3000, 4

# `name <=weights`
BOUNDED = re.compile(r"(?P<name>.*?)<=\s*(?P<most>\d+(\.\d+)?(e\d+)?)")


class Needs:
    """Memory and time of the jobs that load a base model; read from the registries when first asked."""

    def __init__(self, run: Run):
        self._run = run

    @cached_property
    def _forecast(self) -> Forecast | None:
        return read_forecast(self._run)

    @cached_property
    def _jobs(self) -> dict[tuple[str, str | None, str | None, str | None], Job]:
        jobs = self._forecast.list_jobs() if self._forecast else ()
        return {(job.stage, job.dataset, job.model, job.arm): job for job in jobs if job.stage in DEVICE}

    def count_weights(self, model: str | None) -> float:
        """Count the weights of a model; NaN where nobody knows them."""
        size = self._forecast.basis.models.get(model or "") if self._forecast else None
        return size.parameters if size else math.nan

    def list_wildcards(self, rule: str) -> list[dict[str, str]]:
        """List the wildcards by which the needs of a rule's jobs differ; no wildcard where none are known."""
        found = [
            {name: value for name, value in zip(("dataset", "model", "arm"), key, strict=True) if value}
            for stage, *key in self._jobs
            if stage == rule
        ]
        return found or [{}]

    def tell(self, rule: str, wildcards: Mapping[str, str]) -> dict[str, float]:
        """Tell `mem_mb` and `runtime` (minutes) of a job's first attempt; nothing that is not known."""
        dataset, model, arm = (wildcards.get(name) for name in ("dataset", "model", "arm"))
        job = self._jobs.get((rule, dataset, model, arm))
        if job is None or self._forecast is None:
            return {}
        pace = self._forecast.learned.get((rule, model or ""))
        # what a killed job had done before counts for nothing in its record, which makes jobs look fast
        seconds = job.seconds / min(pace.factor, 1.0) if pace else job.seconds
        needs = {
            "runtime": START_MIN + TIME_MARGIN * seconds / 60,
            "mem_mb": LIBRARIES_MB + BYTES_PER_WEIGHT * self.count_weights(model) / 1e6,
        }
        return {name: math.ceil(need) for name, need in needs.items() if not math.isnan(need)}


def choose_kind(text: str, weights: float) -> str:
    """Choose of several kinds, `gpu:t4:1 <=2e9; gpu:a100:1`, the first that is meant for so many weights.

    A kind without a bound is meant for every model; a text that names one kind is given back. Weights that
    are not known (NaN) are above every bound. Raises ConfigError where no kind is meant for the model.
    """
    for part in text.split(";"):
        bounded = BOUNDED.fullmatch(part.strip())
        if bounded is None:
            return text if part == text else part.strip()
        if weights <= float(bounded["most"]):
            return bounded["name"].strip()
    raise ConfigError(
        f"{text!r} names no kind for a model of {weights:.3g} weights",
        where="profile",
        hint="add a last kind without <=",
    )
