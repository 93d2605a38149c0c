"""A small run with everything that the reviewer's page shows, as files of the rule build_page."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

import pandas as pd
from tracekd.core.files import sha256_file
from tracekd.core.records import Generation, Intervention, Question, write_records
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import Grid
from tracekd.run.provenance import Makers, write_record
from tracekd.scoring import get_scorer
from tracekd.scoring.ablation import score_variants
from tracekd.scoring.differences import find_differences
from tracekd.scoring.readings import derive_readings, write_readings
from tracekd.scoring.score import write_scores
from tracekd.tables.differences import differences_table
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.results import results_table
from tracekd.tables.scores import read_scores
from tracekd.tables.write import write_csv
from tracekd.traces.build import build_traces

from support.examples import ROOT, make_question
from support.run_data import run_script

RUN, ARMS, SEED = "small", ["none", "correct", "incorrect_matched"], 0
FOLDER = f"results/{RUN}"
CALL = ".venv/bin/snakemake --cores 2"
COMMIT, WALL_S = "c0ffee" * 6 + "c0ff", 1.25
CLAIMS = ["28_percent", "near_independence"]
# one that would run and load what it could
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt" onload="alert(1)">'
    '<script>document.title = "owned"</script><image href="https://example.org/a.png"/></svg>'
)
LEDGER = (
    *("id", "group", "source", "dataset", "class", "model", "arm", "quantity", "published"),
    *("recomputed_published", "recomputed_aligned", "low", "high", "n", "verdict", "why"),
)

Change = Callable[[Question], Question]


def make_questions(dataset: str, number: int, change: Change = lambda one: one) -> list[Question]:
    """Test questions of one dataset, half of each of two classes; `change` may put other texts into them."""
    classes = get_dataset(dataset).classes[:2]
    return [
        change(make_question(dataset, id=f"{dataset}-{place}", split="test", class_label=classes[place % 2]))
        for place in range(number)
    ]


def make_generations(questions: Sequence[Question], arm: str) -> list[Generation]:
    """Answers of which a third follow a right trace, a third a wrong one, and a third have no form at all."""
    right, wrong = (build_traces(questions, name, SEED) for name in ("correct", "incorrect_matched"))
    bare = build_traces(questions, "none", SEED)
    texts = [
        (one.target if arm != "none" else plain.target, other.target, f"Who knows? {question.context[0]}")[
            place % 3
        ]
        for place, (one, other, plain, question) in enumerate(zip(right, wrong, bare, questions, strict=True))
    ]
    return [
        Generation(question.id, None, text, None, None, None)
        for question, text in zip(questions, texts, strict=True)
    ]


def write_run(
    folder: Path, questions: dict[str, list[Question]], scorers: Sequence[str], models: Sequence[str] = ("m",)
) -> dict[str, Any]:
    """Write a run's files below a folder and the records of their jobs; give the inputs of build_page."""
    with chdir(folder):
        grid = Grid(list(questions), list(models), ARMS)
        files: dict[str, Any] = {
            name: [] for name in ("questions", "generations", "scores", "readings", "interventions")
        }
        differences = []
        for dataset, asked in questions.items():
            path = f"{FOLDER}/questions/{dataset}.jsonl"
            write_records(asked, path)
            files["questions"].append(path)
            for model in models:
                for arm in ARMS:
                    generations = make_generations(asked, arm)
                    cell = f"{dataset}/{model}/{arm}/seed{SEED}"
                    write_cell(files, cell, asked, generations, arm, scorers)
                    if {"published", "aligned"} <= set(scorers):
                        found = find_differences(
                            asked, generations, arm, score_variants(asked, generations, arm)
                        )
                        run = {"dataset": dataset, "model": model, "arm": arm, "seed": SEED}
                        differences.append(differences_table(found, **run))
        files["differences"] = []
        if differences:
            files["differences"] = f"{FOLDER}/tables/item_differences.csv"
            write_csv(pd.concat(differences, ignore_index=True), files["differences"])
        write_tables(files, grid)
        for name in ("page.html.j2", "page.css", "page.js"):
            files[{"j2": "page", "css": "style", "js": "program"}[name.rpartition(".")[2]]] = str(
                ROOT / "resources/page" / name
            )
        return files


def write_cell(files, cell, asked, generations, arm, scorers) -> None:
    """Write generations, scores, readings and answers behind set traces of one cell."""
    dataset = get_dataset(cell.split("/")[0])
    path = f"{FOLDER}/generations/{cell}.jsonl"
    write_records(generations, path)
    files["generations"].append(path)
    record("generate", [], [path], cell)
    steps = [step.name for step in dataset.steps]
    for name in scorers:
        scorer, path = get_scorer(name), f"{FOLDER}/scores/{cell}.{name}.csv"
        write_scores(scorer.score(asked, generations, arm), path, scorer.measures, steps)
        files["scores"].append(path)
        record("score_generations", files["generations"][-1:], [path], f"{cell}.{name}")
    path = f"{FOLDER}/readings/{cell}.csv"
    write_readings(derive_readings(asked, generations, with_trace=arm != "none"), path, steps)
    files["readings"].append(path)
    if arm == "correct":
        trace = build_traces(asked[:1], "incorrect_matched", SEED)[0]
        text = f" <answer>{dataset.answer_text(asked[0].answers)}</answer>"
        item = asked[0].id
        one = Intervention(f"{item}/gold", item, "gold", trace.text, "0" * 64, text, 1, 1, "stop")
        path = f"{FOLDER}/interventions/{cell}.jsonl"
        write_records([one], path)
        files["interventions"].append(path)


def write_tables(files, grid: Grid) -> None:
    """Write the tables, one figure and their captions."""
    scores, tables = read_scores(files["scores"]), f"{FOLDER}/tables"
    names = ("trace_answer_matrix", "results", "main_claims", "claims")
    results = results_table(scores, None, grid)
    frames = {
        "trace_answer_matrix": trace_answer_matrix(scores, grid),
        "results": results,
        "main_claims": pd.DataFrame(
            {
                "id": CLAIMS,
                "statement": [
                    "Correct traces lead to correct answers in 28 % of cases.",
                    "They are independent.",
                ],
                "verdict": ["compatible", "deviates"],
                "text": ["28 % agrees with 27.2 % [23.7, 30.9].", "Chi-square is 12.2."],
                "conclusions": "Nothing more.",
            }
        ),
        "claims": pd.DataFrame(
            [
                (
                    "a/128",
                    "table_1",
                    "table 1",
                    "cotempqa",
                    "all",
                    "m",
                    "correct",
                    "acc",
                    128.0,
                    *[1.0] * 5,
                    "x",
                    "y",
                ),
                (
                    "b/acc",
                    "table_2",
                    "table 2",
                    "cotempqa",
                    "all",
                    "m",
                    "correct",
                    "acc",
                    28.4,
                    *[2.0] * 5,
                    "derived",
                    "z",
                ),
            ],
            columns=LEDGER,
        ),
    }
    for name in names:
        write_csv(frames[name], f"{tables}/{name}.csv")
    findings = ["dataset", "model", "arm", "scorer", "measure", "value", "low", "high", "n"]
    rows = [("cotempqa", "m", "correct", "aligned", "p_joint", 27.2, 23.7, 30.9, 9)]
    files["experiment"] = f"{tables}/experiment_items.csv"
    first = scores["id"].iloc[0]
    cells = [(dataset, "m", "correct", SEED, first) for dataset in grid.datasets]
    measured = [(*cell, "wrong_near", "gold_removed", -1.5, "", 0, None) for cell in cells]
    names_ = [
        "dataset",
        "model",
        "arm",
        "seed",
        "id",
        "trace",
        "context",
        "log_odds",
        "answer",
        "true",
        "follows",
    ]
    write_csv(pd.DataFrame(measured, columns=names_), files["experiment"])
    files["findings"] = f"{tables}/findings.csv"
    write_csv(pd.DataFrame(rows, columns=findings), files["findings"])
    figure = Path(f"figures/{RUN}/forest.svg")
    figure.parent.mkdir(parents=True)
    figure.write_text(DRAWING, "utf-8")
    files["shown"] = [f"{tables}/{name}.csv" for name in names] + [str(figure)]
    record("tabulate_results", files["scores"], files["shown"], "all", scorer="aligned")
    Path("caption.rst").write_text(
        "``Every`` number by the *{{ snakemake.params.scorer }}* scorer.\n", "utf-8"
    )


def record(rule: str, inputs: Sequence[str], outputs: Sequence[str], job: str, **params: str) -> None:
    """Write the record of a job, as far as the page reads it."""
    path = Path(f"provenance/{RUN}/{rule}/{job.replace('/', '.')}.json")
    made = {one: {"sha256": sha256_file(one), "size": 1, "mtime_ns": 1} for one in outputs}
    content = {
        "rule": rule,
        "wildcards": {"run": RUN},
        "params": params,
        "inputs": {one: sha256_file(one) for one in inputs},
        "outputs": made,
        "code": {"commit": COMMIT, "dirty": False, "parts": {}},
        "python": "3.11.7",
        "packages": {"pandas": "3.1.1"},
        "device": "cpu",
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:00:01+00:00",
        "wall_s": WALL_S,
    }
    write_record(content, path)
    Makers(Path(f"provenance/{RUN}")).add(path, made)


def write_params(questions, scorers: Sequence[str], shown: Sequence[str], models=("m",)) -> dict[str, Any]:
    """Give the parameters of build_page for such a run."""
    return {
        "datasets": list(questions),
        "models": list(models),
        "arms": ARMS,
        "scorers": list(scorers),
        "call": CALL,
        "shown": {
            path: {"title": Path(path).stem, "category": "Tables", "caption": "caption.rst"} for path in shown
        },
        "facts": {
            "run": RUN,
            "origin": "made up for a test",
            "made_up": ["tiny models"],
            "has_set_traces": True,
            "models": dict.fromkeys(models, "a made-up model"),
            "datasets": dict.fromkeys(questions, "made-up questions"),
            "seeds": [SEED],
            "settings": {"training": {"epochs": 1}},
        },
    }


def build(
    folder: Path,
    questions,
    scorers: Sequence[str],
    models: Sequence[str] = ("m",),
    *,
    has_claims: bool = True,
) -> Path:
    """Write a run and its page; give the path of the page."""
    files = write_run(folder, questions, scorers, models)
    if not has_claims:
        files |= {"findings": [], "shown": [one for one in files["shown"] if "claims" not in one]}
    params = write_params(questions, scorers, files["shown"], models)
    output = {"page": f"{FOLDER}/index.html", "parts": f"{FOLDER}/page"}
    with chdir(folder):
        run_script("build_page", files, output, params, "log")
    return folder / output["page"]


def read_ready(page) -> int:
    """Number of the view that the page shows."""
    return int(page.locator("main").get_attribute("data-ready") or 0)


def go(page, address: str) -> None:
    """Show a view and wait for it."""
    before = read_ready(page)
    page.evaluate("address => { location.hash = address }", address)
    page.wait_for_function("n => Number(document.querySelector('main').dataset.ready) > n", arg=before)


def read_part(page: Path, part: str) -> Any:
    """Give what a part of a page holds."""
    text = re.search(rf'id="part\.{re.escape(part)}">([^<]*)<', page.read_text("utf-8"))[1]
    return json.loads(gzip.decompress(base64.b64decode(text)))
