"""
Every rule: where its jobs log and where they are measured. Included after all other rules.

in   all rules
out  logs/{run}/{rule}/{job}.log
     benchmarks/{run}/{rule}/{job}.tsv     {job}: the wildcards of the rule's first output, or `all`
"""

from tracekd.workflow.directives import set_log_and_benchmark

for rule in workflow.rules:
    set_log_and_benchmark(rule)
