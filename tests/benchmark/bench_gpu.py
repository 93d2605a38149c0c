"""Training and answers on a GPU at the real shapes of the paper's models, ours beside the released recipe.

    python tests/benchmark/bench_gpu.py                   # at most eight minutes on an H200-class card
    python tests/benchmark/bench_gpu.py --shapes tiny     # any machine, also without a GPU

The weights are random and made on the device, quantised to NF4 by bitsandbytes; nothing is downloaded. Writes
bench_gpu.csv (columns: `support.measuring.Row`): tokens/s, peak memory in GB, and as floor_ratio the
model-FLOPs utilisation: operations that the model needs over those of a matrix product measured beside it.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.bench_shapes import SHAPES, measure_shape  # noqa: E402
from support.measuring import Row, write_bench  # noqa: E402


def main(arguments: list[str] | None = None) -> None:
    """Measure one shape after another as long as there is time; what is measured is on the disk at once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--shapes", nargs="+", choices=SHAPES, default=[name for name in SHAPES if name != "tiny"]
    )
    parser.add_argument("--minutes", type=float, default=7.5, help="no shape is begun later")
    parser.add_argument("--out", type=Path, default=ROOT / "results/bench")
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()
    rows: list[Row] = []
    for name in chosen.shapes:
        begun = time.perf_counter()
        if begun - start > 60 * chosen.minutes:
            print(f"{name}: left out, the time is used up", flush=True)
            continue
        with TemporaryDirectory() as root:
            for row in measure_shape(name, SHAPES[name], Path(root)):
                rows.append(row)
                write_bench(rows, chosen.out / "bench_gpu.csv")
                print(row, flush=True)
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
