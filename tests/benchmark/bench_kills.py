"""Kill training and generation at random moments and give the same command again.

python tests/benchmark/bench_kills.py [--trials 20]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
os.environ["OMP_NUM_THREADS"] = "1"
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts")]

from support.killing import (  # noqa: E402
    ADAPTER,
    GENERATIONS,
    SAVE_STEPS,
    finish,
    generate,
    kill_and_restart,
    train,
    write_inputs,
)


def measure(trials: int) -> None:
    """Print one line of figures for training and one for generation."""
    with tempfile.TemporaryDirectory() as name:
        root, scratch = Path(name) / "inputs", Path(name) / "scratch"
        write_inputs(root)
        works = {
            f"training, checkpoint every {SAVE_STEPS} steps": (train, ADAPTER, "steps"),
            "generation, answers stored as they end": (generate, GENERATIONS, "answers"),
        }
        for seed, (title, (work, product, unit)) in enumerate(works.items()):
            done = []
            for trial in kill_and_restart(work, product, root, scratch / unit, trials, seed):
                done.append(trial)
                print(f"  {len(done)} of {trials}: {trial}", flush=True)
            print(
                f"{title}: {sum(trial.same for trial in done)} of {trials} byte-identical; "
                f"done twice at most "
                f"{max(trial.lost for trial in done)} {unit}, in all {sum(trial.lost for trial in done)}"
            )
            if work is train:
                finish(train, root)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=20, help="kills of each kind (default 20)")
    measure(parser.parse_args().trials)
