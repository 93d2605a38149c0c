"""Keep what docs/small_llm.md shows of a finished run of config/small_llm.yaml: tables, figures, items.

    python tests/benchmark/keep_small_llm.py                  # in the folder in which the run was made
    python tests/benchmark/keep_small_llm.py --experiment     # of a run with config/experiment.yaml behind it

Writes small CSV files, the figures as SVG and a page of items into docs/small_llm, and the numbers of
docs/small_llm.md anew.
"""

import argparse
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
from tracekd.experiment.contexts import INTACT, SWAPPED  # noqa: E402
from tracekd.experiment.measurements import Measurement, read_measurements  # noqa: E402
from tracekd.experiment.traces import TITLES  # noqa: E402
from tracekd.interventions.outcomes import read_outcome  # noqa: E402
from tracekd.interventions.prefills import condition_title  # noqa: E402
from tracekd.labels import show_number  # noqa: E402
from tracekd.run.provenance import read_record  # noqa: E402
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
    # of the figure of the follow rate
    "trace_answer_matrix": "",
    "follow": "",
    "datasets": "",
}
FIGURES = ["accuracy.aligned", "follow_rate", "interventions_cotempqa", "losses"]
EXPERIMENT_TABLES = {
    "experiment_effects": "seed == 'all' and not estimand.str.startswith('no_trace:')",
    "experiment_left_out": "",
}
EXPERIMENT_FIGURES = ["experiment_cotempqa", "experiment_babi"]
MIB = 2**20  # Snakemake counts memory in these
SHOWN = {"dataset": "cotempqa", "arms": ["correct", "incorrect_matched"], "items": 5}


def main() -> None:
    """Keep all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiment", action="store_true", help="keep the experiment, and nothing else")
    if parser.parse_args().experiment:
        keep(EXPERIMENT_TABLES, EXPERIMENT_FIGURES, "experiment_jobs")
        write_csv(count_answers(), "experiment_answers")
        write_csv(find_largest(), "experiment_largest")
        write_text("\n".join(show_measurements()) + "\n", KEPT / "experiment_items.md")
    else:
        keep(TABLES, FIGURES, "jobs")
        write_text("\n".join(show_items()) + "\n", KEPT / "items.md")
    update(ROOT / "docs/small_llm.md", KEPT)


def keep(tables: dict[str, str], figures: list[str], jobs: str) -> None:
    """Copy rows of tables, figures, and what the jobs took."""
    for name, rows in tables.items():
        table = pd.read_csv(RESULTS / f"tables/{name}.csv", dtype=str, keep_default_na=False)
        write_csv(table.query(rows, engine="python") if rows else table, name)
    for name in figures:
        shutil.copy(ROOT / f"figures/{RUN}/{name}.svg", KEPT / f"{name}.svg")
    write_csv(measure_jobs(), jobs)


def count_answers() -> pd.DataFrame:
    """Count what was written: dataset, arm, context, trace, n, true (right answers), follows (implied)."""
    table = pd.read_csv(RESULTS / "tables/experiment_items.csv")
    groups = table.groupby(["dataset", "arm", "context", "trace"], sort=False)
    counted = groups.agg(n=("true", "size"), true=("true", "sum"), follows=("follows", "sum"))
    return counted.astype(int).reset_index()


def find_largest() -> pd.DataFrame:
    """Give the cells in the intact context of the question that weighs most in the means."""
    table = pd.read_csv(RESULTS / "tables/experiment_items.csv", keep_default_na=False)
    largest = table.loc[table["log_odds"].abs().idxmax(), "id"]
    columns = ["dataset", "arm", "id", "trace", "context", "log_odds"]
    return table.loc[(table["id"] == largest) & (table["context"] == INTACT), columns]


def measure_jobs() -> pd.DataFrame:
    """Sum up the benchmarks: rule, jobs, minutes, cpu_minutes, longest (minutes), gb (largest resident set).

    GB are 10^9 bytes. The row `run` has, as minutes, those from the first job's start to the last one's end,
    by the records.
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
    table["longest"], table["gb"] = summed["s"].max(), summed["max_rss"].max() * MIB / 1e9
    table[["minutes", "cpu_minutes", "longest"]] /= 60
    records = [read_record(path) for path in (ROOT / f"provenance/{RUN}").glob("*/*.json")]
    began, ended = min(one["started"] for one in records), max(one["finished"] for one in records)
    wall = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    table.loc["run"] = {"jobs": len(records), "minutes": wall.total_seconds() / 60}
    return table.rename_axis("rule").round(3).reset_index().astype({"jobs": int})


def show_items() -> Iterator[str]:
    """Yield the page of worked items: of each a table of the set traces and the answers after them."""
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


def show_measurements() -> Iterator[str]:
    """Yield the page of worked items of the experiment: of each the set traces, in two contexts."""
    folder = RESULTS / "experiment" / SHOWN["dataset"] / MODEL
    items = {arm: by_item(read_measurements(folder / arm / "seed0.jsonl")) for arm in SHOWN["arms"]}
    measured = items[SHOWN["arms"][0]]
    questions = read_questions(RESULTS / f"questions/{SHOWN['dataset']}.jsonl", "test")
    yield "# Worked items of the experiment"
    yield ""
    yield (
        f"Made by `tests/benchmark/keep_small_llm.py --experiment` from the run `{RUN}`: the "
        f"{SHOWN['items']} first questions of {SHOWN['dataset']} by class and id that have all contexts, as "
        "two arms answer them after set traces. *Log-odds*: of the right answer in that context against the "
        "one that the set trace implies, or a wrong one near by, in nats. *Renamed*: the gold entity is "
        "renamed in the context, not in the trace, so that another answer is right."
    )
    for question in pick([one for one in questions if (SWAPPED, "gold") in measured.get(one.id, {})]):
        new = measured[question.id][SWAPPED, "gold"]
        yield f"\n## {question.id}\n\n{question.question} Right: `{new.answers[new.named]}`; "
        yield f"renamed: `{new.answers[new.truth]}`.\n"
        for place, fact in enumerate(question.context):
            yield f"{place + 1}. {'**' + fact + '**' if place in question.gold_facts else fact}"
        yield "\n| arm | set trace | its text | log-odds | answer | log-odds, renamed | answer, renamed |"
        yield "|---|---|---|---:|---|---:|---|"
        for arm, found in items.items():
            cells = found[question.id]
            for trace in [name for name in TITLES if (SWAPPED, name) in cells]:
                pair = [cells[context, trace] for context in (INTACT, SWAPPED)]
                numbers = [text for one in pair for text in (show_number(one.truth_log_odds, 1), one.written)]
                texts = [get_arm(arm).title, TITLES[trace], pair[0].text or "", *numbers]
                yield f"| {' | '.join(map(cell, texts))} |"


def by_item(measurements: list[Measurement]) -> dict[str, dict[tuple[str, str], Measurement]]:
    """Give measurements by item, by context and trace."""
    found: dict[str, dict[tuple[str, str], Measurement]] = {}
    for one in measurements:
        found.setdefault(one.item, {})[one.context, one.trace] = one
    return found


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


def write_csv(table: pd.DataFrame, name: str) -> None:
    write_text(table.to_csv(index=False, lineterminator="\n"), KEPT / f"{name}.csv")


def write_text(text: str, path: Path) -> None:
    with atomic_write(path) as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
