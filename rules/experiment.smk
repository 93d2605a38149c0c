"""
The experiment: set traces crossed with contexts, and what they do to the log-odds of an answer (docs/experiment.md).

in   results/{run}/questions/{dataset}.jsonl, results/{run}/models/{model}/, adapters and generations of all arms
     with SFT, docs/experiment.md, config/statistics.yaml; of a run with a teacher its traces
out  results/{run}/experiment/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/measurement.schema.json
     results/{run}/tables/experiment_items.csv
     results/{run}/tables/experiment_{effects,left_out}.{csv,md}
     figures/{run}/experiment_{dataset}.{pdf,svg,png}
"""

from tracekd.workflow import experiment

if experiment.get_experiment(RUN):

    TARGETS += RUN.every(
        "results/{run}/tables/experiment_items.csv",
        "results/{run}/tables/experiment_effects.csv",
        "figures/{run}/experiment_{dataset}.pdf",
    )

    rule measure_answers:
        input:
            questions=paths.QUESTIONS,
            model=paths.MODEL,
            adapters=RUN.per_cell(paths.WEIGHTS, RUN.sft_arms),
            configs=RUN.per_cell(paths.ADAPTER_CONFIG, RUN.sft_arms),
            generations=RUN.per_cell(paths.GENERATIONS, RUN.sft_arms),
            teacher=experiment.get_teacher_traces(RUN),
        output:
            measurements=RUN.per_cell(
                "results/{run}/experiment/{dataset}/{model}/{arm}/seed{seed}.jsonl",
                RUN.sft_arms,
            ),
        wildcard_constraints:
            arm=any_of(RUN.sft_arms),
        conda:
            "../envs/train.yaml"
        resources:
            mem_mb=growing(3000),
            runtime=growing(120),
        params:
            **RUN.settings("seed", "generation", "quantisation", "chat", "experiment"),
            persona=PERSONA,
            work="work/{run}/measure_answers/{dataset}.{model}",
        message:
            "Weigh the answers after set traces: {wildcards}"
        script:
            "../scripts/measure_answers.py"

    rule tabulate_experiment:
        input:
            measurements=RUN.per_run(
                "results/{run}/experiment/{dataset}/{model}/{arm}/seed{seed}.jsonl",
                RUN.sft_arms,
            ),
            questions=RUN.every(paths.QUESTIONS),
            teacher=RUN.every(*experiment.get_teacher_traces(RUN)),
            plan=RUN.config["experiment"]["plan"],
            settings=paths.STATISTICS,
        output:
            **tables(effects="experiment_effects", left_out="experiment_left_out"),
            cells="results/{run}/tables/experiment_items.csv",
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            **RUN.settings("seed", "experiment"),
        message:
            "Tabulate what set traces and contexts do to the answers"
        script:
            "../scripts/tabulate_experiment.py"

    rule plot_experiment:
        input:
            effects="results/{run}/tables/experiment_effects.csv",
        output:
            **figure("experiment_{dataset}", "set traces × contexts"),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("models", "arms", "experiment"),
            note=RUN.note,
        message:
            "Plot what set traces and contexts do to the answers on {wildcards.dataset}"
        script:
            "../scripts/plot_experiment.py"
