"""Tabulate follow rates, copying and definitions of a correct trace (rule tabulate_readings).

input   readings: results/{run}/readings/{dataset}/{model}/{arm}/seed{seed}.csv, all of the run
        baseline: the same of the arm without traces
        questions: results/{run}/questions/{dataset}.jsonl, all of the run
        statistics: results/{run}/tables/statistics.csv
output  follow_csv, follow_md: .../tables/follow.{csv,md}
        copying_csv, copying_md: .../tables/copying.{csv,md}
        counterfactual_csv, counterfactual_md: .../tables/counterfactual.{csv,md}
        definitions_csv, definitions_md: .../tables/definitions.{csv,md}
params  datasets, models, arms: names in config order
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "follow": (
        "Test items whose trace names context facts, but the wrong ones, which imply a wrong answer: how "
        "often the answer is the implied one, how often it is right all the same, and how often the same "
        "model without traces gives the implied one; 95 % Wilson intervals, clustered by what questions are "
        "about."
    ),
    "counterfactual": (
        "Answers after a trace that implies a wrong answer against answers of the same model without traces "
        "to the same n items: how many are the implied one. Excess: their difference, in points of n, with "
        "its 95 % interval and p, clustered by what questions are about. Gold facts named: how many of them "
        "stand in the wrong trace."
    ),
    "copying": (
        "What the association of trace and answer is made of. Copied: share of readable answers that are "
        "exactly the entities of the facts that the trace names, 95 % Wilson interval, clustered by what "
        "questions are about. The other columns are phi of the answer and the trace, its steps, and the "
        "class step where retrieval (R.) is right or wrong; under Entities what the trace names stands in "
        "the answer's place, against the trace; under Control the answer of the same model without traces, "
        "against the retrieval step. One-to-one: every gold answer stands in exactly one fact. Intervals and "
        "n: CSV."
    ),
    "definitions": (
        "Whole trace against answer under each definition of a correct retrieval step; 95 % intervals, "
        "clustered by what questions are about. Single steps: CSV."
    ),
}

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.anchors import join_anchors
    from tracekd.datasets.rows import Grid
    from tracekd.tables.copying import copying_table, show_copying
    from tracekd.tables.counterfactual import counterfactual_table, show_counterfactual
    from tracekd.tables.definitions import definitions_table, show_definitions
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.follow import follow_table, show_follow
    from tracekd.tables.readings import join_baseline, read_readings
    from tracekd.tables.write import table_paths, write_table

    grid = Grid(snakemake.params.datasets, snakemake.params.models, snakemake.params.arms)
    baseline = read_readings(snakemake.input.baseline)
    readings = join_baseline(read_readings(snakemake.input.readings), baseline)
    readings = join_anchors(readings, snakemake.input.questions)
    follow, copying = follow_table(readings, grid), copying_table(readings, grid)
    counterfactual = counterfactual_table(readings, grid)
    definitions = definitions_table(readings, read_table(snakemake.input.statistics), grid)
    tables = {
        "follow": (follow, show_follow(follow)),
        "counterfactual": (exact_p_values(counterfactual), show_counterfactual(counterfactual)),
        "copying": (copying, show_copying(copying)),
        "definitions": (definitions, show_definitions(definitions)),
    }
    for name, (table, shown) in tables.items():
        write_table(table, shown, **table_paths(snakemake.output, name), caption=CAPTIONS[name])
