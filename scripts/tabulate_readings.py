"""Tabulate follow rates, copying and definitions of a correct trace (rule tabulate_readings).

input   readings: results/{run}/readings/{dataset}/{model}/{arm}/seed{seed}.csv, all of the run
        matrix: results/{run}/tables/trace_answer_matrix.csv
output  follow_csv, follow_md, follow_tex: .../tables/follow.{csv,md,tex}
        copying_csv, copying_md, copying_tex: .../tables/copying.{csv,md,tex}
        definitions_csv, definitions_md, definitions_tex: .../tables/definitions.{csv,md,tex}
params  datasets, models, arms: names in config order
log     [0]
"""

import pandas as pd
from tracekd.datasets.rows import Grid
from tracekd.run.jobs import rule_job
from tracekd.tables.copying import copying_table, show_copying
from tracekd.tables.definitions import definitions_table, show_definitions
from tracekd.tables.follow import follow_table, show_follow
from tracekd.tables.readings import read_readings
from tracekd.tables.write import table_paths, write_table

CAPTIONS = {
    "follow": (
        "Test items whose trace names context facts, but the wrong ones: how often the answer is the one "
        "that the named facts imply, and how often it is true all the same; 95 % Wilson intervals."
    ),
    "copying": (
        "What the association of trace and answer is made of. Copied: share of readable answers that are "
        "exactly the entities of the facts that the trace names, 95 % Wilson interval. The other columns "
        "are phi of the answer and the trace, its steps, and the class step where retrieval (R.) is right or "
        "wrong; in the last one the named entities stand in the answer's place, against the trace. "
        "One-to-one: every gold answer stands in exactly one fact. Intervals and n: CSV."
    ),
    "definitions": (
        "Whole trace against answer under each definition of a correct retrieval step; "
        "95 % intervals: Wilson for shares, draws of the table for phi. Single steps: CSV."
    ),
}

with rule_job(snakemake):
    grid = Grid(snakemake.params.datasets, snakemake.params.models, snakemake.params.arms)
    readings = read_readings(snakemake.input.readings)
    matrix = pd.read_csv(snakemake.input.matrix)
    follow, copying = follow_table(readings, grid), copying_table(readings, grid)
    definitions = definitions_table(readings, matrix, grid)
    tables = {
        "follow": (follow, show_follow(follow)),
        "copying": (copying, show_copying(copying)),
        "definitions": (definitions, show_definitions(definitions)),
    }
    for name, (table, shown) in tables.items():
        write_table(table, shown, **table_paths(snakemake.output, name), caption=CAPTIONS[name])
