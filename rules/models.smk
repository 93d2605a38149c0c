"""
Base models: registry entries in, folders of safetensors and tokenizer out.

in   config/models.yaml; for a tiny model also the run's questions and the teacher's responses, whose words it
     must be able to read
out  results/{run}/models/{model}/
"""


rule build_base_model:
    input:
        questions=get_questions,
        responses=get_run_responses,
    output:
        model=directory("results/{run}/models/{model}"),
    log:
        "logs/{run}/build_base_model/{model}.log",
    benchmark:
        "benchmarks/{run}/build_base_model/{model}.tsv"
    wildcard_constraints:
        model=get_regex(filter(is_demo, config["models"])),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        architecture=get_architecture,
        persona=get_persona,
        seed=get_model_seed,
        options=lookup(within=config, dpath="base_model"),
    message:
        "Train the tiny base model {wildcards.model} until its probe passes"
    script:
        "../scripts/build_base_model.py"


rule fetch_model:
    input:
        local=get_local_model,
    output:
        model=directory("results/{run}/models/{model}"),
    log:
        "logs/{run}/fetch_model/{model}.log",
    benchmark:
        "benchmarks/{run}/fetch_model/{model}.tsv"
    wildcard_constraints:
        model=get_regex(name for name in config["models"] if not is_demo(name)),
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        entry=get_model_entry,
        mirror=lookup(within=config, dpath="mirror"),
    message:
        "Bring {wildcards.model} from its source"
    script:
        "../scripts/fetch_model.py"
