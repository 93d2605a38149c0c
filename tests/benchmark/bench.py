"""Speeds of the whole chain beside what others would run, and beside what the machine can do at most.

    make bench                                   # some minutes on one core
    python tests/benchmark/bench.py --docs       # the same, into docs/bench and docs/performance.md
    python tests/benchmark/bench.py --quick      # every part once on next to nothing: does it still run?

Writes bench.csv (columns: `support.measuring.Row`) and bench.{png,pdf} into results/bench. CPU time of one
thread, medians of rounds in which the variants take turns. Real CoTempQA and the released generations are
measured where there is a mirror of them (tests/README.md). docs/performance.md says what the numbers mean.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.bench_data import PROCESSOR, measure_chain, measure_data, measure_scoring  # noqa: E402
from support.bench_figure import plot_bench  # noqa: E402
from support.bench_models import Size, measure_models  # noqa: E402
from support.looked_up import update  # noqa: E402
from support.measuring import Row, compare, write_bench  # noqa: E402
from support.real_data import find_mirror  # noqa: E402
from tracekd.figures.style import save  # noqa: E402

# questions of the smallest corpus, and how many times as many the others have
ROWS, FACTORS = 80, [1, 10, 100]
QUICK = Size(rows=20, steps=2, one_by_one=1, new_tokens=4, released_new_tokens=4, conditions=2)


def main(arguments: list[str] | None = None) -> None:
    """Measure part after part; what is measured is on the disk at once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="every part once, on next to nothing")
    parser.add_argument("--docs", action="store_true", help="write the numbers of docs/performance.md anew")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "results/bench")
    chosen = parser.parse_args(arguments)
    out = ROOT / "docs/bench" if chosen.docs else chosen.out
    rows: list[Row] = []
    for part in measure_parts(chosen.quick, 1 if chosen.quick else chosen.rounds):
        rows += part
        write_bench(rows, out / "bench.csv")
    save(plot_bench(out / "bench.csv"), out / "bench.pdf")
    if chosen.docs:
        update(ROOT / "docs/performance.md", out)
    print(f"bench    {out / 'bench.csv'}, bench.png")


def measure_parts(quick: bool, rounds: int) -> Iterator[list[Row]]:
    """Measure everything; works without torch come first, in forks of a process that is still small."""
    yield compare("run", {"rounds": rounds}, "rounds", PROCESSOR)
    yield compare("run", {"load": os.getloadavg()[0]}, "processes", PROCESSOR)
    if quick:
        yield measure_data(8, [1, 2], rounds)
    else:
        mirror = find_mirror()
        if mirror is None:
            print("left out: real CoTempQA and released generations (set TRACEKD_MIRROR=FOLDER)")
        else:
            yield measure_chain(3 * rounds)
            yield measure_scoring(mirror, rounds)
        yield measure_data(ROWS, FACTORS, rounds)
    with TemporaryDirectory() as root:
        yield from measure_models(Path(root), QUICK if quick else Size(), rounds)


if __name__ == "__main__":
    main()
