"""Ask for a summary or an explanation of every kept training trace of one dataset (rule ask_follow_up)."""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_questions, write_records
    from tracekd.settings.teacher import Endpoint, Limit, Limits
    from tracekd.teacher.ask import ask
    from tracekd.teacher.kept import read_kept
    from tracekd.teacher.local_server import reachable
    from tracekd.teacher.prompts import follow_up_requests
    from tracekd.teacher.responses import read_responses

    source, params = snakemake.input, snakemake.params
    endpoint = Endpoint.model_validate(params.endpoint)
    kept = read_kept(source.judgement)
    traces = {response.id: response for response in read_responses(source.traces)}
    questions = [
        question for question in read_questions(source.questions, split="train") if question.id in kept
    ]
    with reachable(endpoint, questions) as reached:
        responses = ask(
            follow_up_requests(questions, traces, snakemake.wildcards.kind, endpoint),
            reached,
            Limits.model_validate(params.requests),
            Limit.model_validate(params.budget),
            params.cache,
        )
    write_records(responses, snakemake.output.responses)
