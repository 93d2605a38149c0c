"""Tabulate what each quirk moves and where the scorers disagree, over the whole run (rule tabulate_ablation).

input   ablations: results/{run}/ablation/{dataset}/{model}.csv, all of the run
        differences: results/{run}/differences/{dataset}/{model}.csv, all of the run
output  ablation_csv, ablation_md, ablation_tex: .../tables/scorer_ablation.{csv,md,tex}
        differences_csv, differences_md, differences_tex: .../tables/scorer_differences.{csv,md,tex}
        items: .../tables/item_differences.csv
params  datasets, models, arms: names in config order
log     [0]
"""

import pandas as pd
from tracekd.logs import rule_log
from tracekd.tables.ablation import RUN, show_ablation
from tracekd.tables.differences import count_differences, read_differences, show_differences
from tracekd.tables.order import Grid
from tracekd.tables.write import write_csv, write_table

ABLATION = (
    "Change of the published scorer's numbers when one of its quirks is switched off (points; both ok: items). "
    "All test items are the denominator of a step. Quirks that change nothing are left out."
)
DIFFERENCES = (
    "Items that the published and the aligned scorer judge differently, by the reason: the quirk which, "
    "switched off, makes them agree; form: no answer or step of the asked form; definition: what remains."
)

with rule_log(snakemake.log[0]):
    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    ablation = grid.sort(pd.concat(map(pd.read_csv, snakemake.input.ablations)).reset_index(drop=True), RUN)
    items = grid.sort(read_differences(snakemake.input.differences), RUN)
    differences = count_differences(items, grid)
    tables = {
        "ablation": (ablation, show_ablation(ablation), ABLATION),
        "differences": (differences, show_differences(differences), DIFFERENCES),
    }
    for name, (table, shown, caption) in tables.items():
        paths = {kind: snakemake.output[f"{name}_{kind}"] for kind in ("csv", "md", "tex")}
        write_table(table, shown, **paths, caption=caption)
    write_csv(items, snakemake.output.items)
