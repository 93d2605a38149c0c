"""Score the trivial answer baselines of every dataset (rule score_baselines).

input   questions: results/{run}/questions/{dataset}.jsonl, one file per dataset in config order
output  baselines: results/{run}/tables/baselines.csv
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    import pandas as pd
    from tracekd.core.records import read_questions
    from tracekd.scoring.baselines import score_baselines
    from tracekd.tables.write import write_csv

    scored = [score_baselines(read_questions(path)) for path in snakemake.input.questions]
    write_csv(pd.concat(scored), snakemake.output.baselines)
