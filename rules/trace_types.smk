"""
Kinds of traces compared: what they are like, and what a model that learnt from them answers.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/traces/{dataset}/{arm}.jsonl
     results/{run}/teacher/{dataset}/*.jsonl and judgement.csv, scores and generations of the run
out  results/{run}/trace_properties/{dataset}/{arm}.csv      one line per training trace
     results/{run}/tables/trace_types.{csv,md}           one row per dataset and arm
     results/{run}/tables/trace_value.{csv,md}           one row per dataset, model, arm, scorer and set of questions
     figures/{run}/trace_types_{dataset}.{pdf,svg,png}, trace_value_{dataset}.{scorer}.{pdf,svg,png}
"""

from tracekd.workflow import teacher_traces, trace_types

if RUN.has_teacher:

    TARGETS += RUN.every(
        "results/{run}/tables/trace_types.csv",
        "results/{run}/tables/trace_value.csv",
        "figures/{run}/trace_types_{dataset}.pdf",
        "figures/{run}/trace_value_{dataset}.{scorer}.pdf",
    )
    PROPERTIES = "results/{run}/trace_properties/{dataset}/{arm}.csv"

    rule measure_traces:
        input:
            questions=paths.QUESTIONS,
            traces=paths.TRACES,
            model=trace_types.get_tokenizer(RUN),
        output:
            properties=PROPERTIES,
        conda:
            "../envs/data.yaml"
        message:
            "Measure the {wildcards.arm} traces of {wildcards.dataset}"
        script:
            "../scripts/measure_traces.py"

    rule tabulate_trace_types:
        input:
            properties=RUN.every(PROPERTIES, arm=RUN.sft_arms),
            responses=teacher_traces.get_run_responses(RUN),
            judgements=RUN.every(paths.JUDGEMENT),
            scores=RUN.get_scores(RUN.arms),
            generations=RUN.per_run(paths.GENERATIONS, RUN.arms),
        output:
            **tables(types="trace_types", value="trace_value"),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            sources=teacher_traces.get_sources(RUN),
            keep=RUN.config["teacher"]["keep"],
            max_new_tokens=RUN.config["generation"]["max_new_tokens"],
            note=RUN.note,
        message:
            "Tabulate kinds of traces and what models that learnt from them answer"
        script:
            "../scripts/tabulate_trace_types.py"

    rule plot_trace_types:
        input:
            types="results/{run}/tables/trace_types.csv",
        output:
            **figure("trace_types_{dataset}", "kinds of traces"),
        conda:
            "../envs/plot.yaml"
        params:
            note=RUN.note,
        message:
            "Plot what the traces of {wildcards.dataset}'s arms are like"
        script:
            "../scripts/plot_trace_types.py"

    rule plot_trace_value:
        input:
            value="results/{run}/tables/trace_value.csv",
            types="results/{run}/tables/trace_types.csv",
        output:
            **figure(
                "trace_value_{dataset}.{scorer}",
                "accuracy against length and correctness",
            ),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            note=RUN.note,
        message:
            "Plot accuracy against length and correctness of {wildcards.dataset}'s traces"
        script:
            "../scripts/plot_trace_value.py"
