"""Ask the teacher for trace and answer of every question of one dataset (rule ask_teacher)."""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_questions, write_records
    from tracekd.settings.teacher import Endpoint, Limit, Limits
    from tracekd.teacher.ask import ask
    from tracekd.teacher.local_server import reachable
    from tracekd.teacher.prompts import trace_requests

    params = snakemake.params
    endpoint = Endpoint.model_validate(params.endpoint)
    questions = read_questions(snakemake.input.questions)
    with reachable(endpoint, questions) as reached:
        responses = ask(
            trace_requests(questions, endpoint),
            reached,
            Limits.model_validate(params.requests),
            Limit.model_validate(params.budget),
            params.cache,
        )
    write_records(responses, snakemake.output.responses)
