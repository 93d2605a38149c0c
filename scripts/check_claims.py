"""Hold the published numbers and main claims against the tables of a run (rule check_claims).

input   claims: config/claims.yaml
        answers, matrix, statistics, ablation, follow, copying: tables of the run (CSV)
output  csv, md, tex: .../tables/claims.{csv,md,tex}: the ledger
        summary_csv, summary_md, summary_tex: .../tables/claims_summary.{csv,md,tex}: verdicts by group
        main_csv, main_md: .../tables/main_claims.{csv,md}; findings: .../tables/findings.csv
params  replayed: whether the run scores the released generations
log     [0]
"""

import pandas as pd
from tracekd.claims.findings import gather
from tracekd.claims.ledger import read_claims
from tracekd.claims.main import conclusions, main_claims
from tracekd.claims.recomputation import RunTables
from tracekd.run.jobs import rule_job
from tracekd.tables.claims import claims_summary, claims_table, write_ledger, write_summary
from tracekd.tables.main_claims import findings_table, main_claims_table, write_main_claims
from tracekd.tables.write import write_csv

with rule_job(snakemake):
    files, output = snakemake.input, snakemake.output
    statistics = pd.read_csv(files.statistics)
    run = RunTables(
        answers=pd.read_csv(files.answers),
        matrix=pd.read_csv(files.matrix),
        statistics=statistics,
        ablation=pd.read_csv(files.ablation),
        replayed=snakemake.params.replayed,
    )
    claims = read_claims(files.claims)
    ledger = claims_table(claims, run)
    summary = claims_summary(ledger, {claim.group: claim.title for claim in claims})
    write_ledger(ledger, summary, csv=output.csv, md=output.md, tex=output.tex)
    write_summary(summary, csv=output.summary_csv, md=output.summary_md, tex=output.summary_tex)
    findings = gather(statistics, pd.read_csv(files.follow), pd.read_csv(files.copying))
    verdicts, sentences = main_claims(findings, ledger), conclusions(findings)
    write_csv(main_claims_table(verdicts, sentences), output.main_csv)
    write_main_claims(verdicts, sentences, findings, output.main_md)
    write_csv(findings_table(findings), output.findings)
