"""
Study analysis: the exports of participants (or simulated ones) in; ratings, tests, agreement and figures out.

in   results/{run}/study/plan.json                       the study as it was run
     the folder of exports (`responses` of the study), or simulated participants
     resources/published_ratings.csv                     constants that stand beside our means
out  results/{run}/study/study_responses.csv             one row per answer, with the rule that leaves it out
     results/{run}/tables/study_exclusions.{csv,md}  who was left out, by which rule
     results/{run}/tables/study_primary.{csv,md}     the hypotheses, each tested in the primary model
     results/{run}/tables/study_{ratings,questions,items,sensitivity,agreement,reliability,reading}.{csv,md}
     figures/{run}/study_{likert,conditions,flow}.{pdf,svg,png}

Every name of what comes from simulated participants begins with study_SIMULATED_ in place of study_.
"""

from tracekd.workflow import study, study_analysis

if RUN.study:

    STUDY_PREFIX = study_analysis.get_prefix(RUN.study)
    STUDY_CATEGORY = study_analysis.get_category(RUN.study)
    STUDY_NOTE = study_analysis.get_note(RUN)
    TARGETS += RUN.every(
        "results/{run}/tables/{study}exclusions.csv",
        "results/{run}/tables/{study}primary.csv",
        "results/{run}/tables/{study}sensitivity.csv",
        "figures/{run}/{study}likert.pdf",
        "figures/{run}/{study}conditions.pdf",
        "figures/{run}/{study}flow.pdf",
        study=[STUDY_PREFIX],
    )

    pathvars:
        study=STUDY_PREFIX,

    if RUN.study.is_simulated:

        rule simulate_responses:
            input:
                **study.get_definition(RUN),
                plan="results/{run}/study/plan.json",
                published=paths.PUBLISHED_RATINGS,
            output:
                folder=directory("results/{run}/study/SIMULATED_responses"),
            conda:
                "../envs/plot.yaml"
            message:
                "Simulate the participants of the study"
            script:
                "../scripts/simulate_responses.py"

    rule read_study_responses:
        input:
            **study.get_definition(RUN),
            plan="results/{run}/study/plan.json",
            responses=study_analysis.get_exports(RUN.study, RUN.name),
        output:
            **tables(exclusions="<study>exclusions", category=STUDY_CATEGORY),
            responses="results/{run}/study/<study>responses.csv",
        conda:
            "../envs/plot.yaml"
        params:
            folder=study_analysis.get_folder(RUN.study, RUN.name),
            note=STUDY_NOTE,
        message:
            "Read the participants' answers and find whom the rules leave out"
        script:
            "../scripts/read_study_responses.py"

    rule fit_study_model:
        input:
            **study.get_definition(RUN),
            plan="results/{run}/study/plan.json",
            responses="results/{run}/study/<study>responses.csv",
            program="resources/study/clmm.R",
        output:
            **tables(primary="<study>primary", category=STUDY_CATEGORY),
        conda:
            "../envs/study_model.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Fit the primary model of the study and test its hypotheses"
        script:
            "../scripts/fit_study_model.py"

    rule analyse_study:
        input:
            **study.get_definition(RUN),
            plan="results/{run}/study/plan.json",
            responses="results/{run}/study/<study>responses.csv",
            published=paths.PUBLISHED_RATINGS,
        output:
            **tables(
                ratings="<study>ratings",
                sensitivity="<study>sensitivity",
                category=STUDY_CATEGORY,
            ),
            **tables(
                questions="<study>questions",
                items="<study>items",
                agreement="<study>agreement",
                reliability="<study>reliability",
                reading="<study>reading",
                category=None,
            ),
        conda:
            "../envs/plot.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Describe the ratings of the study's conditions, and test them over participants' means"
        script:
            "../scripts/analyse_study.py"

    rule plot_likert:
        input:
            plan="results/{run}/study/plan.json",
            questions="results/{run}/tables/<study>questions.csv",
        output:
            **figure(
                "<study>likert", "ratings of every question", category=STUDY_CATEGORY
            ),
        conda:
            "../envs/plot.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Plot how often each point of the scale was given"
        script:
            "../scripts/plot_likert.py"

    rule plot_conditions:
        input:
            plan="results/{run}/study/plan.json",
            ratings="results/{run}/tables/<study>ratings.csv",
            responses="results/{run}/study/<study>responses.csv",
        output:
            **figure(
                "<study>conditions", "ratings by condition", category=STUDY_CATEGORY
            ),
        conda:
            "../envs/plot.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Plot interpretability and cognitive load by condition"
        script:
            "../scripts/plot_conditions.py"

    rule plot_flow:
        input:
            plan="results/{run}/study/plan.json",
            exclusions="results/{run}/tables/<study>exclusions.csv",
        output:
            **figure(
                "<study>flow", "participants by condition", category=STUDY_CATEGORY
            ),
        conda:
            "../envs/plot.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Plot who sent answers, who is left out and who stays"
        script:
            "../scripts/plot_flow.py"
