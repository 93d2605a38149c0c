"""Print what will be asked of a Slurm site beside what it allows (rule check_site).

input   none
output  none; prints to the screen, and ends with exit code 1 if something cannot run
params  none: what is asked stands in the environment, see tracekd.run.site
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    import pandas as pd
    from tracekd.core.errors import WorkError
    from tracekd.run.site import NO, check_site, read_asked
    from tracekd.tables.write import markdown

    rows = check_site(*read_asked())
    print(markdown(pd.DataFrame(rows).rename(columns=str.capitalize)))
    refused = sum(row.verdict == NO for row in rows)
    if refused:
        raise WorkError(
            f"{refused} of {len(rows)} lines of the table {NO}",
            where="this site",
            hint="change the profile where the last column says so",
        )
