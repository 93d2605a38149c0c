"""
Statistics: item scores in; association of trace and answer, paired comparisons and their forest plot out.

in   results/{run}/scores/**, results/{run}/questions/{dataset}.jsonl, config/statistics.yaml (alpha, margins, families)
out  results/{run}/tables/statistics.{csv,md}     one 2x2 table per row, docs/statistics.md
     results/{run}/tables/comparisons.{csv,md}    arms and models on the same items
     figures/{run}/forest.{pdf,svg,png}
"""

TARGETS += RUN.every("results/{run}/tables/statistics.csv")
if RUN.traced_arms:
    TARGETS += RUN.every("figures/{run}/forest.pdf")


rule tabulate_statistics:
    input:
        scores=RUN.get_scores(RUN.arms),
        questions=RUN.every(paths.QUESTIONS),
        settings=paths.STATISTICS,
    output:
        **tables("statistics", "comparisons"),
    conda:
        "../envs/plot.yaml"
    params:
        **GRID,
    message:
        "Test the association of trace and answer, and compare arms and models on the same items"
    script:
        "../scripts/tabulate_statistics.py"


rule plot_forest:
    input:
        statistics="results/{run}/tables/statistics.csv",
        settings=paths.STATISTICS,
    output:
        **figure("forest", "association of trace and answer"),
    conda:
        "../envs/plot.yaml"
    params:
        **GRID,
        note=RUN.note,
    message:
        "Plot phi of trace and answer with its intervals"
    script:
        "../scripts/plot_forest.py"
