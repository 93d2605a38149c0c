"""The numbers of a run that the paper's main claims are judged by, from its tables, with their intervals."""

from math import isnan
from typing import NamedTuple

import pandas as pd

from tracekd.datasets.rows import ALL, TRACE

# of all items, of those with a right trace, of those with a wrong one
SHARES = ("p_joint", "p_answer_given_trace_ok", "p_answer_given_trace_wrong")
# phi of the answer with the retrieval step, the class step, and the class step where retrieval is right;
# and of the whole trace with the entities that it names in the answer's place
PHIS = ("phi_facts", "phi_class", "phi_class_given_facts_ok", "phi_implied")
# the negative control: of the retrieval step with the answer of the same model without traces
CONTROL = "phi_control"
# definitions of a right trace and answer (tables.definitions) that leave the form of an output aside
IMPLIED = ("parsed_only", "tolerant")
CELL = ["dataset", "model", "arm"]


class Finding(NamedTuple):
    """One number with its 95 % interval; shares in %."""

    dataset: str
    model: str
    arm: str
    scorer: str
    measure: str
    value: float
    low: float
    high: float
    n: int


def gather(
    statistics: pd.DataFrame,
    follow: pd.DataFrame,
    counterfactual: pd.DataFrame,
    copying: pd.DataFrame,
    definitions: pd.DataFrame,
    ablation: pd.DataFrame,
) -> list[Finding]:
    """Collect the findings from the tables of those names, in their order.

    Measures by scorer: SHARES, phi and phi_within (classes) of answer and whole trace; without intervals
    chi2, chi2_percent (on percentages in place of counts), tost_phi_within_p (p of the equivalence test),
    holm_p (p of the association within classes; holm_p_class for the class step alone), facts_right (share
    of items whose retrieval step is right) and, by the published scorer, hangs_on_gold_row (share of items
    whose verdict on the trace changes with their own gold row). As the aligned scorer reads and judges:
    implied_{definition} (P(answer right | trace right) under a definition of IMPLIED), follows_share and
    true_share of answers after a trace that implies a wrong answer, baseline_share of the answers without
    traces that are that one, too, and excess (points) of the first over the last; copying_rate, PHIS and
    CONTROL where facts name answers. Values and limits are means over seeds, n is that of one seed; an
    undefined value is no finding.
    """
    findings: list[Finding] = []
    single = statistics[statistics["seed"].astype(str) != ALL]
    for cell, rows in single.groupby([*CELL, "scorer", "step"], sort=False):
        right = rows["both_ok"] + rows["trace_only_ok"]
        rows = rows.assign(facts_right=right / rows["n"])
        if cell[-1] == "facts":
            findings += _average(rows, cell[:-1], "facts_right", rows["n"], 100)
        if cell[-1] == "class":
            findings += _average(
                rows.assign(holm_p_class=rows["holm_p"]), cell[:-1], "holm_p_class", rows["n"]
            )
        if cell[-1] == "trace":
            for name, size in zip(SHARES, (rows["n"], right, rows["n"] - right), strict=True):
                findings += _average(rows, cell[:-1], name, size, 100)
            for name in ("phi", "phi_within", "chi2", "chi2_percent", "tost_phi_within_p", "holm_p"):
                findings += _average(rows, cell[:-1], name, rows["n"])
    whole = definitions[definitions["definition"].isin(IMPLIED) & (definitions["step"] == TRACE)]
    for (*cell, name), rows in whole.groupby([*CELL, "definition"], sort=False):
        measure = f"implied_{name}"
        ends = ("", "_low", "_high")
        named = rows.rename(columns={f"{SHARES[1]}{end}": f"{measure}{end}" for end in ends})
        right = rows["both_ok"] + rows["trace_only_ok"]
        findings += _average(named, (*cell, "aligned"), measure, right, 100)
    rows_ = ablation[(ablation["quirk"] == "Q11") & (ablation["measure"] == "phi_trace")]
    for cell, rows in rows_.groupby(CELL, sort=False):
        changed = rows.assign(hangs_on_gold_row=rows["items_changed"] / rows["n"])
        findings += _average(changed, (*cell, "published"), "hangs_on_gold_row", rows["n"], 100)
    for cell, rows in follow[follow["class"] == ALL].groupby(CELL, sort=False):
        for name in ("follows_share", "true_share", "baseline_share"):
            findings += _average(rows, (*cell, "aligned"), name, rows["n"], 100)
    whole = counterfactual[(counterfactual["class"] == ALL) & (counterfactual["named"] == "any")]
    for cell, rows in whole.groupby(CELL, sort=False):
        findings += _average(rows, (*cell, "aligned"), "excess", rows["n"])
    # where facts name no answer there is nothing to copy
    named = copying[(copying["subset"] == ALL) & copying["copying_rate"].notna()]
    for cell, rows in named.groupby(CELL, sort=False):
        findings += _average(rows, (*cell, "aligned"), "copying_rate", rows["answers"], 100)
        for name in (*PHIS, CONTROL):
            findings += _average(rows, (*cell, "aligned"), name, rows[f"{name}_n"])
    return findings


def _average(
    rows: pd.DataFrame, cell: tuple[str, ...], name: str, n: pd.Series, scale: float = 1
) -> list[Finding]:
    """Average one measure over seeds, with its interval if it has one; nothing where it is undefined."""
    columns = (name, f"{name}_low", f"{name}_high")
    value, low, high = (scale * rows[column].mean() if column in rows else float("nan") for column in columns)
    if isnan(value):
        return []
    dataset, model, arm, scorer = cell
    return [Finding(dataset, model, arm, scorer, name, value, low, high, round(n.mean()))]
