"""Tabulate kinds of traces, and what models that learnt from them answer (rule tabulate_trace_types).

input   properties: results/{run}/trace_properties/{dataset}/{arm}.csv of the arms with SFT
        responses: results/{run}/teacher/{dataset}/{kind}.jsonl; judgements: .../{dataset}/judgement.csv
        scores: results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
        generations: results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl
output  types_csv, types_md: .../tables/trace_types.{csv,md}
        value_csv, value_md: .../tables/trace_value.{csv,md}
params  datasets, models, arms: names in config order; sources: arm to kind of response
        keep: whose judgement keeps a question; max_new_tokens: of the models; note: what is not real
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

TYPES = (
    "Training traces by arm, mean (quartiles) over n questions. Tokens of {model}. Facts mentioned: quoted, "
    "or what they offer as an answer is named. Reading ease and grade: Flesch and Kincaid. Verified: every "
    "step right, or, in free words, concluding in the gold answer; 95 % Wilson interval. Cut off: share of "
    "the teacher's outputs that ended at its token limit."
)
VALUE = (
    "Final-answer accuracy by kind of training trace, on all test questions and on those that the teacher "
    "answered rightly (kept: {keep}); 95 % Wilson interval at the n of one seed. Tokens: mean length of an "
    "output; cut off: share that the limit of {limit} new tokens ended."
)

with rule_job(snakemake):
    from tracekd.datasets.rows import Grid
    from tracekd.tables.scores import read_scores
    from tracekd.tables.trace_types import (
        read_lengths,
        read_properties,
        show_types,
        show_value,
        trace_types,
        trace_value,
    )
    from tracekd.tables.write import table_paths, write_table
    from tracekd.teacher.kept import read_kept
    from tracekd.teacher.responses import read_responses

    source, params = snakemake.input, snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    by_kind = {(Path(path).parent.name, Path(path).stem): path for path in source.responses}
    quoted = {
        (dataset, arm): read_responses(by_kind[dataset, kind])
        for dataset in params.datasets
        for arm, kind in params.sources.items()
    }
    types = trace_types(read_properties(source.properties), quoted, grid)
    kept = {Path(path).parent.name: read_kept(path) for path in source.judgements}
    value = trace_value(read_scores(source.scores), read_lengths(source.generations), kept, grid)
    note = f" {params.note[0].upper()}{params.note[1:]}." if params.note else ""
    captions = {
        "types": TYPES.format(model=params.models[0]) + note,
        "value": VALUE.format(keep=params.keep, limit=params.max_new_tokens) + note,
    }
    for name, tables in {"types": (types, show_types(types)), "value": (value, show_value(value))}.items():
        write_table(*tables, **table_paths(snakemake.output, name), caption=captions[name])
