"""
Preflight: what must hold on this very machine before the long jobs start, measured.

in   base model, questions and traces of the run
out  results/{run}/preflight/{model}.json    each check with number and limit; a violation stops the run
"""


rule preflight:
    input:
        questions=get_questions,
        traces=get_run_traces,
        model="results/{run}/models/{model}",
    output:
        checks="results/{run}/preflight/{model}.json",
    log:
        "logs/{run}/preflight/{model}.log",
    benchmark:
        "benchmarks/{run}/preflight/{model}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(30),
    params:
        training=lookup(within=config, dpath="training"),
        quantisation=lookup(within=config, dpath="quantisation"),
        chat=lookup(within=config, dpath="chat"),
        persona=get_persona,
        target_modules=get_target_modules,
        adapters=len(config["datasets"]) * len(get_cells(SFT_ARMS)),
    message:
        "Check machine, {wildcards.model} and training set-up before the long jobs"
    script:
        "../scripts/preflight.py"
