"""
Study tasks: what people can do with a trace, beside how they rate it: outcomes that are right or wrong.

in   results/{run}/study/plan.json                 with what its tasks ask (`tasks` of the study)
     results/{run}/study/study_responses.csv
out  results/{run}/tables/study_tasks.{csv,md}     one row per task and condition
     figures/{run}/study_tasks.{pdf,svg,png}

Every name of what comes from simulated participants begins with study_SIMULATED_ in place of study_.
"""

if RUN.study and RUN.study.tasks:

    TARGETS += RUN.every(
        "results/{run}/tables/{study}tasks.csv",
        "figures/{run}/{study}tasks.pdf",
        study=[STUDY_PREFIX],
    )

    rule tabulate_study_tasks:
        input:
            plan="results/{run}/study/plan.json",
            responses="results/{run}/study/<study>responses.csv",
        output:
            **table("<study>tasks", category=STUDY_CATEGORY),
        conda:
            "../envs/plot.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Tabulate how often participants are right in the tasks of the study"
        script:
            "../scripts/tabulate_study_tasks.py"

    rule plot_study_tasks:
        input:
            plan="results/{run}/study/plan.json",
            tasks="results/{run}/tables/<study>tasks.csv",
        output:
            **figure(
                "<study>tasks",
                "tasks by condition",
                caption="study_tasks_figure",
                category=STUDY_CATEGORY,
            ),
        conda:
            "../envs/plot.yaml"
        params:
            note=STUDY_NOTE,
        message:
            "Plot how often participants are right in the tasks of the study"
        script:
            "../scripts/plot_study_tasks.py"
