"""
Traces: questions in, one SFT target per training question and arm out, every one verified.

in   results/{run}/questions/{dataset}.jsonl
out  results/{run}/traces/{dataset}/{arm}.jsonl   schemas/trace.schema.json, verdict on every line
"""


rule build_traces:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
    output:
        traces="results/{run}/traces/{dataset}/{arm}.jsonl",
    log:
        "logs/{run}/build_traces/{dataset}.{arm}.log",
    benchmark:
        "benchmarks/{run}/build_traces/{dataset}.{arm}.tsv"
    wildcard_constraints:
        arm=get_regex(built_arms()),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        seed=lookup(within=config, dpath="seed"),
    message:
        "Write and verify the {wildcards.arm} traces of {wildcards.dataset}"
    script:
        "../scripts/build_traces.py"
