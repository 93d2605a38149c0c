"""
Study: traces in; the items that people rate, the survey they answer and the pre-registration out.

in   config/study.yaml                                  schemas/study.schema.json (key `study` of the config)
     results/{run}/traces/{dataset}/{arm}.jsonl         of the study's dataset, one arm a condition
out  results/{run}/study/plan.json                      schemas/study_plan.schema.json
     results/{run}/study/survey_{group}.html            one page a group, complete in itself
     results/{run}/study/qualtrics_{group}.txt          the same items for Qualtrics (advanced TXT format)
     results/{run}/study/preregistration.html           hypotheses, exclusions, analysis, power
"""


rule build_study_plan:
    input:
        study=config["study"],
        questions=f"results/{{run}}/questions/{STUDY.dataset}.jsonl",
        traces=get_study_traces,
        answers=get_study_answers,
    output:
        plan="results/{run}/study/plan.json",
    log:
        "logs/{run}/build_study_plan/all.log",
    benchmark:
        "benchmarks/{run}/build_study_plan/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Choose the items of the study and lay out its groups"
    script:
        "../scripts/build_study_plan.py"


rule build_study_pages:
    input:
        study=config["study"],
        plan="results/{run}/study/plan.json",
        page="resources/study/survey.html.j2",
        style="resources/study/survey.css",
        program="resources/study/survey.js",
    output:
        pages=expand(
            "results/{run}/study/survey_{group}.html",
            group=STUDY.groups,
            allow_missing=True,
        ),
    log:
        "logs/{run}/build_study_pages/all.log",
    benchmark:
        "benchmarks/{run}/build_study_pages/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Write the survey of every group as a page that needs no network"
    script:
        "../scripts/build_study_pages.py"


rule write_survey_import:
    input:
        study=config["study"],
        plan="results/{run}/study/plan.json",
    output:
        files=expand(
            "results/{run}/study/qualtrics_{group}.txt",
            group=STUDY.groups,
            allow_missing=True,
        ),
    log:
        "logs/{run}/write_survey_import/all.log",
    benchmark:
        "benchmarks/{run}/write_survey_import/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Write the survey of every group as an import file for Qualtrics"
    script:
        "../scripts/write_survey_import.py"


rule write_preregistration:
    input:
        study=config["study"],
        plan="results/{run}/study/plan.json",
        page="resources/study/preregistration.html.j2",
    output:
        page=report(
            "results/{run}/study/preregistration.html",
            caption="../resources/captions/preregistration.rst",
            category="Study",
        ),
    log:
        "logs/{run}/write_preregistration/all.log",
    benchmark:
        "benchmarks/{run}/write_preregistration/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Write the pre-registration of the study"
    script:
        "../scripts/write_preregistration.py"
