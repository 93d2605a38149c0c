"""Servers for the tests of the teacher: the synthetic one, and one that misbehaves as it is told."""

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tracekd.core.records import Question, write_records
from tracekd.settings.teacher import Endpoint, Limit, Limits, Price
from tracekd.teacher.ask import ask
from tracekd.teacher.local_server import Handler, LocalServer, serve
from tracekd.teacher.prompts import trace_requests
from tracekd.teacher.synthetic import SyntheticTeacher

from support.examples import make_question

LIMITS = Limits(concurrency=4, per_minute=None, timeout_s=60, attempts=3)
FREE = Limit(tokens=None, money=None, currency="USD")
PRICE = Price(input=1.0, output=2.0)
ONE_AT_A_TIME = LIMITS.changed(concurrency=1)
KEY_ENV, KEY = "TEACHER_TEST_KEY", "sk-planted-0123456789abcdef"
# an endless reply ends here all the same, so that a test of it does
MOST_POURED = 256 << 20


def make_questions(count, dataset="cotempqa"):
    """Questions that differ in their wording only."""
    wording = "While Philip Franklin was working there in year {number:04d}, who worked there too?"
    return [
        make_question(dataset, id=f"{dataset}-{number:03d}", question=wording.format(number=number))
        for number in range(count)
    ]


class FaultyHandler(Handler):
    """Does what the server's next fault says in place of an answer."""

    def do_POST(self):
        fault = next(self.server.faults, None)
        if fault is None:
            super().do_POST()
        else:
            self.rfile.read(int(self.headers["Content-Length"]))
            fault(self)

    def send_text(self, text, status=200, length=None, kind="application/json", **headers):
        content = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def pour(self, status=200):
        """Send blanks until nobody takes them any more; `server.poured` counts their bytes."""
        self.close_connection = True
        self.send_response(status)
        self.end_headers()
        blanks = b" " * (1 << 16)
        with suppress(OSError):
            while self.server.poured < MOST_POURED:
                self.server.poured += self.wfile.write(blanks)

    def drop(self):
        self.close_connection = True
        self.connection.close()

    def answer(self, message, finish_reason="stop", **more):
        choice = {"message": message, "finish_reason": finish_reason}
        self.send_json(200, {"choices": [choice], **more})


class Server(LocalServer):
    """The synthetic teacher with faults before its first answers, and a pause before each."""

    def __init__(self, questions, faults=(), pause_s=0.0):
        super().__init__(SyntheticTeacher(questions))
        self.RequestHandlerClass = FaultyHandler
        self.faults = iter(faults)
        self.pause_s = pause_s
        self.poured = 0
        self.log = []

    def complete(self, body):
        time.sleep(self.pause_s)
        self.log.append(body["messages"][0]["content"])
        return super().complete(body)


@dataclass
class Teacher:
    """A running server, the questions it knows, an endpoint that points to it, a cache of its own."""

    questions: list[Question]
    server: Server
    endpoint: Endpoint
    cache: Path

    @property
    def requests(self):
        return trace_requests(self.questions, self.endpoint)

    def ask(self, limits=LIMITS, limit=FREE):
        return ask(self.requests, self.endpoint, limits, limit, self.cache)


def make_endpoint(base_url, model, **values):
    """An endpoint that wants no key, costs nothing and is sent no parameters, but for what `values` say."""
    usual = {"api_key_env": None, "parameters": {}, "price": None}
    return Endpoint(base_url=base_url, model=model, **usual | values)


@contextmanager
def running_teacher(folder, count=12, faults=(), pause_s=0.0, key_env=None):
    """Run a teacher of `count` questions whose server first does what `faults` say."""
    questions = make_questions(count)
    server = Server(questions, faults, pause_s)
    endpoint = make_endpoint(
        server.base_url,
        server.teacher.MODEL,
        api_key_env=key_env,
        most_tokens=500,
        typical_tokens=80,
        price=PRICE,
    )
    with serve(server):
        yield Teacher(questions, server, endpoint, Path(folder) / "cache.jsonl")


def ask_and_write(endpoint, questions, cache, path):
    """Do what the script of a rule does; runs in a process of its own."""
    write_records(ask(trace_requests(questions, endpoint), endpoint, LIMITS, FREE, cache), path)
