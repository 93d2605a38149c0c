"""Items on which the scorers disagree: counts for a table, and the items themselves to look through."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from tracekd.core.records import Question
from tracekd.core.tables import read_table
from tracekd.datasets.rows import Grid
from tracekd.labels import QUIRK_TITLES, arm_title, count, dataset_title, part_titles
from tracekd.scoring.differences import Difference
from tracekd.tables.ablation import RUN
from tracekd.tables.browse import row_sizes

COLUMNS = ["dataset", "class", "model", "arm", "seed", "id", "what", "published", "aligned", "reasons"]
FLAGS = {"published": "Int8", "aligned": "Int8"}

# what the page shows of a long output: the beginning, and the end, where the answer stands; and of gold facts
HEAD, TAIL, FACTS = 400, 200, 300
# bytes; with DataTables itself (1 MB) the page stays below 6 MB
PAGE_ROOM = 4_800_000
# columns of the page that have few values, and CSS widths of those that have long ones
LISTED = ["Dataset", "Model", "Arm", "Seed", "Class", "Judged", "Published", "Aligned", "Reasons"]
WIDTHS = {"Question": "15%", "Gold": "18%", "Generated": "26%"}


def differences_table(differences: Iterable[Difference], **run: str | int) -> pd.DataFrame:
    """Give the differences of one generation file; `run` holds its dataset, model, arm and seed.

    Columns: dataset, class, model, arm, seed, id, what (answer, class, facts or trace), published, aligned
    (1, 0 or missing), reasons (each of which is enough, joined by `or`).
    """
    rows = [
        {
            **run,
            "class": one.class_label,
            "id": one.id,
            "what": one.part,
            "published": one.published,
            "aligned": one.aligned,
            "reasons": " or ".join(one.reasons),
        }
        for one in differences
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(FLAGS)


def read_differences(path: str | Path) -> pd.DataFrame:
    """Read a file of `differences_table`."""
    return read_table(path, **FLAGS)


def count_differences(items: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count the rows of `differences_table` by verdicts and reason.

    Columns: dataset, model, arm, seed, what, published, aligned, reason, n. Every differing part of an item
    is counted once: the reason `Q3 or Q5` is neither `Q3` nor `Q5`.
    """
    parts = list(part_titles(grid.datasets))
    place = {part: number for number, part in enumerate(parts)}
    rows = items.rename(columns={"reasons": "reason"}).assign(what=items["what"].map(place))
    by = [*RUN, "what", "published", "aligned", "reason"]
    table = rows.groupby(by, dropna=False, as_index=False, sort=False).size()
    table = grid.sort(table.rename(columns={"size": "n"}), by)
    return table.assign(what=table["what"].map(parts.__getitem__))


def show_differences(table: pd.DataFrame) -> pd.DataFrame:
    """Write `count_differences` for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "SFT arm": [arm_title(name) for name in table["arm"]],
            "Seed": table["seed"].astype(str),
            "Judged": table["what"].map(part_titles(table["dataset"].unique())),
            "Published": table["published"].map(verdict),
            "Aligned": table["aligned"].map(verdict),
            "Reason": table["reason"],
            "Items": table["n"].map(count),
        },
        dtype=str,
    )


def verdict(flag: int | None) -> str:
    """Write a verdict; a missing one is that of an item which enters no matrix."""
    return "left out" if pd.isna(flag) else "right" if flag else "wrong"


def browsable_items(
    items: pd.DataFrame,
    questions: Mapping[str, Question],
    texts: Mapping[tuple[str, str, str, int, str], str],
    room: int = PAGE_ROOM,
) -> pd.DataFrame:
    """Put question, gold and output beside the differences, all as strings for `write_page`.

    Args:
        items: as from `differences_table`.
        questions: by id.
        texts: generated texts by (dataset, model, arm, seed, id).
        room: bytes that the rows may take in the page. Where the items take more, the kinds of difference
            (run, part, verdicts, reasons) share it: the first item of each kind, then the second of each, ...

    """
    asked = [questions[one] for one in items["id"]]
    keys = items[[*RUN, "id"]].itertuples(index=False, name=None)
    page = pd.DataFrame(
        {
            "Dataset": items["dataset"].map(dataset_title),
            "Model": items["model"],
            "Arm": items["arm"].map(arm_title),
            "Seed": items["seed"].astype(str),
            "Class": items["class"],
            "Judged": items["what"].map(part_titles(items["dataset"].unique())),
            "Published": items["published"].map(verdict),
            "Aligned": items["aligned"].map(verdict),
            "Reasons": items["reasons"].map(name_reasons),
            "Id": items["id"],
            "Question": [question.question for question in asked],
            "Gold": list(map(gold, asked)),
            "Generated": [cut(texts[key], HEAD, TAIL) for key in keys],
        }
    )
    turn = items.groupby([*RUN, "what", "published", "aligned", "reasons"], dropna=False).cumcount()
    order = turn.sort_values(kind="stable").index
    kept = order[row_sizes(page).loc[order].cumsum() <= room]
    return page.loc[kept.sort_values()].reset_index(drop=True)


def name_reasons(reasons: str) -> str:
    """Write reasons with the names of their quirks."""
    return " or ".join(f"{one} {QUIRK_TITLES.get(one, '')}".strip() for one in reasons.split(" or "))


def page_note(shown: int, total: int) -> str:
    """Say what the page shows."""
    rest = "" if shown == total else f" The first {count(shown)} of {count(total)}, evenly over their kinds."
    return (
        "A row is one part (answer, class step, retrieval step, whole trace) of one generation."
        f"{rest} Reasons: the quirks each of which alone, when switched off, makes the published scorer "
        "agree with the aligned one; several quirks: all of them off do; form: the aligned scorer finds no "
        "answer or step of the asked form; definition: what remains, such as exactly the gold facts against "
        "any of them. "
        f"Left out: the item enters no matrix. Outputs longer than {HEAD + TAIL} characters are cut in the "
        "middle. All rows without texts: tables/item_differences.csv."
    )


def gold(question: Question) -> str:
    """Write the gold answers and, a line each, the gold facts."""
    facts = "\n".join(question.context[index] for index in question.gold_facts)
    return f"{' | '.join(question.answers)}\n{cut(facts, FACTS, 0)}"


def cut(text: str, head: int, tail: int) -> str:
    """Leave the middle of a long text out."""
    return text if len(text) <= head + tail else f"{text[:head]} […] {text[len(text) - tail :]}"
