"""
Study: traces in; the items that people rate, the survey they answer and the pre-registration out.

in   config/study.yaml                                  schemas/study.schema.json (key `study` of the config)
     results/{run}/traces/{dataset}/{arm}.jsonl         of the study's dataset, one arm per condition
out  results/{run}/study/plan.json                      schemas/study_plan.schema.json
     results/{run}/study/survey_{group}.html            one page per group, complete in itself
     results/{run}/study/qualtrics_{group}.txt          the same items for Qualtrics (advanced TXT format)
     results/{run}/study/preregistration.html           hypotheses, exclusions, analysis, power
"""

from tracekd.workflow import study

if RUN.study:

    TARGETS += RUN.every(
        "results/{run}/study/plan.json",
        "results/{run}/study/survey_{group}.html",
        "results/{run}/study/qualtrics_{group}.txt",
        "results/{run}/study/preregistration.html",
        group=RUN.study.groups,
    )

    rule build_study_plan:
        input:
            **study.get_definition(RUN),
            questions=paths.fill(paths.QUESTIONS, dataset=RUN.study.dataset),
            traces=study.get_shown_traces(RUN.study),
            answers=study.get_answers(RUN.study),
        output:
            plan="results/{run}/study/plan.json",
        conda:
            "../envs/plot.yaml"
        message:
            "Choose the items of the study and lay out its groups"
        script:
            "../scripts/build_study_plan.py"

    rule build_study_pages:
        input:
            **study.get_definition(RUN),
            plan="results/{run}/study/plan.json",
            page="resources/study/survey.html.j2",
            style="resources/study/survey.css",
            program="resources/study/survey.js",
        output:
            pages=expand(
                "results/{run}/study/survey_{group}.html",
                group=RUN.study.groups,
                allow_missing=True,
            ),
        conda:
            "../envs/plot.yaml"
        message:
            "Write the survey of every group as a page that needs no network"
        script:
            "../scripts/build_study_pages.py"

    rule write_survey_import:
        input:
            **study.get_definition(RUN),
            plan="results/{run}/study/plan.json",
        output:
            files=expand(
                "results/{run}/study/qualtrics_{group}.txt",
                group=RUN.study.groups,
                allow_missing=True,
            ),
        conda:
            "../envs/plot.yaml"
        message:
            "Write the survey of every group as an import file for Qualtrics"
        script:
            "../scripts/write_survey_import.py"

    rule write_preregistration:
        input:
            **study.get_definition(RUN),
            plan="results/{run}/study/plan.json",
            page="resources/study/preregistration.html.j2",
        output:
            page=report(
                "results/{run}/study/preregistration.html",
                caption="../resources/captions/preregistration.rst",
                category="Study",
                labels={"result": "pre-registration"},
            ),
        conda:
            "../envs/plot.yaml"
        message:
            "Write the pre-registration of the study"
        script:
            "../scripts/write_preregistration.py"
