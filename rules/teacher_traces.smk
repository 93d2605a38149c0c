"""
A teacher's traces: its responses in, judged; SFT targets in its words out.

in   results/{run}/all_questions/{dataset}.jsonl, results/{run}/teacher/{dataset}/{kind}.jsonl
out  results/{run}/teacher/{dataset}/judgement.csv    which answers are right, which items are kept
     results/{run}/questions/{dataset}.jsonl          training questions that are not kept have split `other`
     results/{run}/traces/{dataset}/{arm}.jsonl       arms in its words, and as long as these
"""

from tracekd.teacher.responses import TRACE
from tracekd.traces.arms import TEACHER_ARMS
from tracekd.workflow import teacher_traces

if RUN.has_teacher:

    KINDS = teacher_traces.get_kinds(RUN)

    if RUN.config["teacher"]["source"] == "released":

        rule import_teacher_responses:
            input:
                questions=paths.ALL_QUESTIONS,
            output:
                released=directory("results/{run}/released_responses/{dataset}"),
                responses=expand(paths.RESPONSES, kind=KINDS, allow_missing=True),
            conda:
                "../envs/data.yaml"
            resources:
                runtime=growing(60),
            params:
                **RUN.settings("mirror"),
                registry=RUN.config["teacher"]["released"],
            message:
                "Fetch the released responses on {wildcards.dataset} and join them by question"
            script:
                "../scripts/import_teacher_responses.py"

    rule judge_teacher:
        input:
            questions=paths.ALL_QUESTIONS,
            responses=paths.fill(paths.RESPONSES, kind=TRACE),
        output:
            judgement=paths.JUDGEMENT,
        conda:
            "../envs/data.yaml"
        params:
            keep=RUN.config["teacher"]["keep"],
        message:
            "Judge the teacher's answers on {wildcards.dataset}"
        script:
            "../scripts/judge_teacher.py"

    rule split_kept:
        input:
            questions=paths.ALL_QUESTIONS,
            judgement=paths.JUDGEMENT,
            responses=expand(paths.RESPONSES, kind=KINDS, allow_missing=True),
        output:
            questions=paths.QUESTIONS,
        conda:
            "../envs/data.yaml"
        params:
            **RUN.settings("arms"),
        message:
            "Leave out what the teacher gave no usable trace for: {wildcards.dataset}"
        script:
            "../scripts/split_kept.py"

    rule build_teacher_traces:
        input:
            questions=paths.QUESTIONS,
            responses=expand(paths.RESPONSES, kind=KINDS, allow_missing=True),
        output:
            traces=paths.TRACES,
        wildcard_constraints:
            arm=any_of(TEACHER_ARMS),
        conda:
            "../envs/data.yaml"
        params:
            **RUN.settings("seed"),
            target=RUN.config["teacher"]["target"],
        message:
            "Write and verify the {wildcards.arm} traces of {wildcards.dataset}"
        script:
            "../scripts/build_teacher_traces.py"
