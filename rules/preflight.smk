"""
Preflight: what must hold on this very machine before the long jobs start, measured.

in   base model, questions and traces of the run
out  results/{run}/preflight/{model}.json    each check with number and limit; a violation stops the run
     results/{run}/preflight/{model}.csv     how long the training examples of each dataset and arm are
     results/{run}/tables/lengths.{csv,md}
"""

if RUN.level == "train":

    if RUN.sft_arms:
        TARGETS += RUN.every("results/{run}/tables/lengths.csv")

    rule preflight:
        input:
            questions=RUN.every(paths.QUESTIONS),
            traces=RUN.every(paths.TRACES, arm=RUN.sft_arms),
            model=paths.MODEL,
        output:
            checks="results/{run}/preflight/{model}.json",
            lengths="results/{run}/preflight/{model}.csv",
        conda:
            "../envs/train.yaml"
        resources:
            mem_mb=growing(3000),
        params:
            **RUN.settings("training", "quantisation", "chat"),
            persona=PERSONA,
            target_modules=TARGET_MODULES,
            adapters=len(RUN.get_cells(RUN.sft_arms)) // len(RUN.models),
        message:
            "Check machine, {wildcards.model} and training set-up before the long jobs"
        script:
            "../scripts/preflight.py"

    rule tabulate_lengths:
        input:
            lengths=RUN.every("results/{run}/preflight/{model}.csv"),
        output:
            **table("lengths"),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
        message:
            "Tabulate how long the training examples are, and how many are cut"
        script:
            "../scripts/tabulate_lengths.py"
