"""
Replay: generations that the paper's authors released in, the same records as our own out, and their scores.

in   config/released.yaml                              registry of released files, or a mirror of them
out  results/{run}/released/                           the files as they are, with their checksums
     results/{run}/questions/{dataset}.jsonl           the released test split, schemas/question.schema.json
     results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/generation.schema.json
     results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/inputs.{csv,md}          what was asked for, what there is
"""

if RUN.replay:

    TARGETS += RUN.every("results/{run}/tables/inputs.csv")

    rule fetch_released:
        input:
            mirrored=RUN.replay.get_mirror_files(RUN.config["mirror"]),
        output:
            released=directory("results/{run}/released"),
        conda:
            "../envs/data.yaml"
        resources:
            runtime=growing(60),
        params:
            **RUN.settings("mirror"),
            registry=RUN.config["replay"]["released"],
            paths=sorted(RUN.replay.present),
        message:
            "Fetch the released files"
        script:
            "../scripts/fetch_released.py"

    rule import_released:
        input:
            released="results/{run}/released",
        output:
            **tables("inputs"),
            questions=expand(
                paths.QUESTIONS,
                dataset=RUN.datasets,
                allow_missing=True,
            ),
            generations=RUN.per_run(paths.GENERATIONS, RUN.arms),
        conda:
            "../envs/data.yaml"
        params:
            **RUN.settings("replay", "seeds"),
        message:
            "Read released test splits and generations into records"
        script:
            "../scripts/import_released.py"

    rule score_generations:
        input:
            questions=RUN.every(paths.QUESTIONS),
            generations=RUN.per_run(paths.GENERATIONS, RUN.arms),
        output:
            scores=RUN.per_run(paths.SCORES, RUN.arms),
        conda:
            "../envs/data.yaml"
        params:
            # released files need not hold every question; tables/inputs.csv counts them
            partial=True,
        message:
            "Score the released generations: {wildcards.scorer}"
        script:
            "../scripts/score_generations.py"
