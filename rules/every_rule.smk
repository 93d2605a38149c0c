"""
Every rule: where its jobs log and are measured, and the code behind its outputs. Included after all other rules.

in   all rules; scripts/{rule}.py and what it uses of scripts/tracekd/ and of the extensions (tracekd.run.code)
out  logs/{run}/{rule}/{job}.log
     benchmarks/{run}/{rule}/{job}.tsv     {job}: the wildcards of the rule's first output, or `all`
     parameter `code` of every rule: Snakemake makes outputs again whose parameters have changed
"""

from tracekd.run.code import code_digests
from tracekd.workflow.directives import set_log_and_benchmark

try:
    CODE = code_digests(
        [one.name for one in workflow.rules], RUN.config.get("extensions", ())
    )
except TraceKDError as error:
    sys.exit(f"Error: {error}")

for one in workflow.rules:
    set_log_and_benchmark(one)
    one.set_params(code=CODE[one.name])
