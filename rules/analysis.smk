"""
Analysis: item scores in, tables and figures out.

in   results/{run}/scores/**, results/{run}/tables/baselines.csv (a replay has no train split to learn them from)
out  results/{run}/tables/{results,classes,answer_scores,trace_answer_matrix}.{csv,md}
     figures/{run}/confusion_{arm}.{pdf,svg,png}           Figures 2 and 3 of the paper
     figures/{run}/classes.{scorer}.{pdf,svg,png}
"""

TARGETS += RUN.every(
    "results/{run}/tables/results.csv", "figures/{run}/classes.{scorer}.pdf"
)


rule tabulate_results:
    input:
        scores=RUN.get_scores(RUN.arms),
        baselines=[] if RUN.replay else "results/{run}/tables/baselines.csv",
    output:
        **tables("results", "classes", "answer_scores", matrix="trace_answer_matrix"),
    conda:
        "../envs/plot.yaml"
    params:
        **GRID,
    message:
        "Tabulate answers, steps and traces over all scores"
    script:
        "../scripts/tabulate_results.py"


if RUN.traced_arms:

    TARGETS += RUN.every("figures/{run}/confusion_{arm}.pdf", arm=RUN.traced_arms)

    rule plot_confusion:
        input:
            matrix="results/{run}/tables/trace_answer_matrix.csv",
        output:
            **figures(
                "confusion_{arm}",
                "trace and answer (Figures 2 and 3 of the paper)",
                arm=RUN.traced_arms,
            ),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("scorers"),
            **GRID,
            shown=RUN.traced_arms,
            note=RUN.note,
        message:
            "Plot trace against answer for every arm with traces (Figures 2 and 3)"
        script:
            "../scripts/plot_confusion.py"


rule plot_classes:
    input:
        classes="results/{run}/tables/classes.csv",
    output:
        **figures("classes.{scorer}", "accuracy by class", scorer=RUN.scorers),
    conda:
        "../envs/plot.yaml"
    params:
        **RUN.settings("scorers"),
        **GRID,
        note=RUN.note,
    message:
        "Plot final-answer accuracy by class"
    script:
        "../scripts/plot_classes.py"
