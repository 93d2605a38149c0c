"""
Intervention at inference: adapters answer after traces that are set from outside (docs/interventions.md).

in   results/{run}/questions/{dataset}.jsonl, results/{run}/models/{model}/, adapters and generations of the
     arms with think tags
out  results/{run}/interventions/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/intervention.schema.json
     results/{run}/tables/{interventions,intervention_pairs}.{csv,md}
     figures/{run}/interventions_{dataset}.{pdf,svg,png}
"""

from tracekd.workflow import intervention

if intervention.has_interventions(RUN):

    TARGETS += RUN.every(
        "results/{run}/tables/interventions.csv",
        "figures/{run}/interventions_{dataset}.pdf",
    )
    THINKING_ARMS = intervention.get_thinking_arms(RUN)

    rule intervene:
        input:
            questions=paths.QUESTIONS,
            model=paths.MODEL,
            adapters=RUN.per_cell(paths.WEIGHTS, THINKING_ARMS),
            configs=RUN.per_cell(paths.ADAPTER_CONFIG, THINKING_ARMS),
            generations=RUN.per_cell(paths.GENERATIONS, THINKING_ARMS),
        output:
            interventions=RUN.per_cell(
                paths.INTERVENTIONS,
                THINKING_ARMS,
            ),
        conda:
            "../envs/train.yaml"
        resources:
            mem_mb=growing(3000),
            runtime=growing(120),
        params:
            **RUN.settings("seed", "generation", "quantisation", "chat"),
            conditions=RUN.config["interventions"],
            persona=PERSONA,
            work="work/{run}/intervene/{dataset}.{model}",
        message:
            "Answer after set traces: {wildcards}"
        script:
            "../scripts/intervene.py"

    rule tabulate_interventions:
        input:
            questions=RUN.every(paths.QUESTIONS),
            interventions=RUN.per_run(
                paths.INTERVENTIONS,
                THINKING_ARMS,
            ),
        output:
            **tables("interventions", pairs="intervention_pairs"),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
        message:
            "Tabulate how often answers follow set traces, and how often they are right"
        script:
            "../scripts/tabulate_interventions.py"

    rule plot_interventions:
        input:
            interventions="results/{run}/tables/interventions.csv",
        output:
            **figure("interventions_{dataset}", "answers after set traces"),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("models", "arms"),
            conditions=RUN.config["interventions"],
            note=RUN.note,
        message:
            "Plot how often answers follow set traces on {wildcards.dataset}, and how often they are right"
        script:
            "../scripts/plot_interventions.py"
