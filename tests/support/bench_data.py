"""What the benchmark does without a model: from raw rows to a page, at three sizes, and on real data."""

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.datasets.registry import read_registry
from tracekd.datasets.rows import Grid
from tracekd.datasets.simulation import get_simulator
from tracekd.page.build import Part, write_page
from tracekd.page.items import describe_questions
from tracekd.scoring import get_scorer
from tracekd.scoring.score import write_scores
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.results import classes_table, results_table
from tracekd.tables.scores import read_scores
from tracekd.traces.build import build_traces
from tracekd.traces.verification import verify_traces

from support import plain_scorer
from support.examples import ROOT
from support.measuring import OURS, Row, Work, compare, interleave, measure_alone
from support.real_data import raw_folder

DATASET, MODEL, ARM, SEED = "cotempqa", "tiny-llama", "correct", 0
SCORERS = ("aligned", "published")
# of lines; the plain scorer judges one in so many
STRIDE = 25
PROCESSOR = "cpu"


def simulate_questions(folder: Path, rows: int) -> list[Question]:
    """Write a corpus of the demo's kind and read it."""
    get_simulator(DATASET).write_raw(folder, {"rows": rows}, SEED)
    return read_corpus(folder)


def read_corpus(folder: Path) -> list[Question]:
    """Read a simulated corpus with the options of the demo."""
    dataset = get_dataset(DATASET)
    entry = read_registry(ROOT / "config/datasets_demo.yaml")[DATASET]
    return dataset.read(folder, dataset.Options.model_validate(entry.options), SEED)


@contextmanager
def data_works(rows: int) -> Iterator[dict[str, Work]]:
    """Give the works of the benchmark on so many questions; each says how many items it has done."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        raw = folder / "raw"
        questions = simulate_questions(raw, rows)
        traces = build_traces(questions, ARM, SEED)
        asked = [replace(question, split="test") for question in questions]
        generations = [Generation(trace.id, None, trace.target, None, None, None) for trace in traces]
        files = [folder / DATASET / MODEL / ARM / f"seed{SEED}.{scorer}.csv" for scorer in SCORERS]
        steps = [step.name for step in get_dataset(DATASET).steps]

        def score() -> float:
            for scorer, path in zip(map(get_scorer, SCORERS), files, strict=True):
                write_scores(scorer.score(asked, generations, ARM), path, scorer.measures, steps)
            return len(generations)

        def tabulate() -> float:
            grid, scores = Grid([DATASET], [MODEL], [ARM]), read_scores(files)
            results_table(scores, None, grid)
            classes_table(scores, grid)
            trace_answer_matrix(scores, grid)
            return len(generations)

        def show() -> float:
            parts = [
                Part("questions", describe_questions(asked)),
                Part("items", [one.target for one in traces]),
            ]
            write_page(
                parts,
                folder / "page.html",
                folder / "page",
                title="Items",
                template="{% for id, text in parts %}{{ text }}{% endfor %}",
                style="",
                program="",
                in_one_file=True,
            )
            return len(asked)

        score()
        yield {
            "readers": lambda: len(read_corpus(raw)),
            "traces": lambda: len(build_traces(questions, ARM, SEED)),
            "verifier": lambda: len(verify_traces(questions, traces)),
            "scorers": score,
            "tables": tabulate,
            "page": show,
        }


def measure_data(rows: int, factors: list[int], rounds: int) -> list[Row]:
    """Give speed and memory of every work at each size; the ratio is that of the first size over each.

    A ratio of speeds of 1 is a cost that grows as the items do.
    """
    speeds: dict[str, dict[str, float]] = {}
    memories: dict[str, dict[str, float]] = {}
    with data_works(rows) as works:  # what is imported at the first call is no cost of an item
        for work in works.values():
            work()
    for factor in factors:
        with data_works(factor * rows) as works:
            for name, work in works.items():
                found = [measure_alone(work) for _ in range(rounds)]
                speed, memory = map(statistics.median, zip(*found, strict=True))
                speeds.setdefault(name, {})[f"{factor}x"] = speed
                memories.setdefault(name, {})[f"{factor}x"] = max(memory, 1.0)
    return [
        row
        for name in speeds
        for row in (
            *compare(name, speeds[name], "items/s", PROCESSOR),
            *compare(f"{name}_memory", memories[name], "MB", PROCESSOR),
        )
    ]


def measure_chain(rounds: int) -> list[Row]:
    """Give questions per second from raw CoTempQA to verified traces; the floor is json.loads alone."""
    raw, options = raw_folder(DATASET)
    dataset = get_dataset(DATASET)
    questions = dataset.read(raw, options, SEED)
    lines = [line for path in options.files.values() for line in (raw / path).read_text("utf-8").splitlines()]
    works: dict[str, Work] = {
        "json": lambda: len([json.loads(line) for line in lines]),
        "read": lambda: len(dataset.read(raw, options, SEED)),
    }
    for arm in ("correct", "incorrect"):
        traces = build_traces(questions, arm, SEED)
        works[f"build_{arm}"] = lambda arm=arm: len(build_traces(questions, arm, SEED))
        works[f"verify_{arm}"] = lambda traces=traces: len(verify_traces(questions, traces))
    speeds = interleave(works, rounds)
    floor = speeds.pop("json")
    for arm in ("correct", "incorrect"):
        parts = ("read", f"build_{arm}", f"verify_{arm}")
        speeds[f"all_{arm}"] = in_a_row(*(speeds[part] for part in parts))
    return [
        row
        for name, speed in speeds.items()
        for row in compare(f"chain_{name}", {OURS: speed}, "questions/s", PROCESSOR, {OURS: speed / floor})
    ]


def in_a_row(*speeds: float) -> float:
    """Give the speed of works that every item goes through one after another."""
    return 1 / sum(1 / speed for speed in speeds)


def measure_scoring(mirror: Path, rounds: int) -> list[Row]:
    """Score all released generations, and some by a plain script that must come to the same verdicts."""
    cells = plain_scorer.read_cells(mirror)
    folder = mirror / "Trace_Check_QA"
    works: dict[str, Work] = {
        OURS: lambda: sum(map(len, plain_scorer.score_cells(cells))),
        "plain": lambda: sum(map(len, plain_scorer.judge_plainly(cells, folder, STRIDE))),
    }
    scored = plain_scorer.score_cells(cells)
    plain_scorer.check_equal(cells, scored, plain_scorer.judge_plainly(cells, folder, STRIDE))
    return compare("published_scorer", interleave(works, rounds), "items/s", PROCESSOR)
