"""
Training: verified traces and a 4-bit base in, LoRA adapters out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/traces/{dataset}/{arm}.jsonl,
     results/{run}/models/{model}/
out  results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}/
         adapter_model.safetensors, adapter_config.json, training_log.csv, provenance.json

Checkpoints live in work/, which no rule declares: Snakemake deletes declared outputs before a re-run.
"""

ADAPTER = "results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}"


rule train_adapters:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        traces=get_traces,
        model="results/{run}/models/{model}",
        # not `ancient`: Snakemake then ends a run in which preflight is made again before what follows it.
        # A new one costs little, for finished adapters are taken from work/.
        preflight="results/{run}/preflight/{model}.json",
    output:
        weights=per_cell(f"{ADAPTER}/adapter_model.safetensors", SFT_ARMS),
        configs=per_cell(f"{ADAPTER}/adapter_config.json", SFT_ARMS),
        logs=per_cell(f"{ADAPTER}/training_log.csv", SFT_ARMS),
        provenance=per_cell(f"{ADAPTER}/provenance.json", SFT_ARMS),
    log:
        "logs/{run}/train_adapters/<job>.log",
    benchmark:
        "benchmarks/{run}/train_adapters/<job>.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        training=lookup(within=config, dpath="training"),
        quantisation=lookup(within=config, dpath="quantisation"),
        chat=lookup(within=config, dpath="chat"),
        persona=get_persona,
        target_modules=get_target_modules,
        work="work/{run}/train_adapters/{dataset}.{model}",
    message:
        "Train 4-bit LoRA adapters: {wildcards}"
    script:
        "../scripts/train_adapters.py"
