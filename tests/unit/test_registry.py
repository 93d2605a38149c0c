"""The registries of this repository are valid, and every fault in one ends in a sentence."""

import pytest
import yaml
from support.examples import ROOT
from support.raw_files import OPTIONS
from tracekd.core.errors import ConfigError
from tracekd.datasets import DATASETS
from tracekd.datasets.registry import get_entry, read_registry
from tracekd.released.registry import read_released
from tracekd.sources.kinds import Local, Simulate, local_files

CONFIG = ROOT / "config"
# of CoTempQA's class `during`
GIT_ID = "git:14dde7078e11760b39fa668a7d23afac1d09d7c3"


@pytest.fixture
def write(tmp_path):
    """Write the registry of the paper after a change of its bAbI entry; give the path."""

    def write(change):
        registry = yaml.safe_load((CONFIG / "datasets.yaml").read_text("utf-8"))
        change(registry["babi"])
        path = tmp_path / "datasets.yaml"
        path.write_text(yaml.safe_dump(registry), "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("datasets.yaml", {"cotempqa": "hub", "ms_marco": "hub", "babi": "hub"}),
        ("datasets_demo.yaml", dict.fromkeys(DATASETS, "simulate")),
        ("datasets_real_small.yaml", {"cotempqa": "url", "babi": "hub"}),
    ],
)
def test_the_registries_of_this_repository_are_valid(file, kinds):
    registry = read_registry(CONFIG / file)
    assert {name: entry.source.kind for name, entry in registry.items()} == kinds
    for name, entry in registry.items():
        assert entry.options.keys() == OPTIONS[name].model_dump().keys()


def test_both_real_registries_describe_the_same_babi():
    small, full = (read_registry(CONFIG / f"datasets{part}.yaml")["babi"] for part in ("_real_small", ""))
    assert small == full


def test_the_cotempqa_reader_finds_its_files_among_those_fetched():
    for file in ("datasets.yaml", "datasets_real_small.yaml"):
        entry = read_registry(CONFIG / file)["cotempqa"]
        assert set(entry.options["files"].values()) == set(entry.source.files)


def test_both_real_registries_hold_cotempqa_to_the_same_checksums_but_for_the_unknown_one():
    small, full = (read_registry(CONFIG / f"datasets{part}.yaml")["cotempqa"] for part in ("_real_small", ""))
    assert small.source.checksums == full.source.checksums | {"during.json": GIT_ID}
    assert small.options == full.options
    assert [path for path, checksum in full.source.checksums.items() if checksum is None] == ["during.json"]
    # the id of the file of that name in the authors' repository, too
    released = read_released(CONFIG / "released.yaml")
    assert released.files["data/cotempqa/during.json"].digest == GIT_ID


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda babi: babi.update(licenc="x"), ": key 'licenc' is unknown (did you mean 'licence'?)"),
        (lambda babi: babi.pop("licence"), ": key 'licence' is missing (Terms of use)"),
        (lambda babi: babi.pop("options"), ".options: key 'test_fraction' is missing"),
        (lambda babi: babi["source"].pop("files"), ".source: key 'files' is missing"),
        (lambda babi: babi["source"].pop("kind"), ".source: key 'kind' is missing"),
        (
            lambda babi: babi["source"].update(kind="mirror"),
            ".source.kind: 'mirror' should be one of 'hub', 'url'",
        ),
        (lambda babi: babi["source"].pop("revision"), ".source: key 'revision' is missing"),
        (lambda babi: babi["source"].update(sizes={}), ".source: key 'sizes' is unknown"),
        (lambda babi: babi["source"]["files"].update({"../x": None}), ".source.files"),
        (lambda babi: babi["source"]["files"].update({"/etc/x": None}), ".source.files"),
        (lambda babi: babi["source"]["files"].update({"a/../x": None}), ".source.files"),
        (lambda babi: babi["source"]["files"].update({"x": "abc"}), ".source.files.x: 'abc' should"),
        (lambda babi: babi.update(folder=".."), ".folder: '..' should be a relative path"),
        (lambda babi: babi["options"].update(test_fraction=0), ".options.test_fraction: 0 should"),
        (lambda babi: babi["options"].update(fraction=1), ".options: key 'fraction' is unknown"),
        (lambda babi: babi["expected"].pop("train"), ".expected: key 'train' is missing"),
        (
            lambda babi: babi.update(source={"kind": "url", "files": {"x": {"url": "ftp://x"}}}),
            ".source.files.x.url",
        ),
        (lambda babi: babi.update(source={"kind": "local"}), ".source: key 'path' is missing"),
        (lambda babi: babi.update(source="hub"), ".source"),
    ],
)
def test_a_fault_is_named_by_file_key_and_value(write, change, sentence):
    path = write(change)
    with pytest.raises(ConfigError) as error:
        read_registry(path)
    assert str(error.value).startswith(f"{path}: babi{sentence}")
    assert "\n" not in str(error.value)


def test_an_unknown_dataset_in_a_registry_is_refused(tmp_path):
    path = tmp_path / "datasets.yaml"
    path.write_text("cotempa: {}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"'cotempa' is unknown; did you mean 'cotempqa'"):
        read_registry(path)


def test_a_dataset_that_a_registry_lacks_is_refused_with_the_nearest_name():
    path = CONFIG / "datasets_real_small.yaml"
    with pytest.raises(ConfigError, match="'cotempa' is unknown; did you mean 'cotempqa'"):
        get_entry(path, "cotempa")
    assert get_entry(path, "babi").title == "bAbI"


def test_sizes_need_not_be_stated(write):
    assert read_registry(write(lambda babi: babi.pop("expected")))["babi"].expected is None


@pytest.mark.parametrize("content", ["", "[]", "3"])
def test_a_registry_without_entries_is_refused(tmp_path, content):
    path = tmp_path / "datasets.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match="names no dataset"):
        read_registry(path)


def test_a_relative_path_starts_at_the_folder_of_the_registry(write, tmp_path):
    path = write(lambda babi: babi.update(source={"kind": "local", "path": "raw/../data"}))
    assert read_registry(path)["babi"].source.path == f"{tmp_path}/data"
    path = write(lambda babi: babi.update(source={"kind": "local", "path": "/data/babi"}))
    assert read_registry(path)["babi"].source.path == "/data/babi"


def test_the_files_of_a_local_folder_are_inputs_of_the_workflow(tmp_path):
    for name in ("a/x.txt", "b.txt", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    source = Local(kind="local", path=str(tmp_path))
    assert local_files(source) == [f"{tmp_path}/a/x.txt", f"{tmp_path}/b.txt"]
    assert local_files(source.model_copy(update={"files": {"b.txt": "0" * 64}})) == [f"{tmp_path}/b.txt"]
    assert local_files(source.model_copy(update={"path": f"{tmp_path}/absent"})) == []
    assert local_files(Simulate(kind="simulate", sizes={"rows": 1})) == []
