"""Keep what docs/small_llm.md shows of a finished run of config/small_llm.yaml: tables, figures, items.

    python tests/benchmark/keep_small_llm.py     # in the folder in which the run was made

Writes small CSV files, the figures as SVG and items.md into docs/small_llm, and the numbers of the page anew.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.looked_up import update  # noqa: E402
from tracekd.core.files import atomic_write  # noqa: E402
from tracekd.core.records import Question, read_interventions, read_questions  # noqa: E402
from tracekd.interventions.outcomes import read_outcome  # noqa: E402
from tracekd.interventions.prefills import condition_title  # noqa: E402
from tracekd.traces.arms import get_arm  # noqa: E402

RUN = "small_llm"
MODEL = "SmolLM2-135M-Instruct-Q4"
RESULTS = ROOT / "results" / RUN
KEPT = ROOT / "docs" / RUN
# table to the rows that the page speaks of; empty for all
TABLES = {
    "results": "",
    "contrasts": "quirk == 'all_on' and items == 'all'",
    "counterfactual": "`class` == 'all'",
    "interventions": "",
    "intervention_pairs": "",
    "statistics": "step == 'trace'",
    "datasets": "",
}
FIGURES = ["accuracy.aligned", "follow_rate", "interventions_cotempqa", "losses"]
SHOWN = {"dataset": "cotempqa", "arms": ["correct", "incorrect_matched"], "items": 5}


def main() -> None:
    """Keep all of it."""
    for name, rows in TABLES.items():
        table = pd.read_csv(RESULTS / f"tables/{name}.csv", dtype=str, keep_default_na=False)
        kept = table.query(rows) if rows else table
        write_text(kept.to_csv(index=False, lineterminator="\n"), KEPT / f"{name}.csv")
    write_text(measure_jobs().to_csv(index=False, lineterminator="\n"), KEPT / "jobs.csv")
    for name in FIGURES:
        shutil.copy(ROOT / f"figures/{RUN}/{name}.svg", KEPT / f"{name}.svg")
    write_text("\n".join(show_items()) + "\n", KEPT / "items.md")
    update(ROOT / "docs/small_llm.md", KEPT)


def measure_jobs() -> pd.DataFrame:
    """Sum up the benchmarks: rule, jobs, minutes, cpu_minutes, longest (minutes), gb (largest resident set).

    The row `run` has, as minutes, those from the first job's start to the last one's end, by the records.
    """
    rows = [
        pd.read_csv(path, sep="\t").assign(rule=path.parent.name)
        for path in sorted((ROOT / "benchmarks" / RUN).glob("*/*.tsv"))
    ]
    jobs = pd.concat(rows, ignore_index=True)
    # of a job of a moment Snakemake measures no memory
    jobs[["cpu_time", "max_rss"]] = jobs[["cpu_time", "max_rss"]].apply(pd.to_numeric, errors="coerce")
    summed = pd.concat([jobs, jobs.assign(rule="all")]).groupby("rule", sort=False)
    table = summed.agg(jobs=("s", "size"), minutes=("s", "sum"), cpu_minutes=("cpu_time", "sum"))
    table["longest"], table["gb"] = summed["s"].max(), summed["max_rss"].max() / 1000
    table[["minutes", "cpu_minutes", "longest"]] /= 60
    records = [json.loads(path.read_bytes()) for path in (ROOT / f"provenance/{RUN}").glob("*/*.json")]
    began, ended = min(one["started"] for one in records), max(one["finished"] for one in records)
    wall = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    table.loc["run"] = {"jobs": len(records), "minutes": wall.total_seconds() / 60}
    return table.rename_axis("rule").round(3).reset_index().astype({"jobs": int})


def show_items() -> Iterator[str]:
    """Yield the page of worked items: of each a table of the set traces and the answers behind them."""
    questions = read_questions(RESULTS / f"questions/{SHOWN['dataset']}.jsonl", "test")
    yield "# Worked items"
    yield ""
    yield (
        f"Made by `tests/benchmark/keep_small_llm.py` from the run `{RUN}`: the {SHOWN['items']} first test "
        f"questions of {SHOWN['dataset']} by class and id, as two arms answer them after set traces. "
        "*Follows*: the answer is the one that the set trace implies; empty where that is right, or nothing "
        "is implied."
    )
    for question in pick(questions):
        yield f"\n## {question.id}\n\n{question.question} Right: *{', '.join(question.answers)}*.\n"
        for place, fact in enumerate(question.context):
            yield f"{place + 1}. {'**' + fact + '**' if place in question.gold_facts else fact}"
        yield "\n| arm | set trace | its text | answer | right | follows |\n|---|---|---|---|---|---|"
        for arm in SHOWN["arms"]:
            path = RESULTS / f"interventions/{SHOWN['dataset']}/{MODEL}/{arm}/seed0.jsonl"
            for one in read_interventions(path):
                if one.item == question.id:
                    outcome = read_outcome(question, one, arm)
                    # after a trace that implies the right answer, following and being right are the same
                    follows = say(bool(outcome.follows)) if outcome.implied_true is False else ""
                    cells = [get_arm(arm).title, condition_title(one.condition), one.trace, one.text]
                    yield f"| {' | '.join([*map(cell, cells), say(outcome.true), follows])} |"


def pick(questions: list[Question]) -> list[Question]:
    """Give the first questions of the classes in turn, by id."""
    turn = pd.DataFrame({"class": [q.class_label for q in questions], "id": [q.id for q in questions]})
    turn["turn"] = turn.sort_values("id").groupby("class").cumcount()
    chosen = turn.sort_values(["turn", "class"])["id"].head(SHOWN["items"])
    known = {question.id: question for question in questions}
    return [known[name] for name in chosen]


def say(holds: bool) -> str:
    return "yes" if holds else "no"


def cell(text: str) -> str:
    """Write a text as a cell of a table."""
    return text.strip().replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


def write_text(text: str, path: Path) -> None:
    with atomic_write(path) as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
