"""
Differences: generations in; what each quirk of the published scorer moves, and where the scorers disagree, out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl
out  results/{run}/tables/scorer_ablation.{csv,md}      each quirk off alone, and all of them
     results/{run}/tables/scorer_differences.{csv,md}   how many items, by verdicts and reason
     results/{run}/tables/item_differences.csv              which items
     figures/{run}/scorer_ablation_{dataset}.{pdf,svg,png}
"""

if RUN.has_both_scorers:

    TARGETS += RUN.every(
        "results/{run}/tables/scorer_ablation.csv",
        "figures/{run}/scorer_ablation_{dataset}.pdf",
    )

    rule ablate_scorer:
        input:
            questions=RUN.every(paths.QUESTIONS),
            generations=RUN.per_run(paths.GENERATIONS, RUN.arms),
        output:
            **tables(ablation="scorer_ablation", differences="scorer_differences"),
            item_csv="results/{run}/tables/item_differences.csv",
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
        message:
            "Switch the quirks of the published scorer off and explain where the scorers disagree"
        script:
            "../scripts/ablate_scorer.py"

    rule plot_ablation:
        input:
            ablation="results/{run}/tables/scorer_ablation.csv",
        output:
            **figures(
                "scorer_ablation_{dataset}", "scorer ablation", dataset=RUN.datasets
            ),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            note=RUN.note,
        message:
            "Plot what each quirk of the published scorer moves"
        script:
            "../scripts/plot_ablation.py"
