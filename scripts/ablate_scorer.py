"""Switch the published scorer's quirks off, and explain where the scorers disagree (rule ablate_scorer).

input   questions: results/{run}/questions/{dataset}.jsonl, all of the run
        generations: results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl, all of the run
output  ablation_csv, ablation_md: .../tables/scorer_ablation.{csv,md}
        differences_csv, differences_md: .../tables/scorer_differences.{csv,md}
        item_csv: .../tables/item_differences.csv
params  datasets, models, arms: names in config order
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "ablation": (
        "Change of the published scorer's numbers when one of its quirks is switched off, in percentage "
        "points (both right: items). Acc., F1: mean of classes where the dataset has a file for each. Steps: "
        "of all test items. Quirks that change nothing are left out."
    ),
    "differences": (
        "Items that the published and the aligned scorer judge differently, by the reason: the quirk which, "
        "switched off, makes them agree; form: no answer or step of the asked form; definition: what remains."
    ),
}

with rule_job(snakemake):
    import pandas as pd
    from tracekd.core.records import read_generations, read_questions
    from tracekd.datasets.rows import Grid
    from tracekd.run.cells import read_run
    from tracekd.scoring.ablation import score_variants
    from tracekd.scoring.differences import find_differences
    from tracekd.tables.ablation import RUN, ablation_table, show_ablation
    from tracekd.tables.differences import count_differences, differences_table, show_differences
    from tracekd.tables.write import table_paths, write_csv, write_table

    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    questions = {Path(path).stem: read_questions(path) for path in snakemake.input.questions}
    ablations, differences = [], []
    for path in snakemake.input.generations:
        run = read_run(path)
        asked = questions[run["dataset"]]
        generations = read_generations(path, asked)
        variants = score_variants(asked, generations, run["arm"])
        ablations.append(ablation_table(variants, **run))
        differences.append(
            differences_table(find_differences(asked, generations, run["arm"], variants), **run)
        )
    ablation = grid.sort(pd.concat(ablations, ignore_index=True), RUN)
    items = grid.sort(pd.concat(differences, ignore_index=True), RUN)
    counts = count_differences(items, grid)
    tables = {
        "ablation": (ablation, show_ablation(ablation)),
        "differences": (counts, show_differences(counts)),
    }
    for name, pair in tables.items():
        write_table(*pair, **table_paths(snakemake.output, name), caption=CAPTIONS[name])
    write_csv(items, snakemake.output.item_csv)
