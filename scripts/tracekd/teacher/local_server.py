"""The synthetic teacher behind a real HTTP server on loopback, in the form of an OpenAI endpoint.

It stands in for a paid endpoint in the demo and the tests, so that every byte goes the same way.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tracekd.core.records import Question
from tracekd.models.identity import digest_json
from tracekd.settings.teacher import Endpoint
from tracekd.teacher.synthetic import SyntheticTeacher

PATH = "/v1/chat/completions"


class LocalServer(ThreadingHTTPServer):
    """Answers chat completions; `seen` counts how often each request (model, messages, parameters) came."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, teacher: SyntheticTeacher):
        super().__init__(("127.0.0.1", 0), Handler)
        self.teacher = teacher
        self.seen: Counter[str] = Counter()

    @property
    def base_url(self) -> str:
        """Address for an endpoint's `base_url`."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one request body with a chat completion."""
        parameters = {name: value for name, value in body.items() if name not in ("model", "messages")}
        self.seen[digest_json({**{n: body[n] for n in ("model", "messages")}, "parameters": parameters})] += 1
        return self.teacher.complete(body)


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: LocalServer

    def do_POST(self) -> None:
        """Answer a chat completion; anything else is unknown."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == PATH and body["model"] == self.server.teacher.MODEL:
            self.send_json(200, self.server.complete(body))
        else:
            self.send_json(404, {"error": {"message": "no such model here"}})

    def send_json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Send a JSON body."""
        payload = json.dumps(body).encode("utf-8")
        self.send_response(status)
        lengths = {"Content-Type": "application/json", "Content-Length": str(len(payload))}
        for name, value in {**lengths, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the screen for the progress bar."""


@contextmanager
def serve(server: ThreadingHTTPServer) -> Iterator[None]:
    """Run a server in the background."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def reachable(endpoint: Endpoint, questions: Sequence[Question]) -> Iterator[Endpoint]:
    """Give an endpoint that can be called: `base_url: local` starts the synthetic teacher for it.

    Args:
        endpoint: as in the config.
        questions: what the synthetic teacher knows; a real one is told nothing but the prompts.

    """
    if not endpoint.is_local:
        yield endpoint
        return
    server = LocalServer(SyntheticTeacher(questions))
    with serve(server):
        yield endpoint.changed(base_url=server.base_url)
