"""Ask for a summary or an explanation of every kept training trace of one dataset (rule ask_follow_up)."""

from tracekd.core.records import read_questions, write_records
from tracekd.run.jobs import rule_job
from tracekd.teacher.ask import ask
from tracekd.teacher.budget import Limit
from tracekd.teacher.kept import read_kept
from tracekd.teacher.local_server import reachable
from tracekd.teacher.prompts import follow_up_requests
from tracekd.teacher.responses import read_responses
from tracekd.teacher.settings import Endpoint, Limits

with rule_job(snakemake):
    source, params = snakemake.input, snakemake.params
    endpoint = Endpoint(**params.endpoint)
    kept = read_kept(source.judgement)
    traces = {response.id: response for response in read_responses(source.traces)}
    questions = [
        question for question in read_questions(source.questions, split="train") if question.id in kept
    ]
    with reachable(endpoint, questions) as reached:
        responses = ask(
            follow_up_requests(questions, traces, snakemake.wildcards.kind, endpoint),
            reached,
            Limits(**params.requests),
            Limit(**params.budget),
            params.cache,
        )
    write_records(responses, snakemake.output.responses)
