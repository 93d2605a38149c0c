"""A real endpoint: `transformers serve` with a random tiny model on loopback."""

import os
import socket
import subprocess
import sys
import time

import pytest
import requests
from support.teacher_servers import FREE, LIMITS, make_endpoint, make_questions
from tracekd.teacher.ask import ask
from tracekd.teacher.prompts import trace_requests

# generous: a slow machine loads torch in a minute
START_S = 240


@pytest.fixture
def served(model_folder, tmp_path):
    """Base URL and model name of the server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model_folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    log = tmp_path / "serve.log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, env={**os.environ, "HF_HUB_OFFLINE": "1"}
        )
    session = requests.Session()
    session.trust_env = False
    try:
        deadline = time.monotonic() + START_S
        while True:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")
            try:
                session.get(f"http://127.0.0.1:{port}/health", timeout=5)
                break
            except requests.RequestException:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1", str(model_folder)
    finally:
        process.kill()
        process.wait()


def test_a_real_server_is_understood(served, tmp_path):
    base_url, model = served
    endpoint = make_endpoint(base_url, model, parameters={"max_tokens": 6}, most_tokens=6, typical_tokens=6)
    requests_ = trace_requests(make_questions(2), endpoint)
    responses = ask(requests_, endpoint, LIMITS, FREE, tmp_path / "cache.jsonl")
    assert [response.id for response in responses] == [request.id for request in requests_]
    assert all(0 < response.n_new_tokens <= 6 and response.n_prompt_tokens > 6 for response in responses)
    # random weights hardly ever end a turn, but they may
    assert {(response.status, response.finish_reason) for response in responses} <= {
        ("truncated", "length"),
        ("empty_trace", "stop"),
        ("empty_answer", "stop"),
    }
