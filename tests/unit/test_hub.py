"""Model downloads against a real HTTP server on loopback that speaks the hub's protocol."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tracekd.core.errors import ModelError

COMMIT = "c" * 40
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"pickle",
    "run.py": b"code",
}
ENTRY = {"id": "someone/model", "revision": "main"}


class Hub(BaseHTTPRequestHandler):
    """The three calls that a snapshot download makes: revision, file listing, files."""

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.reply(body=False)

    def do_GET(self):
        self.reply(body=True)

    def reply(self, body):
        self.server.requests.append(self.path)
        name = self.path.split("?")[0].rsplit("/", 1)[-1]
        if self.server.status != 200:
            content, kind, code = b"{}", "application/json", self.server.status
        elif "/resolve/" in self.path:
            content, kind, code = FILES[name], "application/octet-stream", 200
        elif "/tree/" in self.path:
            tree = [
                {"type": "file", "path": path, "size": len(data), "oid": "0"} for path, data in FILES.items()
            ]
            content, kind, code = json.dumps(tree).encode(), "application/json", 200
        else:
            info = {"id": ENTRY["id"], "sha": COMMIT, "siblings": [{"rfilename": path} for path in FILES]}
            content, kind, code = json.dumps(info).encode(), "application/json", 200
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if code == 403:
            self.send_header("X-Error-Code", "GatedRepo")
        if code == 404:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.status, server.requests = 200, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    yield server
    server.shutdown()


def test_a_branch_is_resolved_once_locked_and_held_to(hub, tmp_path):
    from tracekd.models.hub import fetch_model

    lock = tmp_path / "locks" / "model.json"
    fetch_model(ENTRY, tmp_path / "model", None, lock)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "config.json",
        "model.safetensors",
    ]
    assert json.loads(lock.read_text()) == {**ENTRY, "commit": COMMIT}
    hub.requests.clear()
    fetch_model(ENTRY, tmp_path / "again", None, lock)
    assert not any(f"/revision/{ENTRY['revision']}" in path for path in hub.requests)
    with pytest.raises(ModelError, match="delete the lock file"):
        fetch_model({**ENTRY, "revision": "v2"}, tmp_path / "other", None, lock)


@pytest.mark.parametrize(
    ("status", "sentence"), [(403, "set HF_TOKEN"), (404, "no such model"), (500, "check the network")]
)
def test_a_refusal_is_one_sentence_and_leaves_nothing(hub, tmp_path, status, sentence):
    from tracekd.models.hub import fetch_model

    hub.status = status
    with pytest.raises(ModelError, match=sentence):
        fetch_model(ENTRY, tmp_path / "model", None, tmp_path / "lock.json")
    assert not (tmp_path / "model").exists() and not (tmp_path / "lock.json").exists()


def test_a_mirror_takes_the_place_of_the_hub(tmp_path):
    from tracekd.models.hub import fetch_model

    folder = tmp_path / "mirror" / "models" / ENTRY["id"]
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    fetch_model(ENTRY, tmp_path / "model", tmp_path / "mirror", tmp_path / "lock.json")
    assert (tmp_path / "model" / "config.json").read_text() == "{}"
    with pytest.raises(ModelError, match="the mirror lacks someone/other"):
        fetch_model(
            {**ENTRY, "id": "someone/other"}, tmp_path / "x", tmp_path / "mirror", tmp_path / "lock.json"
        )
