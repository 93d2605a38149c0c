"""
Scoring: generations in, item scores out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl
out  results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/baselines.csv, figures/{run}/accuracy.{scorer}.{pdf,svg,png}
"""

if not RUN.given:

    rule score_generations:
        input:
            questions=[paths.QUESTIONS],
            generations=RUN.per_cell(paths.GENERATIONS, RUN.arms),
        output:
            scores=RUN.per_cell(paths.SCORES, RUN.arms),
        conda:
            "../envs/data.yaml"
        params:
            partial=False,
        message:
            "Score item by item: {wildcards}"
        script:
            "../scripts/score_generations.py"


if not RUN.replay:

    TARGETS += RUN.every("figures/{run}/accuracy.{scorer}.pdf")

    rule score_baselines:
        input:
            questions=RUN.every(paths.QUESTIONS),
        output:
            baselines="results/{run}/tables/baselines.csv",
        conda:
            "../envs/data.yaml"
        message:
            "Score the trivial baselines on every test split"
        script:
            "../scripts/score_baselines.py"

    rule plot_accuracy:
        input:
            results="results/{run}/tables/results.csv",
            baselines="results/{run}/tables/baselines.csv",
        output:
            **figures("accuracy.{scorer}", "accuracy by arm", scorer=RUN.scorers),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("scorers"),
            **GRID,
            note=RUN.note,
        message:
            "Plot final-answer accuracy by arm against the trivial baselines"
        script:
            "../scripts/plot_accuracy.py"
