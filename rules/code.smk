"""
Code: a rule is out of date when the code that makes its outputs has changed. Included behind all rules.

in   scripts/{rule}.py and what it uses of scripts/tracekd/ and of the extensions (tracekd.run.code)
out  parameter `code` of every rule: Snakemake makes outputs again whose parameters have changed
"""

from tracekd.run.code import code_digests

try:
    CODE = code_digests(
        [one.name for one in workflow.rules], config.get("extensions", ())
    )
except TraceKDError as error:
    sys.exit(f"Error: {error}")

for one in workflow.rules:
    one.set_params(code=CODE[one.name])
