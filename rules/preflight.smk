"""
Preflight: what must hold on this very machine before the long jobs start, measured.

in   base model, questions and traces of the run
out  results/{run}/preflight/{model}.json    each check with number and limit; a violation stops the run
"""

if RUN.level == "train":

    rule preflight:
        input:
            questions=RUN.every(paths.QUESTIONS),
            traces=RUN.every(paths.TRACES, arm=RUN.sft_arms),
            model=paths.MODEL,
        output:
            checks="results/{run}/preflight/{model}.json",
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
