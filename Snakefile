"""Reproducibility workflow for arXiv 2505.13792: from raw datasets to the paper's figures and tables."""

from snakemake.utils import min_version

min_version("9.27")


include: "rules/start.smk"  # this folder, this code, and YAML that means what it seems to


configfile: "config.yaml"


report: "resources/captions/workflow.rst"


include: "rules/common.smk"  # the checked run: names, grid, targets
# every file says itself when its rules apply, and what it adds to the targets
include: "rules/replay.smk"  # released generations as records, scored
include: "rules/supplied.smk"  # the user's generations, counted and scored
include: "rules/data.smk"  # raw files and canonical questions
include: "rules/traces.smk"  # verified SFT targets, one file per arm
include: "rules/models.smk"  # base models: downloaded, or tiny ones trained here
include: "rules/forecast.smk"  # what the run will take
include: "rules/teacher.smk"  # traces, summaries and explanations of an endpoint
include: "rules/teacher_traces.smk"  # judged, built and verified
include: "rules/preflight.smk"  # what must hold on this machine before training
include: "rules/training.smk"  # 4-bit LoRA adapters
include: "rules/generation.smk"  # answers of every adapter
include: "rules/scoring.smk"  # item scores and trivial baselines
include: "rules/analysis.smk"  # accuracies, trace against answer
include: "rules/statistics.smk"  # association of trace and answer, comparisons
include: "rules/readings.smk"  # what a trace names and whether the answer follows
include: "rules/intervention.smk"  # answers behind prefilled traces
include: "rules/experiment.smk"  # log-odds behind set traces crossed with contexts
include: "rules/differences.smk"  # what separates the two scorers, item by item
include: "rules/contrasts.smk"  # whether the order of arms survives the scorer
include: "rules/claims.smk"  # the published numbers, one by one
include: "rules/dose.smk"  # accuracy against the share of correct traces
include: "rules/trace_types.smk"  # kinds of traces compared
include: "rules/study.smk"  # people rate the traces: items, survey, pre-registration
include: "rules/study_analysis.smk"  # ratings of participants, or of invented ones
include: "rules/study_tasks.smk"  # what people can do with a trace
include: "rules/trade_off.smk"  # accuracy of an arm against how its traces are rated
include: "rules/paper.smk"  # the main tables as a paper prints them
include: "rules/page.smk"  # the page that leads from a number to its items
include: "rules/report.smk"  # tables as pages of Snakemake's report
include: "rules/integrity.smk"  # `snakemake verify`: every recorded file, read again
include: "rules/site.smk"  # `snakemake check_site`: the profile against the cluster
include: "rules/ending.smk"  # what the end of a run says
include: "rules/crate.smk"  # `snakemake write_crate`: the finished run as an RO-Crate
include: "rules/every_rule.smk"  # logs, benchmarks, and the code behind the outputs
include: "rules/cluster.smk"  # which jobs are submitted, and what must not be at work then


rule all:
    default_target: True
    input:
        TARGETS,
