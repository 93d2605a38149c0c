"""Hold the published numbers and main claims against the tables of a run (rule check_claims).

input   claims: the file that the config names; inputs: of given generations, results/{run}/tables/inputs.csv
        released: of a replay, the registry of released files
        settings: config/statistics.yaml
        answers, matrix, statistics, ablation, follow, counterfactual, copying, definitions: tables of the
        run (CSV);
        contrasts: of a run with a pair of arms that is compared
output  csv, md: .../tables/claims.{csv,md}: the ledger
        summary_csv, summary_md: .../tables/claims_summary.{csv,md}: verdicts by group
        main_csv, main_md: .../tables/main_claims.{csv,md}; findings: .../tables/findings.csv
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.claims.findings import gather
    from tracekd.claims.ledger import keep_named, read_claims
    from tracekd.claims.main import conclusions, main_claims
    from tracekd.claims.recomputation import RunTables
    from tracekd.core.tables import read_table
    from tracekd.models.registry import read_models
    from tracekd.released.registry import read_released
    from tracekd.statistics.settings import read_settings
    from tracekd.tables.claims import claims_summary, claims_table, write_ledger, write_summary
    from tracekd.tables.downloads import Downloads
    from tracekd.tables.inputs import find_partial, find_present, find_released, leave_out
    from tracekd.tables.main_claims import findings_table, main_claims_table, write_main_claims
    from tracekd.tables.write import write_csv

    files, output = snakemake.input, snakemake.output
    claims = read_claims(files.claims)
    inputs = read_table(files.inputs) if files.inputs else None
    # of the paper's models and data only, and of whole test splits only
    partial = set() if inputs is None else find_partial(inputs)
    tables = {
        name: keep_named(leave_out(read_table(files[name]), partial), claims)
        for name in (
            *("answers", "matrix", "statistics", "ablation"),
            *("follow", "counterfactual", "copying", "definitions", "contrasts"),
        )
        if files[name]
    }
    contrasts = tables.pop("contrasts", None)
    readings = [tables.pop(name) for name in ("follow", "counterfactual", "copying", "definitions")]
    settings = read_settings(files.settings)
    released = frozenset() if inputs is None else find_released(inputs)
    run = RunTables(**tables, settings=settings, released=released)
    downloads = (
        Downloads(read_released(files.released), read_models(), find_present(inputs))
        if files.released
        else None
    )
    ledger = claims_table(claims, run, downloads)
    summary = claims_summary(ledger, {claim.group: claim.title for claim in claims})
    write_ledger(ledger, summary, csv=output.csv, md=output.md)
    write_summary(summary, csv=output.summary_csv, md=output.summary_md)
    findings = gather(run.statistics, *readings, run.ablation)
    verdicts = main_claims(findings, ledger, contrasts, settings)
    sentences = conclusions(findings, settings)
    write_csv(main_claims_table(verdicts, sentences), output.main_csv)
    write_main_claims(verdicts, sentences, findings, output.main_md)
    write_csv(findings_table(findings), output.findings)
