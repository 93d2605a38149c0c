"""What each quirk of the published scorer moves: its numbers with the quirk, and without that one alone."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from math import nan
from operator import ne
from statistics import fmean
from typing import Any

import pandas as pd

from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.datasets.published import RULES
from tracekd.datasets.quirks import Quirk
from tracekd.labels import (
    CELL_TITLES,
    QUIRK_TITLES,
    arm_title,
    as_header,
    dataset_title,
    part_titles,
    show_change,
)
from tracekd.scoring.ablation import ALL_OFF, PUBLISHED, VARIANTS
from tracekd.scoring.score import Score
from tracekd.statistics.association import EMPTY, Counts, phi
from tracekd.tables.answer_scores import headline, round_percent
from tracekd.traces.arms import get_arm

RUN = ["dataset", "model", "arm", "seed"]
COLUMNS = [*RUN, "quirk", "measure", "with_quirk", "without_quirk", "difference", "items_changed", "n"]

# what an item contributes to each measure; None: nothing
_VERDICTS: Mapping[str, Callable[[Score], object]] = {
    "acc_macro": lambda score: score.answer_ok,
    "acc_all": lambda score: score.answer_ok,
    "f1_macro": lambda score: score.measures["f1"],
    "class_step": lambda score: score.steps.get("class"),
    "facts_step": lambda score: score.steps.get("facts"),
    "trace_step": lambda score: score.trace_ok,
    "both_ok": lambda score: None if score.trace_ok is None else score.answer_ok and score.trace_ok,
    "phi_trace": lambda score: None if score.trace_ok is None else (score.answer_ok, score.trace_ok),
}
# (answer ok, trace ok) in the order of `Counts`
MATRIX = ((True, True), (True, False), (False, True), (False, False))
PARTS = part_titles(BUILT_IN)
# columns for readers: the first of these measures that a dataset has
SHOWN = {
    "Acc.": ("acc_macro", "acc_all"),
    "F1": ("f1_macro",),
    **{as_header(title): (f"{name}_step",) for name, title in PARTS.items() if name != "answer"},
    as_header(CELL_TITLES["both_ok"]): ("both_ok",),
    "phi": ("phi_trace",),
}
DIGITS = {"both_ok": 0, "phi_trace": 3}


def ablation_table(
    variants: Mapping[str, Sequence[Score]], dataset: str, model: str, arm: str, seed: int
) -> pd.DataFrame:
    """Compare every variant of the published scorer with the scorer itself on one generation file.

    Args:
        variants: as from `score_variants`.
        dataset: of the file.
        model: of the file.
        arm: of the file.
        seed: of the file.

    Returns:
        dataset, model, arm, seed, quirk (what is off; `all`: everything), measure, with_quirk, without_quirk,
        difference (without - with), items_changed (items whose contribution to the measure changes), n.
        Measures: acc_macro and f1_macro (datasets with a file for each class), acc_all, class_step,
        facts_step, trace_step in percent of all items (over classes where there is a file for each);
        both_ok, the number of items with answer and trace right; phi_trace, their phi coefficient (missing
        where a margin is empty). Only measures of steps that the arm has.

    """
    run, base = (dataset, model, arm, seed), variants[PUBLISHED]
    labels = [score.class_label for score in base]
    rows = []
    for measure in find_measures(dataset, arm):
        of_item = _VERDICTS[measure]
        items = list(map(of_item, base))
        before = summarise(measure, items, labels, dataset)
        for quirk, off in VARIANTS.items():
            if quirk == PUBLISHED:
                continue
            others = list(map(of_item, variants[quirk]))
            changed = sum(map(ne, items, others))
            # most quirks leave most measures alone
            is_same = not changed and Quirk.MEAN_OF_ROUNDED_CLASSES not in off
            after = before if is_same else summarise(measure, others, labels, dataset, off)
            # six digits as in the CSV, so that table and figure round alike
            difference = round(after - before, 6)
            rows.append([*run, quirk, measure, before, after, difference, changed, len(base)])
    return pd.DataFrame(rows, columns=COLUMNS)


def find_measures(dataset: str, arm: str) -> Iterator[str]:
    """Name the measures that a dataset and arm have."""
    steps = get_arm(arm).truths(get_dataset(dataset))
    missing = {f"{step.name}_step" for step in get_dataset(dataset).steps if step.name not in steps}
    missing |= set() if steps else {"trace_step", "both_ok", "phi_trace"}
    missing |= set() if RULES.get(dataset).FILE_PER_CLASS else {"acc_macro", "f1_macro"}
    return (measure for measure in _VERDICTS if measure not in missing)


def summarise(
    measure: str, items: Sequence[Any], labels: Sequence[str], dataset: str, off: Set[Quirk] = frozenset()
) -> float:
    """Sum up what the items of a file contribute to a measure; `labels` are their classes."""
    if measure == "phi_trace":
        cells = Counter(items)
        counts = Counts(*(cells[cell] for cell in MATRIX))
        return EMPTY if counts.empty_margin else float(phi(counts))
    if measure == "both_ok":
        return sum(map(bool, items))
    values = [float(item or 0) for item in items]
    if measure == "acc_all" or not RULES.get(dataset).FILE_PER_CLASS:
        return round_percent(fmean(values))
    return headline(labels, values, off)


def show_ablation(table: pd.DataFrame) -> pd.DataFrame:
    """Write for readers: a row for each quirk that moves anything, and what switching it off adds."""
    rows = []
    for (dataset, model, arm, seed, quirk), part in table.groupby([*RUN, "quirk"], sort=False):
        if not (part["items_changed"].any() or (part["difference"].fillna(0) != 0).any()):
            continue
        changes = dict(zip(part["measure"], part["difference"], strict=True))
        shown = [
            next((one for one in measures if one in changes), measures[0]) for measures in SHOWN.values()
        ]
        figures = [show_change(changes.get(measure, nan), DIGITS.get(measure, 1)) for measure in shown]
        run = [dataset_title(dataset), model, arm_title(arm), str(seed)]
        rows.append([*run, quirk_title(quirk), *figures])
    return pd.DataFrame(rows, columns=["Dataset", "Model", "Arm", "Seed", "Off", *SHOWN], dtype=str)


def quirk_title(quirk: str) -> str:
    """Number and short name of a quirk."""
    return QUIRK_TITLES[quirk] if quirk == ALL_OFF else f"{quirk} {QUIRK_TITLES[quirk]}"
