"""
Training: verified traces and a 4-bit base in, LoRA adapters out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/traces/{dataset}/{arm}.jsonl,
     results/{run}/models/{model}/
out  results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}/
         adapter_model.safetensors, adapter_config.json, training_log.csv, provenance.json, README.md (model card)
     figures/{run}/losses.{pdf,svg,png}

Checkpoints live in work/, which no rule declares: Snakemake deletes declared outputs before a re-run.
"""

if RUN.level == "train":

    if RUN.sft_arms:
        TARGETS += RUN.every("figures/{run}/losses.pdf")

    rule train_adapters:
        input:
            questions=paths.QUESTIONS,
            traces=RUN.per_cell(paths.TRACES, RUN.sft_arms),
            model=paths.MODEL,
            # not `ancient`: Snakemake then ends a run in which preflight is made again before what follows it.
            # A new one costs little, for finished adapters are taken from work/.
            preflight="results/{run}/preflight/{model}.json",
        output:
            weights=RUN.per_cell(paths.WEIGHTS, RUN.sft_arms),
            configs=RUN.per_cell(paths.ADAPTER_CONFIG, RUN.sft_arms),
            logs=RUN.per_cell(f"{paths.ADAPTER}/training_log.csv", RUN.sft_arms),
            provenance=RUN.per_cell(f"{paths.ADAPTER}/provenance.json", RUN.sft_arms),
            cards=RUN.per_cell(f"{paths.ADAPTER}/README.md", RUN.sft_arms),
        conda:
            "../envs/train.yaml"
        resources:
            mem_mb=growing(3000),
            runtime=growing(60),
        params:
            **RUN.settings("training", "quantisation", "chat"),
            persona=PERSONA,
            target_modules=TARGET_MODULES,
            work="work/{run}/train_adapters/{dataset}.{model}",
        message:
            "Train 4-bit LoRA adapters: {wildcards}"
        script:
            "../scripts/train_adapters.py"

    rule plot_losses:
        input:
            logs=RUN.per_run(f"{paths.ADAPTER}/training_log.csv", RUN.sft_arms),
        output:
            **figure("losses", "training losses"),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            note=RUN.note,
        message:
            "Plot the training losses of all adapters"
        script:
            "../scripts/plot_losses.py"
