"""
Traces: questions in, one SFT target per training question and arm out, every one verified.

in   results/{run}/questions/{dataset}.jsonl
out  results/{run}/traces/{dataset}/{arm}.jsonl   schemas/trace.schema.json, verdict on every line
     figures/{run}/pipeline_{dataset}.{pdf,svg,png}   Figure 1 of the paper, from a real item
"""

from tracekd.traces.arms import built_arms
from tracekd.workflow import traces

if not RUN.replay:

    if not RUN.given:
        TARGETS += RUN.every("figures/{run}/pipeline_{dataset}.pdf")

    rule build_traces:
        input:
            questions=paths.QUESTIONS,
        output:
            traces=paths.TRACES,
        wildcard_constraints:
            arm=any_of(built_arms()),
        conda:
            "../envs/data.yaml"
        params:
            **RUN.settings("seed"),
        message:
            "Write and verify the {wildcards.arm} traces of {wildcards.dataset}"
        script:
            "../scripts/build_traces.py"

    rule plot_pipeline:
        input:
            questions=paths.QUESTIONS,
            correct="results/{run}/traces/{dataset}/correct.jsonl",
            wrong=lookup(within=traces.get_wrong_traces(RUN), dpath="{dataset}"),
        output:
            **figure("pipeline_{dataset}", "an SFT item (Figure 1 of the paper)"),
        conda:
            "../envs/plot.yaml"
        params:
            note=lookup(within=traces.get_corpus_notes(RUN), dpath="{dataset}"),
        message:
            "Draw how a {wildcards.dataset} question becomes an SFT item (Figure 1)"
        script:
            "../scripts/plot_pipeline.py"
