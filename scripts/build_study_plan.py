"""Choose the items of a study and lay out its groups (rule build_study_plan).

input   study: the study's definition; questions: results/{run}/questions/{dataset}.jsonl
        traces: results/{run}/traces/{dataset}/{arm}.jsonl, one file a condition, in their order
        answers: table of right and wrong answers, where the study names one
output  plan: results/{run}/study/plan.json
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions, read_traces
    from tracekd.study.definition import read_study
    from tracekd.study.plan import build_plan, read_answered, write_plan

    study = read_study(snakemake.input.study)
    traces = {arm: read_traces(path) for arm, path in zip(study.arms, snakemake.input.traces, strict=True)}
    answered = read_answered(snakemake.input.answers[0], study.answers.column) if study.answers else None
    plan = build_plan(study, read_questions(snakemake.input.questions), traces, answered)
    write_plan(plan, snakemake.output.plan)
    logger.info("%d items for %d groups", len(plan["items"]), len(plan["groups"]))
