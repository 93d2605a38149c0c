"""
Kinds of traces compared: what they are like, and what a model that learnt from them answers.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/traces/{dataset}/{arm}.jsonl
     results/{run}/teacher/{dataset}/*.jsonl and judgement.csv, scores and generations of the run
out  results/{run}/trace_properties/{dataset}/{arm}.csv      one line a training trace
     results/{run}/tables/trace_types.{csv,md,tex}           one row a dataset and arm
     results/{run}/tables/trace_value.{csv,md,tex}           one row a dataset, model, arm, scorer and set of questions
     figures/{run}/trace_types_{dataset}.{pdf,png}, trace_value_{dataset}.{scorer}.{pdf,png}
"""


rule measure_traces:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        traces="results/{run}/traces/{dataset}/{arm}.jsonl",
        model=get_tokenizer,
    output:
        properties="results/{run}/trace_properties/{dataset}/{arm}.csv",
    log:
        "logs/{run}/measure_traces/{dataset}.{arm}.log",
    benchmark:
        "benchmarks/{run}/measure_traces/{dataset}.{arm}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Measure the {wildcards.arm} traces of {wildcards.dataset}"
    script:
        "../scripts/measure_traces.py"


rule tabulate_trace_types:
    input:
        properties=get_trace_properties,
        responses=get_run_responses,
        judgements=get_judgements,
        scores=get_scores,
        generations=get_generations,
    output:
        types_csv=report(
            "results/{run}/tables/trace_types.csv",
            caption="../resources/captions/trace_types.rst",
            category="Tables",
        ),
        types_md="results/{run}/tables/trace_types.md",
        types_tex="results/{run}/tables/trace_types.tex",
        value_csv=report(
            "results/{run}/tables/trace_value.csv",
            caption="../resources/captions/trace_value.rst",
            category="Tables",
        ),
        value_md="results/{run}/tables/trace_value.md",
        value_tex="results/{run}/tables/trace_value.tex",
    log:
        "logs/{run}/tabulate_trace_types/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_trace_types/all.tsv"
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
        sources={arm: SOURCES[arm] for arm in SFT_ARMS if arm in SOURCES},
        keep=lookup(within=config, dpath="teacher/keep"),
        max_new_tokens=lookup(within=config, dpath="generation/max_new_tokens"),
        note=get_note(),
    message:
        "Tabulate kinds of traces and what models that learnt from them answer"
    script:
        "../scripts/tabulate_trace_types.py"


rule plot_trace_types:
    input:
        types="results/{run}/tables/trace_types.csv",
    output:
        pdf="figures/{run}/trace_types_{dataset}.pdf",
        png=report(
            "figures/{run}/trace_types_{dataset}.png",
            caption="../resources/captions/trace_types.rst",
            category="Figures",
            labels={"figure": "kinds of traces", "dataset": "{dataset}"},
        ),
    log:
        "logs/{run}/plot_trace_types/{dataset}.log",
    benchmark:
        "benchmarks/{run}/plot_trace_types/{dataset}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        note=get_note(),
    message:
        "Plot what the traces of {wildcards.dataset}'s arms are like"
    script:
        "../scripts/plot_trace_types.py"


rule plot_trace_value:
    input:
        value="results/{run}/tables/trace_value.csv",
        types="results/{run}/tables/trace_types.csv",
    output:
        pdf="figures/{run}/trace_value_{dataset}.{scorer}.pdf",
        png=report(
            "figures/{run}/trace_value_{dataset}.{scorer}.png",
            caption="../resources/captions/trace_value.rst",
            category="Figures",
            labels={
                "figure": "accuracy against length and truth",
                "dataset": "{dataset}",
                "scorer": "{scorer}",
            },
        ),
    log:
        "logs/{run}/plot_trace_value/{dataset}.{scorer}.log",
    benchmark:
        "benchmarks/{run}/plot_trace_value/{dataset}.{scorer}.tsv"
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
        "Plot accuracy against length and truth of {wildcards.dataset}'s traces"
    script:
        "../scripts/plot_trace_value.py"
