"""
Data: raw files in, canonical questions out.

in   config/datasets*.yaml                        registry: source, revision, licence, checksum, reader options
out  results/{run}/raw/{dataset}/                 raw files: simulated, copied or downloaded
     results/{run}/questions/{dataset}.jsonl      questions of both splits, schemas/question.schema.json
"""


rule simulate_raw:
    output:
        raw=directory("results/{run}/raw/{dataset}"),
    log:
        "logs/{run}/simulate_raw/{dataset}.log",
    benchmark:
        "benchmarks/{run}/simulate_raw/{dataset}.tsv"
    wildcard_constraints:
        dataset=get_regex(filter(is_simulated, config["datasets"])),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        sizes=get_sizes,
        seed=lookup(within=config, dpath="seed"),
    message:
        "Write a small {wildcards.dataset} corpus in the dataset's own raw format"
    script:
        "../scripts/simulate_raw.py"


rule fetch_raw:
    input:
        local=get_local_data,
    output:
        raw=directory("results/{run}/raw/{dataset}"),
    log:
        "logs/{run}/fetch_raw/{dataset}.log",
    benchmark:
        "benchmarks/{run}/fetch_raw/{dataset}.tsv"
    wildcard_constraints:
        dataset=get_regex(name for name in config["datasets"] if not is_simulated(name)),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(120),
    params:
        entry=get_dataset_entry,
        mirror=lookup(within=config, dpath="mirror"),
    message:
        "Fetch and verify the raw files of {wildcards.dataset}"
    script:
        "../scripts/fetch_raw.py"


rule read_questions:
    input:
        raw="results/{run}/raw/{dataset}",
    output:
        questions=READ_QUESTIONS,
    log:
        "logs/{run}/read_questions/{dataset}.log",
    benchmark:
        "benchmarks/{run}/read_questions/{dataset}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        options=get_reader_options,
        seed=lookup(within=config, dpath="seed"),
    message:
        "Read {wildcards.dataset} into questions of both splits"
    script:
        "../scripts/read_questions.py"
