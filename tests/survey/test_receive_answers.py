"""The receiver of examples/receive_answers writes whole what the analysis would read and refuses the rest."""

import json
import socket

import pytest
import requests
from support.receiving import free_port, receiving
from support.study_data import make_export, make_plan
from tracekd.study.plan import digest, write_plan
from tracekd.study.responses import read_study_responses

ORIGIN = "https://pages.example.org"
ITEM = {"question": "Who?", "context": [], "texts": {}, "answers": {}}
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of a receiver, its plan, and the folder that it writes to."""
    folder = tmp_path_factory.mktemp("receiver")
    plan = make_plan()
    plan["items"] = [item | ITEM for item in plan["items"]]
    plan["plan_sha256"] = digest(plan)
    write_plan(plan, folder / "plan.json")
    port = free_port()
    with receiving(folder / "plan.json", folder / "answers", ORIGIN, port):
        yield f"http://127.0.0.1:{port}/", plan, folder / "answers"


def files(folder):
    return sorted(path.name for path in folder.glob("*"))


def test_an_export_is_written_as_it_was_sent_and_once_though_it_comes_twice(server):
    address, plan, folder = server
    export = make_export(plan, "B", "p-1")
    body = json.dumps(export, indent=1).encode()
    before = files(folder)
    for _ in range(2):
        assert requests.post(address, data=body, headers={"Origin": ORIGIN}).status_code == 201
    (name,) = set(files(folder)) - set(before)
    assert name.startswith("B_p-1_") and (folder / name).read_bytes() == body
    assert export in [sent.record for sent in read_study_responses(folder, plan)]


def test_another_export_under_the_same_name_replaces_nothing(server):
    address, plan, folder = server
    before = files(folder)
    for value in (2, 3):
        assert requests.post(address, json=make_export(plan, "C", "p-2", value)).ok
    first, second = sorted(set(files(folder)) - set(before))
    (folder / second).unlink()
    assert json.loads((folder / first).read_text())["participant"] == "p-2"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"", 422, "not a JSON object"),
        (b"\xff", 422, "utf-8"),
        (b"[" * 100_000, 422, "not a JSON object"),
        (b'{"participant": "../../p"}', 422, "export:"),
        (b" " * (MEGABYTE + 1), 413, "too large"),
    ],
)
def test_rubbish_is_refused_and_leaves_nothing(server, body, status, sentence):
    address, _, folder = server
    before = files(folder)
    reply = requests.post(address, data=body)
    assert (reply.status_code, sentence in reply.text) == (status, True), reply.text
    assert files(folder) == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"participant": "../../p"}, "participant"),
        ({"plan_sha256": "b" * 64}, "another plan"),
        ({"group": "Z"}, "'Z' is not in the plan"),
        ({"answers": []}, "is completed but has no answer"),
    ],
)
def test_what_the_analysis_would_refuse_is_refused(server, change, sentence):
    address, plan, folder = server
    before = files(folder)
    reply = requests.post(address, json=make_export(plan) | change)
    assert reply.status_code == 422 and sentence in reply.text
    assert files(folder) == before


def test_an_export_that_is_cut_off_leaves_nothing(server):
    address, plan, folder = server
    before = files(folder)
    body = json.dumps(make_export(plan, "D", "p-3")).encode()
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[: len(body) // 2])
    # a later request is answered after what the cut-off one left
    assert requests.post(address, data=b"").status_code == 422
    assert files(folder) == before


def test_only_pages_of_the_named_origin_may_read_the_reply(server):
    address, _, _ = server
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = requests.options(address, headers={"Origin": ORIGIN, **asks})
    assert allowed.ok and allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    refused = requests.options(address, headers={"Origin": "https://other.example.org", **asks})
    assert not refused.ok and "Access-Control-Allow-Origin" not in refused.headers
