"""
Differences: generations in; what each quirk of the published scorer moves, and where the scorers disagree, out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl
out  results/{run}/tables/scorer_ablation.{csv,md,tex}      each quirk off alone, and all of them
     results/{run}/tables/scorer_differences.{csv,md,tex}   how many items, by verdicts and reason
     results/{run}/tables/item_differences.csv              which items
     results/{run}/differences.html                         the same with their texts, to look through
     figures/{run}/scorer_ablation_{dataset}.{pdf,png}
"""


rule ablate_scorer:
    input:
        questions=get_questions,
        generations=get_generations,
    output:
        ablation_csv=report(
            "results/{run}/tables/scorer_ablation.csv",
            caption="../resources/captions/scorer_ablation.rst",
            category="Tables",
        ),
        ablation_md="results/{run}/tables/scorer_ablation.md",
        ablation_tex="results/{run}/tables/scorer_ablation.tex",
        differences_csv=report(
            "results/{run}/tables/scorer_differences.csv",
            caption="../resources/captions/scorer_differences.rst",
            category="Tables",
        ),
        differences_md="results/{run}/tables/scorer_differences.md",
        differences_tex="results/{run}/tables/scorer_differences.tex",
        item_csv="results/{run}/tables/item_differences.csv",
    log:
        "logs/{run}/ablate_scorer/all.log",
    benchmark:
        "benchmarks/{run}/ablate_scorer/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
    message:
        "Switch the quirks of the published scorer off and explain where the scorers disagree"
    script:
        "../scripts/ablate_scorer.py"


rule browse_differences:
    input:
        item_csv="results/{run}/tables/item_differences.csv",
        questions=get_questions,
        generations=get_generations,
    output:
        page=report(
            "results/{run}/differences.html",
            caption="../resources/captions/differences.rst",
            category="Items",
        ),
    log:
        "logs/{run}/browse_differences/all.log",
    benchmark:
        "benchmarks/{run}/browse_differences/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    message:
        "Write the items on which the scorers disagree as a page to look through"
    script:
        "../scripts/browse_differences.py"


rule plot_ablation:
    input:
        ablation="results/{run}/tables/scorer_ablation.csv",
    output:
        pdf="figures/{run}/scorer_ablation_{dataset}.pdf",
        png=report(
            "figures/{run}/scorer_ablation_{dataset}.png",
            caption="../resources/captions/scorer_ablation.rst",
            category="Figures",
            labels={"figure": "scorer ablation", "dataset": "{dataset}"},
        ),
    log:
        "logs/{run}/plot_ablation/{dataset}.log",
    benchmark:
        "benchmarks/{run}/plot_ablation/{dataset}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        dataset="{dataset}",
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot what each quirk of the published scorer moves on {wildcards.dataset}"
    script:
        "../scripts/plot_ablation.py"
