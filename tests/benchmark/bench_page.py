"""How large the reviewer's page of a run is, how long it takes to write, to open and to filter.

    .venv/bin/python tests/benchmark/bench_page.py              # two made-up runs
    .venv/bin/python tests/benchmark/bench_page.py PAGE.html    # finished pages

Prints a row of Markdown per page: items, MB (page and folder of parts), seconds to write it, to open it and
to list its items for the first time; milliseconds to filter them by verdicts and by a text, and to show them.
"""

import shutil
import sys
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.bench_data import simulate_questions  # noqa: E402
from support.page_run import FOLDER, write_params, write_run  # noqa: E402
from support.run_data import run_script  # noqa: E402

# models and questions of each made-up run; each answers in all arms
SIZES = {10_000: (2, 1_667), 100_000: (4, 8_334)}
HEADER = """| items | MB | write, s | open, s | first list, s | filter, ms | text, ms |
|---:|---:|---:|---:|---:|---:|---:|"""
TIMED = """async (address) => {
    const main = document.querySelector("main"), before = main.dataset.ready, start = performance.now();
    location.hash = address;
    while (main.dataset.ready === before) await new Promise((resolve) => setTimeout(resolve, 0));
    return performance.now() - start;
}"""


def make(folder: Path, models: int, questions: int) -> tuple[Path, float]:
    """Write a run and its page; give the page and the seconds that the page took."""
    simulated = simulate_questions(folder / "raw", questions)
    asked = {"cotempqa": [replace(one, split="test") for one in simulated[:questions]]}
    names = [f"model-{number}" for number in range(models)]
    files = write_run(folder, asked, ["aligned"], names)
    output = {"page": f"{FOLDER}/index.html", "parts": f"{FOLDER}/page"}
    start = time.perf_counter()
    with chdir(folder):
        run_script(
            "build_page", files, output, write_params(asked, ["aligned"], files["shown"], names), "log"
        )
    return folder / output["page"], time.perf_counter() - start


def measure(page_path: Path) -> list[str]:
    """Open a page and use it."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page()
        page.goto(page_path.as_uri())
        page.wait_for_selector("main[data-ready]")
        opened = page.evaluate("performance.now()")
        listed = page.evaluate(TIMED, "#items")
        count = page.locator("#count").inner_text().split()[0]
        filtered = page.evaluate(TIMED, "#items?trace=1&answer=0")
        page.evaluate(TIMED, "#items?text=first")  # what is searched is made lower case once
        searched = page.evaluate(TIMED, "#items?text=held")
        browser.close()
    parts = [*page_path.parent.glob("page/*"), page_path]
    size = sum(one.stat().st_size for one in parts) / 1e6
    return [
        count,
        f"{size:.1f}",
        f"{opened / 1000:.1f}",
        f"{listed / 1000:.1f}",
        f"{filtered:.0f}",
        f"{searched:.0f}",
    ]


def main() -> None:
    """Measure the pages that are named, or two made-up ones."""
    print(HEADER)
    if pages := sys.argv[1:]:
        for name in pages:
            count, size, *times = measure(Path(name).resolve())
            print(f"| {count} | {size} | – | {' | '.join(times)} |", flush=True)
        return
    for models, questions in SIZES.values():
        with TemporaryDirectory() as name:
            page, seconds = make(Path(name), models, questions)
            count, size, *times = measure(page)
            print(f"| {count} | {size} | {seconds:.1f} | {' | '.join(times)} |", flush=True)


if __name__ == "__main__":
    main()
