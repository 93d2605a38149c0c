"""Published numbers, one by one: what each claims to be, how it was printed, and on what it was measured."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracekd.core.checks import check_schema, read_yaml
from tracekd.core.errors import ConfigError
from tracekd.datasets.rows import ALL
from tracekd.labels import STEP_TITLES

# a cell that the source leaves empty
NOT_STATED = "-"
# dataset, model or arm that the source does not name
ANY = "any"


@dataclass(frozen=True, slots=True)
class Claim:
    """One published number.

    `step` is empty for numbers about answers alone; `class_label` may be `all` (items pooled) or `macro`
    (mean of the classes). `tolerance` is half a unit of the last printed digit. The other fields are
    explained at the head of config/claims.yaml; `seeds` is empty unless the generations are released ones.
    """

    id: str
    group: str
    title: str
    source: str
    stands: str
    kind: str
    generations: str
    scorer: str
    dataset: str
    class_label: str
    model: str
    arm: str
    step: str
    quantity: str
    estimand: str
    unit: str
    value: float
    tolerance: float
    untestable: str
    note: str
    seeds: tuple[int, ...] = ()


def read_claims(path: str | Path = "config/claims.yaml") -> list[Claim]:
    """Read the claims of a file in the form of `schemas/claims.schema.json`, in its order.

    Raises ConfigError on a file that is not of that form, a row of another length than its columns, an
    unknown quantity, or a number that is claimed twice.
    """
    ledger = read_yaml(path)
    check_schema(ledger, "claims", path)
    claims: dict[str, Claim] = {}
    for name, group in ledger["groups"].items():
        shared = {key: value for key, value in group.items() if key != "tables"}
        for table in group["tables"]:
            cells = {"seeds": [ledger["first_seed"]]} | shared | table
            for claim in _expand(name, cells, ledger["quantities"], path):
                if claim.id in claims:
                    raise ConfigError("is claimed twice", where=f"{path}: {claim.id}", hint="add a label")
                claims[claim.id] = claim
    return list(claims.values())


def tolerance(printed: str) -> float:
    """Half a unit of the last printed digit: 0.05 of "28.9", 0.5 of "381"."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int), "a printed number is finite"
    return float(Decimal(5).scaleb(exponent - 1))


def _expand(name: str, table: dict[str, Any], quantities: dict[str, Any], path: str | Path) -> list[Claim]:
    """Make one claim of every stated cell of a table."""
    fields = {key: table[key] for key in ("title", "source", "stands", "kind", "generations", "scorer")}
    claims = []
    for row, line in table["rows"].items():
        # the row names its dataset unless the table does
        dataset, model, arm = [table["dataset"], *row.split()] if "dataset" in table else row.split()
        cells = line.split()
        if len(cells) != len(table["columns"]):
            raise ConfigError(
                f"{len(cells)} numbers for {len(table['columns'])} columns",
                where=f"{path}: {name}: {row}",
                hint=f"write {NOT_STATED} where a number is not stated",
            )
        for column, printed in zip(table["columns"], cells, strict=True):
            place, quantity = column.split()
            if quantity not in quantities:
                raise ConfigError(
                    f"quantity {quantity!r} is unknown", where=f"{path}: {name}", hint="see its quantities"
                )
            if printed == NOT_STATED:
                continue
            label = [table["label"].replace(" ", "_")] if "label" in table else []
            claims.append(
                Claim(
                    id="/".join([name, *label, dataset, model, arm, place, quantity]),
                    group=name,
                    **fields,
                    dataset=dataset,
                    class_label=ALL if place in STEP_TITLES else place,
                    model=model,
                    arm=arm,
                    step=place if place in STEP_TITLES else "",
                    quantity=quantity,
                    **quantities[quantity],
                    value=float(printed),
                    tolerance=tolerance(printed),
                    untestable=table.get("untestable", ""),
                    note=_note(table.get("notes", []), model, arm, column),
                    seeds=tuple(table["seeds"]) if table["generations"] == "released" else (),
                )
            )
    return claims


def _note(notes: list[dict[str, Any]], model: str, arm: str, column: str) -> str:
    """Find what must be known of a cell beyond its number."""
    fitting = (n["text"] for n in notes if (n["model"], n["arm"]) == (model, arm) and column in n["columns"])
    return next(fitting, "")
