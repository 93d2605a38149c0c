"""
Data: raw files in, canonical questions out.

in   config/datasets*.yaml                        registry: source, revision, licence, checksum, reader options
out  results/{run}/raw/{dataset}/                 raw files: simulated, copied or downloaded
     results/{run}/questions/{dataset}.jsonl      questions of both splits, schemas/question.schema.json; with a
                                                  teacher all_questions/, of which it keeps some
     results/{run}/tables/datasets.{csv,md}

Not in a replay: its questions are released ones.
"""

from tracekd.workflow import data

if not RUN.replay:

    TARGETS += RUN.every("results/{run}/tables/datasets.csv")

    rule simulate_raw:
        output:
            raw=directory("results/{run}/raw/{dataset}"),
        wildcard_constraints:
            dataset=any_of(RUN.simulated_datasets),
        conda:
            "../envs/data.yaml"
        params:
            **RUN.settings("seed"),
            sizes=lookup(within=data.get_sizes(RUN), dpath="{dataset}"),
        message:
            "Write a small {wildcards.dataset} corpus in the dataset's own raw format"
        script:
            "../scripts/simulate_raw.py"

    rule fetch_raw:
        input:
            local=lookup(within=data.get_local_files(RUN), dpath="{dataset}"),
        output:
            raw=directory("results/{run}/raw/{dataset}"),
        wildcard_constraints:
            dataset=any_of(data.get_fetched(RUN)),
        conda:
            "../envs/data.yaml"
        resources:
            runtime=growing(120),
        params:
            **RUN.settings("mirror"),
            entry=lookup(within=data.get_entries(RUN), dpath="{dataset}"),
        message:
            "Fetch and verify the raw files of {wildcards.dataset}"
        script:
            "../scripts/fetch_raw.py"

    rule read_questions:
        input:
            raw="results/{run}/raw/{dataset}",
        output:
            questions=paths.ALL_QUESTIONS if RUN.has_teacher else paths.QUESTIONS,
        wildcard_constraints:
            # those that lie there are not written over
            dataset=any_of(RUN.read_datasets),
        conda:
            "../envs/data.yaml"
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        params:
            **RUN.settings("seed"),
            options=lookup(within=data.get_options(RUN), dpath="{dataset}"),
            limit=lookup(within=RUN.limits, dpath="{dataset}"),
        message:
            "Read {wildcards.dataset} into questions of both splits"
        script:
            "../scripts/read_questions.py"

    rule tabulate_datasets:
        input:
            questions=RUN.every(paths.QUESTIONS),
        output:
            **table("datasets"),
        conda:
            "../envs/plot.yaml"
        params:
            licences=data.get_licences(RUN),
            limits=RUN.limits,
        message:
            "Tabulate the datasets"
        script:
            "../scripts/tabulate_datasets.py"
