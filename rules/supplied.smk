"""
Supplied generations: what the user put into the run's folder, counted and scored (`level: outputs`).

in   results/{run}/questions/{dataset}.jsonl
     results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   `id` and `text` suffice
out  results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/inputs.{csv,md}          what the config names, what there is
"""

from tracekd.workflow import supplied

if RUN.supplied:

    # made even where there are no generations: its job says where to put them
    TARGETS += [f"results/{RUN.name}/tables/inputs.csv"]

    rule count_supplied:
        input:
            questions=supplied.get_questions(RUN),
            generations=supplied.get_files(RUN.supplied),
        output:
            **tables("inputs"),
        conda:
            "../envs/plot.yaml"
        params:
            **supplied.get_parameters(RUN.supplied),
        message:
            "Count the supplied generations"
        script:
            "../scripts/count_supplied.py"


if RUN.supplied and RUN.supplied.found:

    rule score_generations:
        input:
            questions=RUN.every(paths.QUESTIONS),
            generations=RUN.per_run(paths.GENERATIONS, RUN.arms),
        output:
            scores=RUN.per_run(paths.SCORES, RUN.arms),
        conda:
            "../envs/data.yaml"
        params:
            # they need not answer every question; tables/inputs.csv counts them
            partial=True,
        message:
            "Score the supplied generations: {wildcards.scorer}"
        script:
            "../scripts/score_generations.py"
