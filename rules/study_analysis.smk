"""
Study analysis: the exports of participants (or simulated ones) in; ratings, tests, agreement and figures out.

in   results/{run}/study/plan.json                       the study as it was run
     the folder of exports (`responses` of the study), or simulated participants
     resources/published_ratings.csv                     constants that stand beside our means
out  results/{run}/study/study_responses.csv             one row an answer of those who stay
     results/{run}/tables/study_exclusions.{csv,md,tex}  who was left out, by which rule
     results/{run}/tables/study_{ratings,questions,items,tests,ordinal,agreement,power}.{csv,md,tex}
     figures/{run}/study_{likert,conditions}.{pdf,png}

Every name of what comes from simulated participants begins with study_SIMULATED_ in place of study_.
"""


pathvars:
    study=STUDY_PREFIX,


if STUDY_IS_SIMULATED:

    rule simulate_responses:
        input:
            plan="results/{run}/study/plan.json",
            study=config["study"],
            published=PUBLISHED_RATINGS,
        output:
            folder=directory("results/{run}/study/SIMULATED_responses"),
        log:
            "logs/{run}/simulate_responses/all.log",
        benchmark:
            "benchmarks/{run}/simulate_responses/all.tsv"
        conda:
            "../envs/plot.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        message:
            "Simulate the participants of the study"
        script:
            "../scripts/simulate_responses.py"


rule read_study_responses:
    input:
        plan="results/{run}/study/plan.json",
        study=config["study"],
        responses=get_study_responses,
    output:
        responses="results/{run}/study/<study>responses.csv",
        exclusions_csv=report(
            "results/{run}/tables/<study>exclusions.csv",
            caption="../resources/captions/study_exclusions.rst",
            category="Study",
        ),
        exclusions_md="results/{run}/tables/<study>exclusions.md",
        exclusions_tex="results/{run}/tables/<study>exclusions.tex",
    log:
        "logs/{run}/read_study_responses/all.log",
    benchmark:
        "benchmarks/{run}/read_study_responses/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        folder=get_study_folder,
        note=get_study_note(),
    message:
        "Read the participants' answers and apply the rules of exclusion"
    script:
        "../scripts/read_study_responses.py"


rule analyse_study:
    input:
        plan="results/{run}/study/plan.json",
        study=config["study"],
        responses="results/{run}/study/<study>responses.csv",
        published=PUBLISHED_RATINGS,
    output:
        ratings_csv=report(
            "results/{run}/tables/<study>ratings.csv",
            caption="../resources/captions/study_ratings.rst",
            category="Study",
        ),
        ratings_md="results/{run}/tables/<study>ratings.md",
        ratings_tex="results/{run}/tables/<study>ratings.tex",
        questions_csv="results/{run}/tables/<study>questions.csv",
        questions_md="results/{run}/tables/<study>questions.md",
        questions_tex="results/{run}/tables/<study>questions.tex",
        items_csv="results/{run}/tables/<study>items.csv",
        items_md="results/{run}/tables/<study>items.md",
        items_tex="results/{run}/tables/<study>items.tex",
        tests_csv=report(
            "results/{run}/tables/<study>tests.csv",
            caption="../resources/captions/study_tests.rst",
            category="Study",
        ),
        tests_md="results/{run}/tables/<study>tests.md",
        tests_tex="results/{run}/tables/<study>tests.tex",
        ordinal_csv="results/{run}/tables/<study>ordinal.csv",
        ordinal_md="results/{run}/tables/<study>ordinal.md",
        ordinal_tex="results/{run}/tables/<study>ordinal.tex",
        agreement_csv="results/{run}/tables/<study>agreement.csv",
        agreement_md="results/{run}/tables/<study>agreement.md",
        agreement_tex="results/{run}/tables/<study>agreement.tex",
        power_csv="results/{run}/tables/<study>power.csv",
        power_md="results/{run}/tables/<study>power.md",
        power_tex="results/{run}/tables/<study>power.tex",
    log:
        "logs/{run}/analyse_study/all.log",
    benchmark:
        "benchmarks/{run}/analyse_study/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(20),
    params:
        note=get_study_note(),
    message:
        "Estimate and test the ratings of the study's conditions"
    script:
        "../scripts/analyse_study.py"


rule plot_likert:
    input:
        plan="results/{run}/study/plan.json",
        questions="results/{run}/tables/<study>questions.csv",
    output:
        pdf="figures/{run}/<study>likert.pdf",
        png=report(
            "figures/{run}/<study>likert.png",
            caption="../resources/captions/study_likert.rst",
            category="Study",
            labels={"figure": "ratings of every question"},
        ),
    log:
        "logs/{run}/plot_likert/all.log",
    benchmark:
        "benchmarks/{run}/plot_likert/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        note=get_study_note(),
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
        pdf="figures/{run}/<study>conditions.pdf",
        png=report(
            "figures/{run}/<study>conditions.png",
            caption="../resources/captions/study_conditions.rst",
            category="Study",
            labels={"figure": "ratings by condition"},
        ),
    log:
        "logs/{run}/plot_conditions/all.log",
    benchmark:
        "benchmarks/{run}/plot_conditions/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        note=get_study_note(),
    message:
        "Plot interpretability and cognitive load by condition"
    script:
        "../scripts/plot_conditions.py"
