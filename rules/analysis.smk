"""
Analysis: item scores in, tables and figures out.

in   results/{run}/scores/**, results/{run}/tables/baselines.csv, training logs, questions, traces
out  results/{run}/tables/*.{csv,md,tex}
     figures/{run}/*.{pdf,png}                    Figures 1 to 3 of the paper, and ours
"""


rule tabulate_results:
    input:
        scores=get_scores,
        baselines=get_baselines,
    output:
        results_csv=report(
            "results/{run}/tables/results.csv",
            caption="../resources/captions/results.rst",
            category="Tables",
        ),
        results_md="results/{run}/tables/results.md",
        results_tex="results/{run}/tables/results.tex",
        classes_csv=report(
            "results/{run}/tables/classes.csv",
            caption="../resources/captions/classes.rst",
            category="Tables",
        ),
        classes_md="results/{run}/tables/classes.md",
        classes_tex="results/{run}/tables/classes.tex",
        answer_scores_csv=report(
            "results/{run}/tables/answer_scores.csv",
            caption="../resources/captions/answer_scores.rst",
            category="Tables",
        ),
        answer_scores_md="results/{run}/tables/answer_scores.md",
        answer_scores_tex="results/{run}/tables/answer_scores.tex",
        matrix_csv=report(
            "results/{run}/tables/trace_answer_matrix.csv",
            caption="../resources/captions/trace_answer_matrix.rst",
            category="Tables",
        ),
        matrix_md="results/{run}/tables/trace_answer_matrix.md",
        matrix_tex="results/{run}/tables/trace_answer_matrix.tex",
    log:
        "logs/{run}/tabulate_results/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_results/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
    message:
        "Tabulate answers, steps and traces over all scores"
    script:
        "../scripts/tabulate_results.py"


rule tabulate_datasets:
    input:
        questions=get_questions,
    output:
        csv=report(
            "results/{run}/tables/datasets.csv",
            caption="../resources/captions/datasets.rst",
            category="Tables",
        ),
        md="results/{run}/tables/datasets.md",
        tex="results/{run}/tables/datasets.tex",
    log:
        "logs/{run}/tabulate_datasets/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_datasets/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        licences=get_licences,
    message:
        "Tabulate the datasets"
    script:
        "../scripts/tabulate_datasets.py"


rule tabulate_hyperparameters:
    output:
        csv=report(
            "results/{run}/tables/hyperparameters.csv",
            caption="../resources/captions/hyperparameters.rst",
            category="Tables",
        ),
        md="results/{run}/tables/hyperparameters.md",
        tex="results/{run}/tables/hyperparameters.tex",
    log:
        "logs/{run}/tabulate_hyperparameters/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_hyperparameters/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        training=lookup(within=config, dpath="training"),
        quantisation=lookup(within=config, dpath="quantisation"),
        generation=lookup(within=config, dpath="generation"),
        models=get_model_settings,
    message:
        "Tabulate the settings of training and generation"
    script:
        "../scripts/tabulate_hyperparameters.py"


rule plot_pipeline:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        correct="results/{run}/traces/{dataset}/correct.jsonl",
        incorrect="results/{run}/traces/{dataset}/incorrect.jsonl",
    output:
        pdf="figures/{run}/pipeline_{dataset}.pdf",
        png=report(
            "figures/{run}/pipeline_{dataset}.png",
            caption="../resources/captions/pipeline.rst",
            category="Figures",
            labels={"figure": "1, an SFT item", "dataset": "{dataset}"},
        ),
    log:
        "logs/{run}/plot_pipeline/{dataset}.log",
    benchmark:
        "benchmarks/{run}/plot_pipeline/{dataset}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        note=get_corpus_note,
    message:
        "Draw how a {wildcards.dataset} question becomes an SFT item (Figure 1)"
    script:
        "../scripts/plot_pipeline.py"


rule plot_confusion:
    input:
        matrix="results/{run}/tables/trace_answer_matrix.csv",
    output:
        pdf="figures/{run}/confusion_{arm}.pdf",
        png=report(
            "figures/{run}/confusion_{arm}.png",
            caption="../resources/captions/confusion.rst",
            category="Figures",
            labels={
                "figure": "2-3, trace and answer",
                "arm": "{arm}",
            },
        ),
    log:
        "logs/{run}/plot_confusion/{arm}.log",
    benchmark:
        "benchmarks/{run}/plot_confusion/{arm}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        arm="{arm}",
        scorers=lookup(within=config, dpath="scorers"),
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot trace against answer for SFT on {wildcards.arm} traces (Figures 2 and 3)"
    script:
        "../scripts/plot_confusion.py"


rule plot_accuracy:
    input:
        results="results/{run}/tables/results.csv",
        baselines="results/{run}/tables/baselines.csv",
    output:
        pdf="figures/{run}/accuracy.{scorer}.pdf",
        png=report(
            "figures/{run}/accuracy.{scorer}.png",
            caption="../resources/captions/accuracy.rst",
            category="Figures",
            labels={"figure": "accuracy by arm", "scorer": "{scorer}"},
        ),
    log:
        "logs/{run}/plot_accuracy/{scorer}.log",
    benchmark:
        "benchmarks/{run}/plot_accuracy/{scorer}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        scorer="{scorer}",
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot final-answer accuracy by arm against the trivial baselines"
    script:
        "../scripts/plot_accuracy.py"


rule plot_classes:
    input:
        classes="results/{run}/tables/classes.csv",
    output:
        pdf="figures/{run}/classes.{scorer}.pdf",
        png=report(
            "figures/{run}/classes.{scorer}.png",
            caption="../resources/captions/classes.rst",
            category="Figures",
            labels={"figure": "accuracy by class", "scorer": "{scorer}"},
        ),
    log:
        "logs/{run}/plot_classes/{scorer}.log",
    benchmark:
        "benchmarks/{run}/plot_classes/{scorer}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        scorer="{scorer}",
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot final-answer accuracy by class"
    script:
        "../scripts/plot_classes.py"


rule plot_losses:
    input:
        logs=get_training_logs,
    output:
        pdf="figures/{run}/losses.pdf",
        png=report(
            "figures/{run}/losses.png",
            caption="../resources/captions/losses.rst",
            category="Figures",
            labels={"figure": "training losses"},
        ),
    log:
        "logs/{run}/plot_losses/all.log",
    benchmark:
        "benchmarks/{run}/plot_losses/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot the training losses of all adapters"
    script:
        "../scripts/plot_losses.py"
