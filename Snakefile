"""Reproducibility workflow for arXiv 2505.13792: from raw datasets to the paper's figures and tables."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


report: "resources/captions/workflow.rst"


include: "rules/common.smk"  # checked config, paths, input functions: the only Python


if IS_REPLAY:

    include: "rules/replay.smk"  # released generations as records, scored

else:

    include: "rules/data.smk"  # raw files and canonical questions
    include: "rules/traces.smk"  # verified SFT targets, one file an arm
    include: "rules/scoring.smk"  # item scores


if IS_SUPPLIED:

    include: "rules/supplied.smk"  # the user's generations, counted and scored


if HAS_TEACHER and config["teacher"]["source"] == "ask":

    include: "rules/teacher.smk"  # traces, summaries and explanations of an endpoint


if HAS_TEACHER:

    include: "rules/teacher_traces.smk"  # judged, built and verified
    include: "rules/trace_types.smk"  # kinds of traces compared


if config["level"] == "train":

    include: "rules/preflight.smk"  # what must hold on this machine before training
    include: "rules/training.smk"  # 4-bit LoRA adapters


if config["level"] != "outputs":

    include: "rules/models.smk"  # base models: downloaded, or tiny ones trained here
    include: "rules/generation.smk"  # answers of every adapter
    include: "rules/forecast.smk"  # what the run will take


include: "rules/analysis.smk"  # accuracies, trace against answer, settings
include: "rules/statistics.smk"  # association of trace and answer, comparisons
include: "rules/readings.smk"  # what a trace names and whether the answer follows


if HAS_INTERVENTIONS:

    include: "rules/intervention.smk"  # answers behind traces that are set from outside


if HAS_BOTH_SCORERS:

    include: "rules/differences.smk"  # what separates the two scorers, item by item


if HAS_CLAIMS:

    include: "rules/claims.smk"  # the published numbers, one by one


if HAS_DOSE:

    include: "rules/dose.smk"  # accuracy against the share of correct traces


if STUDY:

    include: "rules/study.smk"  # people rate the traces: items, survey, pre-registration
    include: "rules/study_analysis.smk"  # ratings of participants, or of invented ones


if HAS_TRADE_OFF:

    include: "rules/trade_off.smk"  # accuracy of an arm against how its traces are rated


include: "rules/integrity.smk"  # `snakemake verify`: every recorded file, read again
include: "rules/cluster.smk"  # which jobs are submitted, and what must not be at work then


rule all:
    default_target: True
    input:
        get_final_outputs(),
