"""Items per second, on one core, from raw CoTempQA to verified traces.

    python tests/benchmark/bench_traces.py

CPU time, best of several rounds: the speed of this code and not of whatever else the machine does.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.real_data import raw_folder  # noqa: E402
from tracekd.datasets.cotempqa import reader as cotempqa  # noqa: E402
from tracekd.traces.build import build_traces  # noqa: E402
from tracekd.traces.verification import verify_traces  # noqa: E402

ARMS = ("correct", "incorrect")


def measure(stage: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Give the least CPU time of a stage in seconds, and its result."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        result = stage()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def main() -> None:
    """Measure reading once, then building and verifying for each arm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()

    raw, options = raw_folder("cotempqa")
    read_s, questions = measure(lambda: cotempqa.read(raw, options, seed=0), arguments.rounds)
    print(f"{len(questions)} questions; items/s of CPU time, best of {arguments.rounds} rounds")
    print(f"{'read':>32} {len(questions) / read_s:10,.0f}")
    for arm in ARMS:
        build_s, traces = measure(lambda arm=arm: build_traces(questions, arm, seed=0), arguments.rounds)
        verify_s, _ = measure(lambda traces=traces: verify_traces(questions, traces), arguments.rounds)
        stages = {"build": build_s, "verify": verify_s, "build + verify": build_s + verify_s}
        stages["read + build"] = read_s + build_s
        stages["read + build + verify"] = read_s + build_s + verify_s
        for stage, seconds in stages.items():
            print(f"{arm:>10} {stage:>21} {len(questions) / seconds:10,.0f}")


if __name__ == "__main__":
    main()
