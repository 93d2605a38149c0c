"""What a job's script costs before its work begins: CPU seconds of Python, Snakemake's preamble, imports.

    python tests/benchmark/bench_start_up.py                       # every script
    python tests/benchmark/bench_start_up.py plot_losses generate  # some of them

Imports are those that the script states itself, without those in its branches and functions. CPU seconds, the
least of three processes: a busy machine adds little to them. Once with files compiled by an earlier run.
"""

import ast
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
# what Snakemake puts before a script, and how it finds the package
PREAMBLE = "import sys; sys.path.insert(0, 'scripts'); import snakemake.logging, snakemake.iocontainers"
HEAVY = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy.stats",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "torch",
    "transformers",
)


def find_imports(node: ast.AST) -> Iterator[str]:
    """Yield the import statements that a script runs whatever it is given."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield ast.unparse(child)
        elif isinstance(child, ast.With):
            yield from find_imports(child)


def measure(script: Path) -> tuple[float, str]:
    """CPU seconds of a process that only loads what a script needs, and which heavy libraries it has then."""
    statements = [PREAMBLE, *find_imports(ast.parse(script.read_text("utf-8")))]
    loaded = f"print(*[name for name in {HEAVY} if name in sys.modules], sep=', ')"
    seconds = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = subprocess.run(
            [sys.executable, "-c", "\n".join([*statements, loaded])],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(seconds), run.stdout.strip()


def main() -> None:
    """Print a table, the dearest first."""
    names = sys.argv[1:] or sorted(path.stem for path in ROOT.glob("scripts/*.py"))
    rows = {name: measure(ROOT / f"scripts/{name}.py") for name in names}
    print("| script | CPU s | loaded |\n|---|---:|---|")
    for name, (seconds, libraries) in sorted(rows.items(), key=lambda row: -row[1][0]):
        print(f"| `{name}` | {seconds:.2f} | {libraries} |")


if __name__ == "__main__":
    main()
