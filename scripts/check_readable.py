"""End a run red where no output of a trained arm could be read (rule check_readable).

input   results: results/{run}/tables/results.csv; rest: all other targets of the run
output  text: results/{run}/readable.txt
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.files import atomic_write
    from tracekd.tables.readable import check_readable

    check_readable(snakemake.input.results)
    with atomic_write(snakemake.output.text) as stream:
        stream.write("Outputs of every trained arm can be read.\n")
