"""Tabulate answers after set traces, and pairs of settings (rule tabulate_interventions).

input   questions: one file a dataset
        interventions: results/{run}/interventions/{dataset}/{model}/{arm}/seed{seed}.jsonl, all of the run
output  interventions_csv, interventions_md: .../tables/interventions.{csv,md}
        pairs_csv, pairs_md: .../tables/intervention_pairs.{csv,md}
params  datasets, models, arms: names in config order
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "interventions": (
        "Answers of the trained models after traces set from outside. Right: of all items. "
        "Implied: the answer is the one that the facts in the trace imply (or, in free words, what it "
        "concludes), of the items where this is wrong; elsewhere the two cannot be told apart. A dash where "
        "no such item is, or facts of the dataset imply no answer. 95 % Wilson intervals."
    ),
    "pairs": (
        "The same items after two traces. Difference: share after the trace minus share after the one it "
        "is held against, with Newcombe's paired 95 % interval; McNemar's exact p before and after Holm's "
        "correction within an adapter and kind of answer. Implied: by the trace in the column Trace, over "
        "the items where this is wrong."
    ),
}

with rule_job(snakemake):
    from tracekd.core.records import read_questions
    from tracekd.datasets.rows import Grid
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.interventions import (
        interventions_table,
        pairs_table,
        read_outcome_frame,
        show_interventions,
        show_pairs,
    )
    from tracekd.tables.write import table_paths, write_table

    source, params = snakemake.input, snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    questions = {Path(path).stem: read_questions(path, split="test") for path in source.questions}
    outcomes = read_outcome_frame(questions, source.interventions)
    table, pairs = interventions_table(outcomes, grid), pairs_table(outcomes, grid)
    shown = {"interventions": (table, show_interventions(table)), "pairs": (pairs, show_pairs(pairs))}
    for name, (exact, readable) in shown.items():
        write_table(
            exact_p_values(exact), readable, **table_paths(snakemake.output, name), caption=CAPTIONS[name]
        )
