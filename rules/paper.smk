"""
Paper: the main tables of a run, as a paper prints them; `make latex` compiles and measures them.

in   results/{run}/tables/{datasets,hyperparameters,results,classes,trace_answer_matrix,statistics,follow,
     counterfactual,interventions,contrasts,main_claims}.csv      those that the run has
out  results/{run}/tables/paper/{...}.tex                         of each
"""

PAPER = find_tables(
    workflow,
    TARGETS,
    [
        "datasets",
        "hyperparameters",
        "results",
        "classes",
        "trace_answer_matrix",
        "statistics",
        "follow",
        "counterfactual",
        "interventions",
        "contrasts",
        "main_claims",
    ],
)

if PAPER:

    TARGETS += RUN.every(*paper_tables(PAPER).values())

    rule tabulate_paper:
        input:
            **PAPER,
        output:
            **paper_tables(PAPER),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("scorers"),
            **GRID,
        message:
            "Lay the main tables out as a paper prints them"
        script:
            "../scripts/tabulate_paper.py"
