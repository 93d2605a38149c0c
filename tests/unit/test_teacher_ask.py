import pytest
from examples import make_question
from tracekd.teacher.ask import ask
from tracekd.teacher.budget import Limit
from tracekd.teacher.local_server import LocalServer, serve
from tracekd.teacher.prompts import trace_requests
from tracekd.teacher.settings import Endpoint, Limits
from tracekd.teacher.synthetic import SyntheticTeacher

LIMITS = Limits(concurrency=4, per_minute=None, timeout_s=30, attempts=3)
FREE = Limit(None, None, "USD")


def make_questions(count, dataset="cotempqa"):
    return [
        make_question(dataset, id=f"q{number:03d}", question=f"Who came {number} years later?")
        for number in range(count)
    ]


@pytest.fixture
def local():
    """Questions, the server that knows them, and an endpoint that points to it."""
    questions = make_questions(12)
    server = LocalServer(SyntheticTeacher(questions))
    endpoint = Endpoint(
        server.base_url, "synthetic-teacher", None, {}, 500, 80, {"input": 1.0, "output": 2.0}
    )
    with serve(server):
        yield questions, server, endpoint


def test_every_question_is_answered_once_and_then_read_from_the_cache(local, tmp_path, capsys):
    questions, server, endpoint = local
    requests = trace_requests(questions, endpoint)
    responses = ask(requests, endpoint, LIMITS, FREE, tmp_path / "cache.jsonl")
    assert [response.id for response in responses] == [question.id for question in questions]
    assert ask(requests, endpoint, LIMITS, FREE, tmp_path / "cache.jsonl") == responses
    assert server.seen == {request.key: 1 for request in requests}
    assert "12 prompts for synthetic-teacher, 0 answered already, 12 calls to make" in capsys.readouterr().err
