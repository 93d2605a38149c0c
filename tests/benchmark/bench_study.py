"""Error rates, power and coverage of the study's analysis on simulated studies, as Markdown tables.

    python tests/benchmark/bench_study.py --simulations 1000
    python tests/benchmark/bench_study.py --figures docs        # figures of one simulated study

A rate of 95 % has a standard error of 0.7 points over 1,000 studies, and of 0.3 over the 5,000 from which
intervals are measured. The tables stand in docs/study_analysis.md.
"""

import argparse
import shutil
import sys
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.study_validation import (  # noqa: E402
    NULLS,
    PER_GROUP,
    PUBLISHED,
    validate_agreement,
    validate_deltas,
    validate_means,
    validate_tests,
)
from tracekd.figures.conditions import plot_conditions  # noqa: E402
from tracekd.figures.likert import plot_likert  # noqa: E402
from tracekd.figures.style import save  # noqa: E402
from tracekd.study.definition import read_study  # noqa: E402
from tracekd.study.plan import lay_out_groups  # noqa: E402
from tracekd.study.published import read_published  # noqa: E402
from tracekd.study.responses import Export, responses_table  # noqa: E402
from tracekd.study.simulate import Scale, simulate_exports, target_means  # noqa: E402
from tracekd.tables.study import Choices, study_tables  # noqa: E402

NOTE = "SIMULATED participants"
DESIGNS = ("between", "within")
# intervals are measured on so many times more studies
MORE = 5
# ratings and sizes that were not looked at when the interval of a delta was chosen
OTHERS, OTHER_SIZES = (4.7, 4.0, 3.2, 2.0), (12, PER_GROUP, 60)


def main() -> None:
    """Print one Markdown table of each kind of simulation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--figures", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.figures:
        draw(arguments.figures)
        return
    simulations = arguments.simulations
    start = time.perf_counter()

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
    print(f"\n{time.perf_counter() - start:.0f} s")


def draw(folder: Path) -> None:
    """Draw the figures of one simulated study as in config/study.yaml, of items without texts."""
    study = read_study(ROOT / "config" / "study.yaml")
    items = [f"item-{number}" for number in range(study.items)]
    plan = {
        "study": study.title,
        "design": study.design,
        "plan_sha256": "0" * 64,
        "conditions": study.conditions,
        "scale": study.scale,
        "questions": study.questions,
        "checks": study.checks,
        "items": [{"item": item} for item in items],
        "groups": lay_out_groups(study, items),
    }
    published, scale = read_published(ROOT / "resources" / "published_ratings.csv"), Scale(1, 5)
    conditions = [condition.model_dump() for condition in study.conditions]
    questions = [question.model_dump() for question in study.questions]
    means = target_means(conditions, published, scale)
    sent = simulate_exports(plan, means, study.participants_per_group, scale, study.seed)
    ratings = responses_table([Export(record, "", (), ()) for record in sent if record["completed"]], plan)
    tables = study_tables(ratings, plan, published, Choices((1, 5), **study.analysis.model_dump()))
    labels = study.scale.labels
    figures = {
        "likert": plot_likert(tables["questions"], questions, conditions, labels, NOTE),
        "conditions": plot_conditions(tables["ratings"], ratings, conditions, (1, 5), NOTE),
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
