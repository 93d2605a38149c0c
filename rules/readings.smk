"""
Readings: what each trace names, what follows from it, and what the answer makes of it.

in   results/{run}/questions/{dataset}.jsonl, generations of the arms with every step and of the arm without traces,
     results/{run}/tables/{statistics,trace_answer_matrix}.csv
out  results/{run}/readings/{dataset}/{model}/{arm}/seed{seed}.csv     one line per generation and way of reading
     results/{run}/tables/{follow,counterfactual,copying,definitions}.{csv,md}
     figures/{run}/follow_rate.{pdf,svg,png}, figures/{run}/association.{pdf,svg,png}
"""

if RUN.traced_arms:
    TARGETS += RUN.every(
        "results/{run}/tables/follow.csv",
        "figures/{run}/follow_rate.pdf",
        "figures/{run}/association.pdf",
    )


rule derive_readings:
    input:
        questions=RUN.every(paths.QUESTIONS),
        generations=RUN.per_run(paths.GENERATIONS, RUN.read_arms),
    output:
        readings=RUN.per_run(paths.READINGS, RUN.read_arms),
    conda:
        "../envs/data.yaml"
    message:
        "Read what each trace names and whether its answer follows"
    script:
        "../scripts/derive_readings.py"


rule tabulate_readings:
    input:
        readings=RUN.per_run(paths.READINGS, RUN.traced_arms),
        baseline=RUN.per_run(paths.READINGS, RUN.baseline_arms),
        questions=RUN.every(paths.QUESTIONS),
        statistics="results/{run}/tables/statistics.csv",
    output:
        **tables("follow", "counterfactual", "copying", "definitions"),
    conda:
        "../envs/plot.yaml"
    params:
        **GRID,
    message:
        "Tabulate follow rates, their baselines, copying and definitions of a correct trace"
    script:
        "../scripts/tabulate_readings.py"


rule plot_follow_rate:
    input:
        matrix="results/{run}/tables/trace_answer_matrix.csv",
        follow="results/{run}/tables/follow.csv",
    output:
        **figure("follow_rate", "does the answer follow the trace", category="Headline"),
    conda:
        "../envs/plot.yaml"
    params:
        **GRID,
        # the scorer that the run names first draws the matrices
        scorer=RUN.scorers[0],
        note=RUN.note,
    message:
        "Plot how often answers follow wrong traces"
    script:
        "../scripts/plot_follow_rate.py"


rule plot_association:
    input:
        copying="results/{run}/tables/copying.csv",
    output:
        **figure("association", "what the association is made of"),
    conda:
        "../envs/plot.yaml"
    params:
        **GRID,
        note=RUN.note,
    message:
        "Plot what the association of trace and answer is made of"
    script:
        "../scripts/plot_association.py"
