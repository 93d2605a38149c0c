"""
Generation: adapters in, generations out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/models/{model}/, adapters
out  results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/generation.schema.json
     results/{run}/tables/hyperparameters.{csv,md}
"""

from tracekd.workflow import generation

if RUN.level != "outputs":

    rule generate:
        input:
            questions=paths.QUESTIONS,
            model=paths.MODEL,
            adapters=generation.get_adapters(RUN, paths.WEIGHTS),
            configs=generation.get_adapters(RUN, paths.ADAPTER_CONFIG),
        output:
            generations=RUN.per_cell(paths.GENERATIONS, RUN.arms),
        conda:
            "../envs/train.yaml"
        resources:
            mem_mb=growing(3000),
            runtime=growing(60),
        params:
            **RUN.settings("generation", "quantisation", "chat"),
            persona=PERSONA,
            work="work/{run}/generate/{dataset}.{model}",
        message:
            "Generate answers: {wildcards}"
        script:
            "../scripts/generate.py"


if not RUN.given:

    TARGETS += RUN.every("results/{run}/tables/hyperparameters.csv")

    rule tabulate_hyperparameters:
        output:
            **table("hyperparameters"),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("training", "quantisation", "generation"),
            models=RUN.model_settings,
        message:
            "Tabulate the settings of training and generation"
        script:
            "../scripts/tabulate_hyperparameters.py"
