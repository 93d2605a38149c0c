"""The registry of released files, their download, and how their lines become records."""

import hashlib
import json
import subprocess
from collections import Counter

import pytest
from support.examples import ROOT, make_question
from support.http import BODY, serve
from support.released_files import (
    BABI_GENERATIONS,
    MARCO_TABLE,
    MODEL,
    babi_line,
    cotempqa_line,
    cotempqa_questions,
    outputs,
    table,
    write_lines,
    write_marco,
    write_mirror,
)
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError, DataError
from tracekd.core.literals import render_list
from tracekd.models.registry import read_models
from tracekd.released import fetch
from tracekd.released.fetch import fetch_released
from tracekd.released.plan import plan_replay
from tracekd.released.read import read_replay
from tracekd.released.registry import (
    Generations,
    Released,
    Table,
    get_generations,
    get_table,
    read_released,
)
from tracekd.scoring import get_scorer
from tracekd.settings.base import parse_settings
from tracekd.settings.config import Replay
from tracekd.tables.inputs import DATA_MISSING, inputs_table

REGISTRY = ROOT / "config" / "released.yaml"
REPLAY = Replay(
    released=str(REGISTRY),
    datasets=["cotempqa", "ms_marco", "babi"],
    models=[MODEL, "Qwen/Qwen3-1.7B"],
    arms=["prompt_only", "none", "correct", "incorrect"],
    allow_missing=True,
)
COMMIT = "0" * 40


@pytest.fixture
def mirror(tmp_path):
    return write_mirror(tmp_path)


def replay_of(mirror, dataset, arms=("none", "correct", "incorrect")):
    """Read the mirror's files of one dataset."""
    registry = read_released(REGISTRY)
    choice = REPLAY.changed(datasets=[dataset], models=[MODEL], arms=list(arms))
    cells = get_generations(registry, choice, [42], read_models(ROOT / "config" / "models.yaml"))
    return read_replay(mirror / registry.folder, get_table(registry, dataset), cells)


def plan(mirror, **changes):
    models = read_models(ROOT / "config" / "models.yaml")
    return plan_replay(REPLAY.changed(**changes), [42], models, mirror and str(mirror))


def test_a_mirror_is_asked_for_the_released_paths(mirror):
    found = plan(mirror)
    assert found.cells == [
        ("cotempqa", MODEL, "none", 42),
        ("cotempqa", MODEL, "correct", 42),
        ("cotempqa", MODEL, "incorrect", 42),
        ("babi", MODEL, "correct", 42),
    ]
    assert found.grid == {
        "datasets": ["cotempqa", "babi"],
        "models": [MODEL],
        "arms": ["none", "correct", "incorrect"],
    }
    assert f"{mirror}/Trace_Check_QA/{table('mix')}" in found.get_mirror_files(str(mirror))


def test_without_a_mirror_the_registry_says_what_there_is():
    found = plan(None)
    for dataset in ("cotempqa", "ms_marco"):
        assert [cell[1:] for cell in found.cells if cell[0] == dataset] == [
            (model, arm, 42) for model in (MODEL, "Qwen3-1.7B") for arm in REPLAY.arms
        ]
    assert MARCO_TABLE in found.present
    assert found.get_mirror_files(None) == []


def test_later_seeds_have_their_own_files():
    models = read_models(ROOT / "config" / "models.yaml")
    choice = REPLAY.changed(datasets=["cotempqa"], arms=["prompt_only", "correct"])
    found = plan_replay(choice, [42, 121, 122, 123], models, None)
    assert Counter(cell[3] for cell in found.cells if cell[2] == "correct") == {42: 2, 121: 2, 122: 2, 123: 2}
    assert Counter(cell[3] for cell in found.cells if cell[2] == "prompt_only") == {42: 2}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": ["Qwen3-1.7B"]}, "holds none of the generations asked for"),
        ({"allow_missing": False}, "no released file for cotempqa / "),
        ({"datasets": ["cotemp"]}, "did you mean 'cotempqa'?"),
        ({"released": str(ROOT / "config" / "absent.yaml")}, "cannot be read"),
    ],
)
def test_a_replay_without_its_files_ends_in_one_sentence(mirror, changes, sentence):
    with pytest.raises(ConfigError) as error:
        plan(mirror, **changes)
    assert sentence in str(error.value)


def test_lines_find_their_questions_and_keep_the_released_order(mirror):
    replay = replay_of(mirror, "cotempqa")
    mix = [one for one in replay.questions if one.class_label == "mix"]
    # the test split keeps its own order, generations that of the raw data
    assert [one.id for one in mix] == [f"cotempqa-mix-{index:05d}" for index in (2, 1, 0)]
    for _, generations in replay.generations:
        assert [one.id for one in generations] == [
            f"cotempqa-{label}-{index:05d}" for label in ("equal", "mix") for index in range(3)
        ]


def test_the_order_of_lines_does_not_matter(mirror):
    before = replay_of(mirror, "cotempqa"), replay_of(mirror, "babi")
    for path in (mirror / "Trace_Check_QA/results").rglob("*.json"):
        path.write_text("".join(reversed(path.read_text("utf-8").splitlines(keepends=True))), "utf-8")
    after = replay_of(mirror, "cotempqa"), replay_of(mirror, "babi")
    for one, other in zip(before, after, strict=True):
        assert [found for _, found in one.generations] == [found for _, found in other.generations]
        assert one.questions == other.questions


def test_equal_questions_have_a_generation_each(mirror):
    (_, generations), *_ = replay_of(mirror, "babi", ["correct"]).generations
    assert [one.id for one in generations] == [f"babi-released-{number:05d}" for number in (1, 2, 3)]


def test_the_prompting_baseline_may_repeat_questions_and_ask_others(tmp_path):
    mirror = write_mirror(tmp_path)
    path = f"results/Cotempqa/evaluation_outputs/mix_default/meta-llama_{MODEL}_default_mix.json"
    known = next(cotempqa_questions("mix"))[1]
    other = make_question(question="Who else?")
    lines = [cotempqa_line(one, "none") for one in (known, other, known, other)]
    write_lines(mirror / "Trace_Check_QA" / path, lines)
    replay = replay_of(mirror, "cotempqa", ["prompt_only"])
    ((_, generations),) = replay.generations
    ids = [one.id for one in generations]
    assert ids[:2] == ["cotempqa-mix-00000", "cotempqa-mix-00000~2"]
    assert len(set(ids)) == 4 and ids[3] == f"{ids[2]}~2"
    splits = {one.id: one.split for one in replay.questions}
    assert [splits[name] for name in ids] == ["test", "other", "other", "other"]


def test_without_a_test_split_the_lines_carry_the_questions(tmp_path):
    question = make_question("ms_marco")
    path = "results/Marcoqa/evaluation_outputs/a.json"
    line = {**babi_line(make_question("babi"), "none"), "gold": "['210', 'about 210']"}
    line |= {"question": question.question, "query_type": "NUMERIC", "passage": render_list(question.context)}
    write_lines(tmp_path / path, [{**line, "answer_passage": "['210']"}])
    cell = Generations("ms_marco", MODEL, "none", 42, {"all": path})
    replay = read_replay(tmp_path, Table("ms_marco", {"all": "absent.csv"}), [cell])
    assert [(one.class_label, one.answers, one.gold_facts) for one in replay.questions] == [
        ("NUMERIC", ("210", "about 210"), (0,))
    ]


@pytest.mark.parametrize("with_table", [True, False])
def test_ms_marco_is_read_and_scored_in_every_arm(tmp_path, with_table):
    """The published scorer wants all references at once (Q9), ours any of them."""
    asked = write_marco(tmp_path, with_table)
    replay = replay_of(tmp_path, "ms_marco", REPLAY.arms)
    assert [(one.class_label, one.answers, one.gold_facts, one.split) for one in replay.questions] == [
        (one.class_label, one.answers, one.gold_facts, "test") for one in asked
    ]
    assert [cell.arm for cell, _ in replay.generations] == REPLAY.arms
    right = {"published": [False, True, False], "aligned": [True, True, True]}
    for cell, generations in replay.generations:
        for scorer, verdicts in right.items():
            scores = get_scorer(scorer).judge(replay.questions, generations, cell.arm)
            answers = {one.id: one.answer_ok for one in scores}
            if cell.arm == "prompt_only":
                assert not any(answers.values())
                continue
            assert [answers[one.id] for one in generations] == verdicts[: len(asked)]
            if scorer == "aligned" and cell.arm != "none":
                truths = {truth for one in scores for truth in one.steps.values()}
                assert truths == {cell.arm == "correct"}


def damage(change):
    """Make a fault of the second CoTempQA line."""

    def write(path):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([lines[0], change(lines[1]), *lines[2:]]))

    return write


def without(name):
    """Take a field out of a line."""

    def change(line):
        fields = json.loads(line)
        del fields[name]
        return json.dumps(fields).encode() + b"\n"

    return damage(change)


def with_fields(**fields):
    """Change fields of a line."""
    return damage(lambda line: json.dumps({**json.loads(line), **fields}).encode() + b"\n")


def repeat_first(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[0], *lines[2:]]))


@pytest.mark.parametrize(
    ("fault", "place", "sentence"),
    [
        (without("prediction"), ":2", "prediction"),
        (without("facts"), ":2", "facts"),
        (with_fields(prediction=None), ":2", "prediction"),
        (with_fields(question="Who is it?"), ":2", "not one of the cotempqa test split"),
        (with_fields(gold=["Irving Segal"]), ":2", "is not that of the question"),
        (with_fields(prediction="\ud800"), ":2", "half a character"),
        (repeat_first, ":2", "the question occurs again"),
        (damage(lambda line: line[:40]), ":2", "not a JSON object"),
        (damage(lambda line: b"[1]\n"), ":2", "a JSON object is expected"),
        (damage(lambda line: line[:20] + b"\xff" + line[20:]), ":2", "not UTF-8"),
        (lambda path: path.write_bytes(b""), ":1", "holds no generation"),
    ],
)
def test_a_damaged_file_of_generations_ends_in_one_sentence(mirror, fault, place, sentence):
    path = mirror / "Trace_Check_QA" / outputs("mix", "correct")
    fault(path)
    with pytest.raises(DataError) as error:
        replay_of(mirror, "cotempqa")
    assert str(error.value).startswith(f"{path}") and f"{place}: " in str(error.value)
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"triple_element", b"triple", "column 'triple_element' is missing"),
        (b"3534", b"9999", "index '9999' is not one of class 'mix'"),
        (b"['David Widder', 'Norbert Wiener']", b"David Widder", "not a list of texts"),
        (b"['David Widder', 'Norbert Wiener']", b"['Nobody']", "gold fact missing"),
        (b"\nQuestion: ", b"\nAsked: ", "the prompt holds no question"),
        (b"David", b"\xff", "byte 18 of the line is not UTF-8"),
    ],
)
def test_a_damaged_test_split_ends_in_one_sentence(mirror, old, new, sentence):
    path = mirror / "Trace_Check_QA" / table("mix")
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(DataError) as error:
        replay_of(mirror, "cotempqa")
    assert str(error.value).startswith(f"{path}:") and sentence in str(error.value)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("passage", "no list", "not a list of texts"),
        ("answer_passage", "['Something else.']", "gold fact missing"),
        ("query_type", "riddles", "class 'riddles' is unknown"),
        ("gold", "hallway,,", "the answer is empty"),
    ],
)
def test_a_damaged_babi_line_ends_in_one_sentence(mirror, field, value, sentence):
    path = mirror / "Trace_Check_QA" / BABI_GENERATIONS
    write_lines(path, [{**babi_line(make_question("babi")), field: value}])
    with pytest.raises(DataError) as error:
        replay_of(mirror, "babi")
    assert str(error.value).startswith(f"{path}:1: ") and sentence in str(error.value)


def registry_of(address, digest=None):
    """A registry of one file on a server."""
    return read_released(REGISTRY).changed(
        repository="owner/name",
        url=address + "/{repository}/{commit}/{path}",
        folder="Folder",
        commits={COMMIT: {"a": {"b.json": digest}}},
    )


def git_id(content):
    """A digest by git's own hash-object."""
    command = ["git", "hash-object", "--stdin"]
    found = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    return f"git:{found.decode().strip()}"


def test_files_are_downloaded_at_their_commit_and_locked(tmp_path):
    with serve(lambda request: request.reply(200, request.body)) as (address, requests):
        for _ in range(2):
            fetch_released(registry_of(address), ["a/b.json"], tmp_path / "out", None, tmp_path / "lock.json")
    assert requests[0][0] == f"/owner/name/{COMMIT}/a/b.json"
    lock = json.loads((tmp_path / "lock.json").read_text())
    assert lock == {f"owner/name@{COMMIT}/a/b.json": hashlib.sha256(BODY).hexdigest()}
    assert (tmp_path / "out/a/b.json").read_bytes() == BODY


@pytest.mark.parametrize("digest", [hashlib.sha256(BODY).hexdigest(), git_id(BODY)])
def test_a_download_is_held_to_either_kind_of_digest(tmp_path, digest):
    def fetch(body, folder):
        with serve(lambda request: request.reply(200, body)) as (address, _):
            fetch_released(registry_of(address, digest), ["a/b.json"], folder, None, tmp_path / "lock.json")

    fetch(BODY, tmp_path / "out")
    assert (tmp_path / "out/a/b.json").read_bytes() == BODY
    flipped = bytes([BODY[0] ^ 1]) + BODY[1:]
    kind = "git blob id" if digest.startswith("git:") else "SHA-256"
    with pytest.raises(DataError, match=rf"a/b\.json: {kind} is .*, expected {digest}"):
        fetch(flipped, tmp_path / "other")
    assert not (tmp_path / "other").exists()
    # what the registry states needs no lock
    assert not (tmp_path / "lock.json").exists()


@pytest.mark.parametrize("path", ["../x.json", "a/../../x.json", "/etc/x", "a/./x", "a\\x", ".."])
def test_a_registered_path_cannot_leave_its_folder(path):
    for place, change in {
        "commits": {"commits": {COMMIT: {path: {"b.json": None}}}},
        "commits.": {"commits": {COMMIT: {"a": {path: None}}}},
        "folder": {"folder": path},
        "datasets.babi.test": {"datasets": {"babi": {"test": path, "generations": {"none": "a"}}}},
    }.items():
        with pytest.raises(ConfigError, match=rf"^released.yaml: {place}.*stays inside its folder"):
            parse_settings(Released, read_yaml(REGISTRY) | change, "released.yaml")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        *(
            (
                {"commits": {COMMIT: {"a": {"b": digest}}}},
                rf"commits.{COMMIT}.a.b: '{digest}' should be a SHA-256 \(64 .*\) or a git blob id \(git:",
            )
            for digest in ("git:123", "0" * 40, f"git:{'0' * 64}", f"sha256:{'0' * 64}", f"git:{'G' * 40}")
        ),
        ({"commits": {"main": {}}}, "commits.main: 'main' should match pattern"),
        (
            {"commits": {COMMIT: {"a": {"b": None}}, "1" * 40: {"a": {"b": None}}}},
            "commits: a section should list 'a/b' once",
        ),
        ({"datasets": {"squad": {"test": "a", "generations": {"none": "b"}}}}, "'squad' should be a dataset"),
        (
            {"datasets": {"babi": {"test": "{lable}.csv", "generations": {"none": "b"}}}},
            "datasets.babi.test: '{lable}.csv' should have nothing in braces but label, organisation",
        ),
        ({"url": "https://host/{branch}/{path}"}, "url: .* should have nothing in braces but repository"),
        ({"url": "http://elsewhere.org/{path}"}, "url: .* should match pattern"),
        ({"first_sed": 1}, "key 'first_sed' is unknown .did you mean 'first_seed'"),
    ],
)
def test_a_fault_of_the_registry_is_one_sentence(change, sentence):
    with pytest.raises(ConfigError, match=sentence) as error:
        parse_settings(Released, read_yaml(REGISTRY) | change, "released.yaml")
    assert "\n" not in str(error.value)


def test_the_registry_states_a_digest_wherever_one_is_known():
    kinds = Counter(
        "none" if file.digest is None else "git" if file.digest.startswith("git:") else "sha256"
        for file in read_released(REGISTRY).files.values()
    )
    assert kinds == {"sha256": 130, "git": 47, "none": 83}


def test_a_mirror_may_hold_other_files_and_the_manifest_says_so(tmp_path):
    (tmp_path / "Folder/a").mkdir(parents=True)
    (tmp_path / "Folder/a/b.json").write_bytes(BODY)
    states = []
    known, other = (hashlib.sha256(BODY).hexdigest(), git_id(BODY)), ("0" * 64, f"git:{'0' * 40}")
    for digest in (*known, *other, None):
        registry = registry_of("http://localhost", digest)
        fetch_released(registry, ["a/b.json"], tmp_path / "out", tmp_path, tmp_path / "lock.json")
        states.append(json.loads((tmp_path / "out/manifest.json").read_text())["a/b.json"]["state"])
    assert states == [fetch.AS_RELEASED] * 2 + [fetch.OTHER_CONTENT] * 2 + [fetch.UNVERIFIED]
    with pytest.raises(DataError, match="cannot be copied from the mirror"):
        fetch_released(registry, ["a/c.json"], tmp_path / "out", tmp_path, tmp_path / "lock.json")


def test_the_inputs_table_counts_items_and_names_what_is_missing(mirror):
    replay = replay_of(mirror, "cotempqa", ["correct"])
    ((cell, _),) = replay.generations
    manifest = {outputs("mix", "correct"): {"state": "as released", "sha256": "0" * 64}}
    absent = Generations("ms_marco", MODEL, "prompt_only", 42, {})
    rows = inputs_table([cell, absent], manifest, {"cotempqa": replay}).set_index(["dataset", "class"])
    assert tuple(rows.loc[("cotempqa", "mix"), ["state", "items", "questions"]]) == ("as released", 3, 3)
    assert tuple(rows.loc[("cotempqa", "during"), ["state", "items"]]) == (DATA_MISSING, 0)
    assert tuple(rows.loc[("ms_marco", "all"), ["state", "items", "path"]]) == (DATA_MISSING, 0, "")
