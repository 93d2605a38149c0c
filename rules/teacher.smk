"""
Teacher: questions in, what an OpenAI-compatible endpoint answers out; nothing is asked twice.

in   results/{run}/all_questions/{dataset}.jsonl         questions of both splits
     results/{run}/teacher/{dataset}/judgement.csv       which traces are kept (rules/teacher_traces.smk)
out  results/{run}/teacher/{dataset}/r1.jsonl            schemas/response.schema.json, all questions
     results/{run}/teacher/{dataset}/r1_{summary,explanation}.jsonl   kept training questions
     the cache that the config names                     every reply and what it cost, over all runs
"""

if RUN.has_teacher and RUN.config["teacher"]["source"] == "ask":

    rule ask_teacher:
        input:
            questions=paths.ALL_QUESTIONS,
        output:
            responses="results/{run}/teacher/{dataset}/r1.jsonl",
        conda:
            "../envs/teacher.yaml"
        resources:
            runtime=growing(2880),
        params:
            endpoint=RUN.config["teacher"]["endpoints"]["r1"],
            requests=RUN.config["teacher"]["requests"],
            budget=RUN.config["teacher"]["budget"],
            cache=RUN.config["teacher"]["cache"],
        message:
            "Ask the teacher the questions of {wildcards.dataset}"
        script:
            "../scripts/ask_teacher.py"

    rule ask_follow_up:
        input:
            questions=paths.ALL_QUESTIONS,
            traces="results/{run}/teacher/{dataset}/r1.jsonl",
            judgement=paths.JUDGEMENT,
        output:
            responses=paths.RESPONSES,
        wildcard_constraints:
            kind="r1_summary|r1_explanation",
        conda:
            "../envs/teacher.yaml"
        resources:
            runtime=growing(2880),
        params:
            endpoint=lookup(within=RUN.config, dpath="teacher/endpoints/{kind}"),
            requests=RUN.config["teacher"]["requests"],
            budget=RUN.config["teacher"]["budget"],
            cache=RUN.config["teacher"]["cache"],
        message:
            "Ask for {wildcards.kind} of the kept training questions of {wildcards.dataset}"
        script:
            "../scripts/ask_follow_up.py"
