"""
Page: everything a run has in; the page by which a reviewer walks from a number to the items behind it, out.

in   results/{run}/{questions,generations,scores,readings,interventions}/**
     all tables and figures of the report, with their captions and the records of their jobs (provenance/)
     resources/page/                       template, style and program
out  results/{run}/index.html              complete in itself, to be opened first (docs/reviewers_page.md)
     results/{run}/page/                   parts of the page of a large run; empty where they all stand in it
"""

from tracekd.workflow import experiment, intervention, page

SHOWN = list(TARGETS)
TARGETS += RUN.every("results/{run}/index.html")


rule build_page:
    input:
        shown=find_reported(workflow, SHOWN),
        # what the other rules of the run make is there, too: the page is the last word on it
        rest=SHOWN,
        questions=RUN.every(paths.QUESTIONS),
        generations=RUN.per_run(paths.GENERATIONS, RUN.arms),
        scores=RUN.get_scores(RUN.arms),
        readings=RUN.per_run(paths.READINGS, RUN.read_arms) if RUN.traced_arms else [],
        interventions=(
            RUN.per_run(paths.INTERVENTIONS, intervention.get_thinking_arms(RUN))
            if intervention.has_interventions(RUN)
            else []
        ),
        differences=(
            "results/{run}/tables/item_differences.csv" if RUN.has_both_scorers else []
        ),
        experiment=(
            "results/{run}/tables/experiment_items.csv"
            if experiment.get_experiment(RUN)
            else []
        ),
        findings="results/{run}/tables/findings.csv" if RUN.config["claims"] else [],
        page="resources/page/page.html.j2",
        style="resources/page/page.css",
        program="resources/page/page.js",
    output:
        page="results/{run}/index.html",
        parts=directory("results/{run}/page"),
    conda:
        "../envs/plot.yaml"
    params:
        **RUN.settings("scorers"),
        **GRID,
        facts=page.describe_run(RUN),
        call=say_call(workflow),
        shown=describe_reported(workflow, SHOWN),
    message:
        "Write the page that leads from every number to its items and its command"
    script:
        "../scripts/build_page.py"
