"""The registries of this repository are valid, and every fault in one ends in a sentence."""

import pytest
import yaml
from support.examples import ROOT
from support.raw_files import OPTIONS
from tracekd.core.errors import ConfigError
from tracekd.datasets import DATASETS
from tracekd.datasets.registry import get_entry, read_registry

CONFIG = ROOT / "config"


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
        ("datasets_real_small.yaml", {"cotempqa": "mirror", "babi": "hub"}),
    ],
)
def test_the_registries_of_this_repository_are_valid(file, kinds):
    registry = read_registry(CONFIG / file)
    assert {name: entry.source["kind"] for name, entry in registry.items()} == kinds
    for name, entry in registry.items():
        assert entry.options.keys() == OPTIONS[name].keys()


def test_both_real_registries_describe_the_same_babi():
    small, full = (read_registry(CONFIG / f"datasets{part}.yaml")["babi"] for part in ("_real_small", ""))
    assert small == full


def test_the_cotempqa_reader_finds_its_files_among_those_fetched():
    for file in ("datasets.yaml", "datasets_real_small.yaml"):
        entry = read_registry(CONFIG / file)["cotempqa"]
        assert set(entry.options["files"].values()) == set(entry.files)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda babi: babi.update(licenc="x"), "babi: key 'licenc' is unknown (did you mean 'licence'?)"),
        (lambda babi: babi.pop("licence"), "babi: 'licence' is a required property"),
        (lambda babi: babi.pop("files"), "babi: 'files' is a required property"),
        (lambda babi: babi["source"].pop("kind"), "babi.source: 'kind' is a required property"),
        (lambda babi: babi["source"].update(kind="web"), "babi.source.kind: 'web' is not one of"),
        (lambda babi: babi["source"].pop("revision"), "babi.source: 'revision' is a required property"),
        (lambda babi: babi["source"].update(sizes={}), "babi.source: key 'sizes' is unknown"),
        (lambda babi: babi["files"].update({"../x": None}), "babi.files: '../x' does not match"),
        (lambda babi: babi["files"].update({"/etc/x": None}), "babi.files: '/etc/x' does not match"),
        (lambda babi: babi["files"].update({"a/../x": None}), "babi.files: 'a/../x' does not match"),
        (lambda babi: babi["files"].update({"x": "abc"}), "babi.files.x: 'abc' does not match"),
        (lambda babi: babi.update(folder=".."), "babi.folder: '..' does not match"),
        (lambda babi: babi["options"].update(test_fraction=2), "babi.options.test_fraction: 2 is greater"),
        (lambda babi: babi["options"].update(fraction=1), "babi.options: key 'fraction' is unknown"),
    ],
)
def test_a_fault_is_named_by_file_key_and_value(write, change, sentence):
    path = write(change)
    with pytest.raises(ConfigError) as error:
        read_registry(path)
    assert str(error.value).startswith(f"{path}: {sentence}")


def test_an_unknown_dataset_in_a_registry_is_refused(tmp_path):
    path = tmp_path / "datasets.yaml"
    path.write_text("cotempa: {}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"key 'cotempa' is unknown .did you mean 'cotempqa'"):
        read_registry(path)


def test_a_dataset_that_a_registry_lacks_is_refused_with_the_nearest_name():
    path = CONFIG / "datasets_real_small.yaml"
    with pytest.raises(ConfigError, match="'cotempa' is unknown; did you mean 'cotempqa'"):
        get_entry(path, "cotempa")
    assert get_entry(path, "babi").title == "bAbI"
