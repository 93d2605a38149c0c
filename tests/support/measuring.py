"""What the benchmarks share: works timed side by side, what a machine can do at most, rows of one form."""

import gc
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd
from tracekd.core.texts import write_rows

# a work that is measured does something and says how many units of it were done
Work = Callable[[], float]
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number.

    Args:
        name: what is measured: `training`, `generation`, `readers`, …
        variant: `ours`, or whose way is measured beside it; of a curve the size, `1x` first.
        value: in `unit`.
        unit: such as `tokens/s`, or `MB`.
        ratio: the first variant over this one; NaN where only one is measured.
        floor_ratio: share of what the machine can do at most; NaN where no limit is known.
        device: as its maker calls it.

    """

    name: str
    variant: str
    value: float
    unit: str
    ratio: float
    floor_ratio: float
    device: str


def compare(
    name: str,
    values: Mapping[str, float],
    unit: str,
    device: str,
    floor_ratios: Mapping[str, float] | None = None,
) -> list[Row]:
    """Make a row for each variant; the ratios are those of the first one over each."""
    first, floors = next(iter(values.values())), floor_ratios or {}
    return [
        Row(
            name,
            variant,
            value,
            unit,
            first / value if len(values) > 1 else float("nan"),
            floors.get(variant, float("nan")),
            device,
        )
        for variant, value in values.items()
    ]


def interleave(
    works: Mapping[str, Work], rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """Give the speed of each work in units per second: the median over rounds.

    Each round does all works, one after another, so that a machine that slows down slows down all of them.
    """
    speeds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = clock()
            units = work()
            speeds[name].append(units / (clock() - start))
    return {name: statistics.median(found) for name, found in speeds.items()}


def measure_alone(work: Work) -> tuple[float, float]:
    """Give speed (units per CPU second) and memory (MB beyond the start) of a work in its own process."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=_measure, args=(work, there))
    child.start()
    there.close()
    try:
        speed, memory = here.recv()
    finally:
        child.join()
    return speed, memory


def _measure(work: Work, answer: Connection) -> None:
    # a collection that walks through what was there before would copy its pages, at the cost of this work
    gc.freeze()
    before, start = _peak_mb(), time.process_time()
    units = work()
    answer.send((units / (time.process_time() - start), _peak_mb() - before))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device does at most, as measured: operations of a matrix product, bytes of a copy."""

    flops_per_s: float
    bytes_per_s: float

    def share(self, units_per_s: float, flops: float, bytes_moved: float) -> float:
        """Share of the limit that binds, of a work that needs so much for one unit at least."""
        return units_per_s * max(flops / self.flops_per_s, bytes_moved / self.bytes_per_s)


def measure_limits(rows: int, inner: int, columns: int, device: str, dtype: str, copied: int) -> Limits:
    """Time a matrix product of a model's own shape and a copy of so many bytes; the best of some rounds."""
    import torch

    left, right = (
        torch.randn(shape, device=device, dtype=getattr(torch, dtype))
        for shape in ((rows, inner), (inner, columns))
    )
    source = torch.zeros(copied, device=device, dtype=torch.uint8)
    target = torch.empty_like(source)
    product = best_time(lambda: left @ right, device)
    copy = best_time(lambda: target.copy_(source), device)
    # a copy reads every byte and writes it
    return Limits(2 * rows * inner * columns / product, 2 * copied / copy)


def best_time(work: Callable[[], object], device: str, seconds: float = 0.3) -> float:
    """Give the least wall time of one call, out of as many as take so many seconds together."""
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        start = wall_clock(device)
        work()
        times.append(wall_clock(device) - start)
    return min(times)


def wall_clock(device: str) -> float:
    """Give the time once the device has done all that it was asked for."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
    return time.perf_counter()


def write_bench(rows: Sequence[Row], path: Path) -> None:
    """Write rows as a CSV file; numbers of four digits, for no more are the same in the next run."""
    columns = list(Row.__slots__)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(([_short(value) for value in asdict(row).values()] for row in rows), path, columns)


def _short(value: object) -> object:
    if not isinstance(value, float):
        return value
    return None if value != value else float(f"{value:.4g}")


def read_bench(path: Path) -> pd.DataFrame:
    """Read what `write_bench` wrote."""
    return pd.read_csv(path)
