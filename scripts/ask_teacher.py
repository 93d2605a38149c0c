"""Ask the teacher for trace and answer of every question of one dataset (rule ask_teacher)."""

from tracekd.core.records import read_questions, write_records
from tracekd.run.jobs import rule_job
from tracekd.teacher.ask import ask
from tracekd.teacher.budget import Limit
from tracekd.teacher.local_server import reachable
from tracekd.teacher.prompts import trace_requests
from tracekd.teacher.settings import Endpoint, Limits

with rule_job(snakemake):
    params = snakemake.params
    endpoint = Endpoint(**params.endpoint)
    questions = read_questions(snakemake.input.questions)
    with reachable(endpoint, questions) as reached:
        responses = ask(
            trace_requests(questions, endpoint),
            reached,
            Limits(**params.requests),
            Limit(**params.budget),
            params.cache,
        )
    write_records(responses, snakemake.output.responses)
