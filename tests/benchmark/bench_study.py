"""Error rates, power and coverage of the study's analysis on simulated studies.

    python tests/benchmark/bench_study.py errors --simulations 400      # primary and sensitivity tests
    python tests/benchmark/bench_study.py power --simulations 200       # participants x items
    python tests/benchmark/bench_study.py intervals --simulations 1000  # of the sensitivity analyses
    python tests/benchmark/bench_study.py tasks --simulations 1000      # of right answers to tasks and of d′
    python tests/benchmark/bench_study.py figures --out docs            # of one simulated study

`errors` and `power` draw other participants and other items for every study. They write
docs/bench/study_errors.csv and study_power.csv, in which docs/study_analysis.md looks its numbers up. With
one rating a page, a study takes two to ten seconds of a core. `intervals` prints Markdown. There the items
stay the same, as what is measured speaks of the same items; a rate of 95 % has a standard error of 0.7 points
over 1,000 studies, and of 0.3 over the 5,000 from which intervals are measured.
"""

import argparse
import shutil
import sys
import time
from functools import partial
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.looked_up import update  # noqa: E402
from support.model_validation import CHUNK, SCALE, STUDY, Cell, run_chunk  # noqa: E402
from support.study_validation import (  # noqa: E402
    NULLS,
    PER_GROUP,
    PUBLISHED,
    validate_agreement,
    validate_deltas,
    validate_means,
    validate_tasks,
    validate_tests,
)
from tracekd.figures.conditions import plot_conditions  # noqa: E402
from tracekd.figures.flow import plot_flow  # noqa: E402
from tracekd.figures.likert import plot_likert  # noqa: E402
from tracekd.figures.study_tasks import plot_study_tasks  # noqa: E402
from tracekd.figures.style import save  # noqa: E402
from tracekd.study.definition import read_study  # noqa: E402
from tracekd.study.exclusions import INTENTION_TO_TREAT, find_left_out, flow_table  # noqa: E402
from tracekd.study.plan import lay_out_groups  # noqa: E402
from tracekd.study.published import read_published  # noqa: E402
from tracekd.study.responses import Export, responses_table  # noqa: E402
from tracekd.study.simulate import Scale, simulate_exports, target_means  # noqa: E402
from tracekd.study.tasks import lay_out_trials  # noqa: E402
from tracekd.tables.study import Choices, study_tables  # noqa: E402
from tracekd.tables.study_tasks import tasks_table  # noqa: E402

# words of a trace
LENGTHS = {"correct": 30, "r1": 300, "r1_summary": 60, "r1_explanation": 60}
NOTE = "SIMULATED participants"
DOCS = ROOT / "docs/bench"
DESIGNS = ("between", "within")
# condition x item SD where conditions do not differ, and where they do; sizes, and differences in logits
SDS, PLANTED_SD = (0.0, 0.2, 0.3, 0.6), 0.3
ITEMS, PARTICIPANTS, DIFFERENCES = (8, 40, 80), (100, 200, 400), (0.4, 0.7)
# of right answers to a task
SHARES = (0.5, 0.65, 0.75, 0.85, 0.9, 0.95)
# intervals are measured on so many times more studies
MORE = 5
# ratings and sizes that were not looked at when the interval of a delta was chosen
OTHERS, OTHER_SIZES = (4.7, 4.0, 3.2, 2.0), (12, PER_GROUP, 60)


def main() -> None:
    """Measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["errors", "power", "intervals", "tasks", "figures"])
    parser.add_argument("--simulations", type=int, default=200, help="studies of each kind")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--questions", type=int, default=1, help="ratings of a page: more take longer")
    parser.add_argument("--out", type=Path, default=DOCS, metavar="FOLDER")
    chosen = parser.parse_args()
    start = time.perf_counter()
    if chosen.part == "figures":
        draw(chosen.out)
    elif chosen.part == "intervals":
        measure_intervals(chosen.simulations)
    elif chosen.part == "tasks":
        write({f"right on {share:.0%}": validate_tasks(share, chosen.simulations) for share in SHARES})
    else:
        cells = list_power(chosen.questions) if chosen.part == "power" else list_errors(chosen.questions)
        table = measure(cells, chosen.simulations, chosen.processes)
        if chosen.part == "errors":
            table = pool(table)
        table.to_csv(chosen.out / f"study_{chosen.part}.csv", index=False)
        if chosen.out == DOCS:
            update(ROOT / "docs/study_analysis.md", DOCS)
    print(f"\n{time.perf_counter() - start:.0f} s")


def list_errors(questions: int) -> list[Cell]:
    """Studies without any difference at every condition x item SD, and with the published ones at one."""
    opinions = tuple(SCALE.opinion(mean, STUDY.assumptions.spread) for mean in PUBLISHED)
    return [
        Cell(setting, design, 100, items, sd, planted, questions)
        for design, items in product(DESIGNS, ITEMS[:2])
        for setting, sd, planted in (
            *(("null", sd, (0.0,) * len(opinions)) for sd in SDS),
            ("published", PLANTED_SD, opinions),
        )
    ]


def list_power(questions: int) -> list[Cell]:
    """Studies in which the first two conditions differ."""
    return [
        Cell(
            f"{difference}",
            "between",
            participants,
            items,
            PLANTED_SD,
            (difference, 0.0, 0.0, 0.0),
            questions,
        )
        for difference, participants, items in product(DIFFERENCES, PARTICIPANTS, ITEMS)
    ]


def measure(cells: list[Cell], simulations: int, processes: int) -> pd.DataFrame:
    """Shares of the studies of each cell, with the number of studies."""
    chunks = range(-(-simulations // CHUNK))
    rows = []
    with Pool(processes) as pool:
        for cell in cells:
            chunked = pool.imap(partial(run_chunk, cell), chunks)
            found = pd.DataFrame(row for part in chunked for row in part).astype(float)
            kind = {name: value for name, value in cell._asdict().items() if name != "opinions"}
            # a word, so that no number of items begins with another one
            kind["items"] = f"{cell.items}_items"
            rows.append(kind | {"studies": len(found)} | found.mean().to_dict())
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def pool(table: pd.DataFrame) -> pd.DataFrame:
    """Add rows over both designs (`both`), and over these and all sizes (`any`)."""
    parts = [table]
    for merged in ({"design": "both"}, {"design": "both", "items": "any"}):
        kinds = [name for name in ("setting", "items", "sd") if name not in merged]
        groups = table.groupby(kinds, as_index=False)
        means = groups.mean(numeric_only=True).assign(**merged)
        parts.append(means.assign(studies=groups["studies"].sum()["studies"]))
    pooled = pd.concat(parts, ignore_index=True)[table.columns]
    return pooled.astype({"participants": int, "questions": int})


def measure_intervals(simulations: int) -> None:
    """Print one Markdown table of each kind of simulation."""
    print(f"Share of {simulations:,} simulated studies of 4 x 25 participants, in %.\n")
    print("Rejects at 5 %, and has the conditions in the planned order\n")
    settings = {**NULLS, "published ratings": PUBLISHED}
    write(
        {
            f"{design}, {name}": validate_tests(design, means, simulations, seed)
            for design in DESIGNS
            for seed, (name, means) in enumerate(settings.items())
        }
    )
    for design in DESIGNS:
        for seed, (name, means) in enumerate(settings.items()):
            print(f"\nThe 95 % interval holds the truth: {design}, {name}\n")
            held = validate_means(design, means, MORE * simulations, seed)
            held |= validate_deltas(design, means, MORE * simulations, seed)
            write({estimate: {"held": share} for estimate, share in held.items()})
    for design, size in product(DESIGNS, OTHER_SIZES):
        print(f"\nThe same for deltas of other ratings, {size} a group: {design}\n")
        held = validate_deltas(design, OTHERS, MORE * simulations, per_group=size)
        write({estimate: {"held": share} for estimate, share in held.items()})
    print("\nThe 95 % interval of Krippendorff's alpha holds the truth (a quarter as many studies)\n")
    cases = ((3.39, 1), (4.53, 1), (3.39, 4))
    write(
        {
            f"mean {mean}, items {unlike} times as unlike": validate_agreement(
                mean, simulations // 4, bootstrap=200, unlike=unlike
            )
            for mean, unlike in cases
        }
    )


def draw(folder: Path) -> None:
    """Draw the figures of one simulated study as in config/study.yaml, of items without texts."""
    study = read_study(ROOT / "config" / "study.yaml")
    items = [f"item-{number}" for number in range(study.items)]
    trials = [f"trial-{number}" for number in range(study.find_error.pages)]
    # made-up texts, as long as those of the arms; three choices of an answer, of which the first is right
    texts = {one.name: "word " * LENGTHS[one.arm] for one in study.conditions}
    shown = {"question": "", "context": [], "texts": texts}
    guess = {"answers": dict.fromkeys(texts, ""), "choices": ["", "", ""], "right": 1}
    groups = lay_out_groups(study, [items[block :: study.n_blocks] for block in range(study.n_blocks)])
    plan = {
        "study": study.title,
        "design": study.design,
        "plan_sha256": "0" * 64,
        "conditions": [condition.model_dump() for condition in study.conditions],
        "scale": study.scale.model_dump(),
        "questions": [question.model_dump() for question in study.questions],
        "checks": [check.model_dump() for check in study.checks],
        "tasks": [task.model_dump() for task in study.tasks],
        "items": [{"item": item, **shown, **guess} for item in items],
        "trials": [{"item": trial, **shown} for trial in trials],
        "groups": [
            group | {"trials": seen}
            for group, seen in zip(groups, lay_out_trials(study, trials), strict=True)
        ],
    }
    published, scale = read_published(ROOT / "resources" / "published_ratings.csv"), Scale(1, 5)
    conditions, questions = plan["conditions"], plan["questions"]
    means = target_means(conditions, published, scale)
    per_group, rules = study.participants_per_group, study.exclusions.limits
    sent = [
        Export(record, "", (), ())
        for record in simulate_exports(plan, means, study.assumptions, per_group, scale, study.seed)
    ]
    left_out = find_left_out(sent, rules, plan)
    ratings = responses_table(sent, plan)
    ratings = ratings.assign(excluded=ratings["participant"].map(left_out))
    flow = flow_table(sent, left_out, rules, plan, study.analysis.seed)
    choices = Choices((1, 5), study.analysis.resamples, study.analysis.seed)
    tables = study_tables(ratings, plan, published, choices) | {"tasks": tasks_table(ratings, plan)}
    tables = {name: table[table["analysis"] == INTENTION_TO_TREAT] for name, table in tables.items()}
    labels = study.scale.labels
    figures = {
        "likert": plot_likert(tables["questions"], questions, conditions, labels, NOTE),
        "conditions": plot_conditions(tables["ratings"], ratings, conditions, (1, 5), NOTE),
        "flow": plot_flow(flow, conditions, NOTE),
        "tasks": plot_study_tasks(tables["tasks"], conditions, NOTE),
    }
    with TemporaryDirectory() as spare:
        for name, figure in figures.items():
            save(figure, Path(spare) / "figure.pdf")
            shutil.copy(Path(spare) / "figure.png", folder / f"study_SIMULATED_{name}.png")


def write(rows: dict[str, dict[str, float]]) -> None:
    """Print rows of shares in %."""
    names = list(next(iter(rows.values())))
    print(f"| | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(f'{100 * row[column]:.1f}' for column in names)} |")


if __name__ == "__main__":
    main()
