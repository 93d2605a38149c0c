"""Models from each kind of source; the hub is a real HTTP server on loopback that speaks its protocol."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.tiny_models import TEMPLATE, save_model
from tracekd.core.errors import ConfigError, DataError, ModelError
from tracekd.models.fetch import fetch_model
from tracekd.models.loading import load_tokenizer
from tracekd.models.registry import Model, read_models

COMMIT = "c" * 40
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"pickle",
    "run.py": b"code",
}
REPOSITORY = "someone/model"


def hub_model(revision="main", repository=REPOSITORY, **fields):
    source = {"kind": "hub", "repository": repository, "revision": revision}
    return Model.model_validate({"source": source, **fields})


def local_model(folder, **fields):
    return Model.model_validate({"source": {"kind": "local", "path": str(folder)}, **fields})


def fetch(model, tmp_path, mirror=None):
    """Fetch a model named `mine`; give its folder."""
    fetch_model("mine", model, tmp_path / "model", mirror, tmp_path / "locks" / "mine.json")
    return tmp_path / "model"


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
            info = {"id": REPOSITORY, "sha": COMMIT, "siblings": [{"rfilename": path} for path in FILES]}
            content, kind, code = json.dumps(info).encode(), "application/json", 200
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        for name, value in self.server.reason.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.status, server.reason, server.requests = 200, {}, []
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
    folder = fetch(hub_model(), tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    lock = json.loads((tmp_path / "locks/mine.json").read_text())
    assert lock == {"id": REPOSITORY, "revision": "main", "commit": COMMIT}
    hub.requests.clear()
    fetch(hub_model(), tmp_path)
    assert not any("/revision/main" in path for path in hub.requests)
    with pytest.raises(ModelError, match="delete the lock file"):
        fetch(hub_model("v2"), tmp_path)


FINE_GRAINED = "Please enable access to public gated repositories in your fine-grained token settings"


@pytest.mark.parametrize(
    ("status", "code", "message", "sentence"),
    [
        (403, "GatedRepo", "", r"licence of this model must be accepted first .*set HF_TOKEN"),
        (403, "", FINE_GRAINED, rf"the hub answers 403: {FINE_GRAINED}.*let the token .* gated repositories"),
        (401, "", "Invalid credentials in Authorization header", r"answers 401: Invalid cred.*renew it"),
        (401, "", "", r"the hub answers 401: .*HF_TOKEN"),
        (404, "RepoNotFound", "", "no such model"),
        (404, "RevisionNotFound", "", r"no such revision .*source.revision"),
        (
            429,
            "",
            "We had to rate limit you",
            r"the hub answers 429: We had to rate limit you.*wait, then run",
        ),
        (500, "", "", r"the hub answers 500: .*check the network"),
        (451, "", "Not here", r"the hub answers 451: Not here"),
    ],
)
def test_a_refusal_is_one_sentence_in_the_hub_s_words_and_leaves_nothing(
    hub, tmp_path, monkeypatch, status, code, message, sentence
):
    # the client itself waits and asks again after a 429 or 5xx
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub.status = status
    hub.reason = {
        name: value
        for name, value in zip(("X-Error-Code", "X-Error-Message"), (code, message), strict=True)
        if value
    }
    with pytest.raises(ModelError, match=sentence) as caught:
        fetch(hub_model(), tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model").exists() and not (tmp_path / "locks").exists()


@pytest.mark.parametrize("content", ['{"id": "own', "5", '{"id": "x"}', '{"id": 1}'])
def test_a_damaged_lock_is_named(hub, tmp_path, content):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/mine.json").write_text(content)
    with pytest.raises(DataError, match=r"locks/mine.json: .*restore it, or delete it to lock anew"):
        fetch(hub_model(), tmp_path)


def test_a_mirror_and_the_hub_give_the_same_files(hub, tmp_path, monkeypatch):
    """What the hub's own download of a Llama model brings: the original weights beside the converted ones."""
    original = (
        "original/consolidated.00.pth",
        "original/params.json",
        "original/tokenizer.model",
        "x/a.json",
    )
    for path in original:
        monkeypatch.setitem(FILES, path, b"{}")
        (tmp_path / "mirror/models" / REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
    for path, content in FILES.items():
        (tmp_path / "mirror/models" / REPOSITORY / path).write_bytes(content)
    wanted = ["config.json", "model.safetensors"]
    for mirror in (None, tmp_path / "mirror"):
        folder = fetch(hub_model(), tmp_path, mirror)
        assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == wanted
    local = Model.model_validate(
        {"source": {"kind": "local", "path": str(tmp_path / "mirror/models" / REPOSITORY)}}
    )
    fetch_model("mine", local, tmp_path / "local", None, tmp_path / "locks/local.json")
    assert sorted(path.name for path in (tmp_path / "local").iterdir()) == wanted


def test_a_hub_that_cannot_be_reached_is_one_sentence(hub, tmp_path):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(ModelError, match=r"cannot be downloaded: ConnectError .check the network"):
        fetch(hub_model(), tmp_path)


def test_a_mirror_takes_the_place_of_the_hub(tmp_path):
    save_model(tmp_path / "mirror" / "models" / REPOSITORY, "Llama")
    folder = fetch(hub_model(), tmp_path, tmp_path / "mirror")
    assert load_tokenizer(folder).chat_template == TEMPLATE
    assert not (tmp_path / "locks").exists()


def test_a_model_that_the_mirror_lacks_is_downloaded(hub, tmp_path):
    (tmp_path / "mirror").mkdir()
    assert (fetch(hub_model(), tmp_path, tmp_path / "mirror") / "model.safetensors").exists()
    assert json.loads((tmp_path / "locks/mine.json").read_text())["commit"] == COMMIT


@pytest.fixture
def own(tmp_path):
    """A model folder of the user's own, with files beside that a run must not take."""
    folder = save_model(tmp_path / "own", "Llama")
    (folder / "training_args.bin").write_bytes(b"pickle")
    (folder / "modeling.py").write_text("code")
    return folder


def test_a_local_folder_needs_neither_lock_nor_mirror(tmp_path, own):
    folder = fetch(local_model(own), tmp_path, tmp_path / "a mirror that nobody looks at")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in folder.iterdir()}
    assert not {"training_args.bin", "modeling.py"} & {path.name for path in folder.iterdir()}
    assert not (tmp_path / "locks").exists()


def test_a_local_folder_that_is_no_model_is_named(tmp_path, own):
    with pytest.raises(ConfigError, match=r"mine: source\.path: no folder '.*/absent'"):
        fetch(local_model(tmp_path / "absent"), tmp_path)
    (own / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"has no \*\.safetensors file"):
        fetch(local_model(own), tmp_path)
    assert not (tmp_path / "model").exists()


def test_weights_may_be_held_to_a_checksum(tmp_path, own):
    source = {"kind": "local", "path": str(own), "files": {"model.safetensors": "0" * 64}}
    with pytest.raises(DataError, match=r"mine: model\.safetensors: SHA-256 is [0-9a-f]+, expected 000"):
        fetch(Model.model_validate({"source": source}), tmp_path)


def test_the_chat_template_of_the_entry_is_the_model_s(tmp_path, own):
    folder = fetch(local_model(own, chat_template="{{ messages }}"), tmp_path)
    assert load_tokenizer(folder).chat_template == "{{ messages }}"


def test_the_pad_token_of_the_entry_is_the_model_s(tmp_path, own):
    for path in own.glob("*.json"):
        settings = json.loads(path.read_text())
        path.write_text(json.dumps({key: value for key, value in settings.items() if key != "pad_token"}))
    with pytest.raises(ModelError, match="as pad_token in the model's entry"):
        load_tokenizer(fetch(local_model(own), tmp_path))
    tokenizer = load_tokenizer(fetch(local_model(own, pad_token="<|user|>"), tmp_path))
    assert tokenizer.pad_token == "<|user|>" and tokenizer.pad_token_id < 320
    with pytest.raises(ModelError, match=r"model mine: pad_token '<\|none\|>' is not in the vocabulary"):
        fetch(local_model(own, pad_token="<|none|>"), tmp_path)


@pytest.fixture
def write(tmp_path):
    """Write a registry with one model `mine`; give its path."""

    def write(text):
        (tmp_path / "models.yaml").write_text(f"mine: {text}\n", "utf-8")
        return tmp_path / "models.yaml"

    return write


def test_a_source_is_all_that_a_model_needs(write, tmp_path):
    model = read_models(write("{source: {kind: local, path: folder}}"))["mine"]
    assert model.source.path == f"{tmp_path}/folder"
    assert (model.persona, model.target_modules, model.sizes) == (None, "all-linear", None)


def test_a_template_may_be_a_file_beside_the_registry(write, tmp_path):
    (tmp_path / "chat.jinja").write_text("{# long #}\n{{ messages }}", "utf-8")
    path = write("{source: {kind: local, path: x}, chat_template: chat.jinja}")
    assert read_models(path)["mine"].chat_template == "{# long #}\n{{ messages }}"
    (tmp_path / "chat.jinja").unlink()
    with pytest.raises(ConfigError, match=r"mine\.chat_template: 'chat\.jinja' cannot be read: No such file"):
        read_models(path)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            "{source: {kind: mirror}}",
            "mine.source.kind: 'mirror' should be one of 'hub', 'url', 'local', 'pack",
        ),
        ("{source: {kind: simulate}}", "mine.source.kind: 'simulate' should be one of"),
        ("{persona: Llama}", "mine: key 'source' is missing"),
        ("{source: {kind: demo, architecture: gpt, seed: 0}}", "mine.source.architecture: 'gpt' should be"),
        ("{source: {kind: local, path: x}, target_modules: all}", "mine.target_modules: 'all' should be"),
        ("{source: {kind: local, path: x}, target_modules: []}", "mine.target_modules: [] should"),
        ("{source: {kind: local, path: x}, persona: ''}", "mine.persona: '' should"),
        ("{source: {kind: demo, architecture: llama, seed: 0}, pad_token: x}", "mine: "),
        ("{source: {kind: package, distribution: x, version: 1.0}}", "mine.source"),
        ("3", "mine"),
    ],
)
def test_a_fault_is_one_sentence_with_file_key_and_value(write, entry, sentence):
    path = write(entry)
    with pytest.raises(ConfigError) as caught:
        read_models(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")
    assert "\n" not in str(caught.value)
