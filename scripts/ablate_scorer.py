"""Switch the quirks of the published scorer off, and explain where it and the aligned scorer disagree
(rule ablate_scorer).

input   questions: results/{run}/questions/{dataset}.jsonl
        generations: results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl, all of the model
output  ablation: results/{run}/ablation/{dataset}/{model}.csv
        differences: results/{run}/differences/{dataset}/{model}.csv
log     [0]
"""

import pandas as pd
from tracekd.logs import rule_log
from tracekd.records import read_generations, read_questions
from tracekd.scoring.ablation import score_variants
from tracekd.scoring.differences import find_differences
from tracekd.tables.ablation import ablation_table
from tracekd.tables.differences import differences_table, read_run
from tracekd.tables.write import write_csv

with rule_log(snakemake.log[0]):
    questions = read_questions(snakemake.input.questions)
    ablations, differences = [], []
    for path in snakemake.input.generations:
        run, generations = read_run(path), read_generations(path)
        variants = score_variants(questions, generations, run["arm"])
        ablations.append(ablation_table(variants, **run))
        found = find_differences(questions, generations, run["arm"], variants)
        differences.append(differences_table(found, **run))
    write_csv(pd.concat(ablations), snakemake.output.ablation)
    write_csv(pd.concat(differences), snakemake.output.differences)
