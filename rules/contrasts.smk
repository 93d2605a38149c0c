"""
Contrasts: whether the order of the arms survives the scorer, its quirk Q5, and outputs of another form.

in   results/{run}/scores/**, results/{run}/questions/{dataset}.jsonl, generations of the arms with SFT,
     config/statistics.yaml (draws)
out  results/{run}/tables/contrasts.{csv,md}      pairs of arms, run by run, under every judgement
     results/{run}/tables/mixed_model.{csv,md}    the same over all runs of a dataset
     figures/{run}/contrasts.{pdf,svg,png}
"""

from tracekd.workflow import contrasts

if contrasts.has_claimed_pair(RUN):

    TARGETS += RUN.every(
        "results/{run}/tables/contrasts.csv", "figures/{run}/contrasts.pdf"
    )

    rule tabulate_contrasts:
        input:
            scores=RUN.get_scores(RUN.sft_arms),
            questions=RUN.every(paths.QUESTIONS),
            generations=RUN.per_run(paths.GENERATIONS, RUN.sft_arms),
            settings=paths.STATISTICS,
        output:
            **tables("contrasts", "mixed_model"),
        conda:
            "../envs/plot.yaml"
        params:
            **RUN.settings("scorers"),
            **GRID,
        message:
            "Compare arms under every judgement of their answers"
        script:
            "../scripts/tabulate_contrasts.py"

    rule plot_contrasts:
        input:
            contrasts="results/{run}/tables/contrasts.csv",
        output:
            **figure("contrasts", "does the order of arms survive the scorer"),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            note=RUN.note,
        message:
            "Plot the differences of arms under every judgement"
        script:
            "../scripts/plot_contrasts.py"
