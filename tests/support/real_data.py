"""Where the tests find the released files and the raw datasets: in a mirror, by download, or not at all.

Sources, in this order: the folder that the environment variable TRACEKD_MIRROR names, `../shared/data`
beside the project, a download into `.cache/` (once, with the checksums of the registries). A folder that
TRACEKD_MIRROR names must hold what a test asks for; without any source the test is skipped.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests
from filelock import FileLock
from tracekd.datasets import get_dataset
from tracekd.datasets.fetch import fetch_raw
from tracekd.datasets.registry import Entry, read_registry
from tracekd.released.fetch import fetch_released
from tracekd.released.registry import read_released
from tracekd.sources.fetch import HUB
from tracekd.sources.kinds import Url

from support.examples import ROOT
from support.missing import skip_without

VARIABLE = "TRACEKD_MIRROR"
HINT = f"set {VARIABLE}=FOLDER or connect to the network"
CACHE = ROOT / ".cache"
RELEASED = read_released(ROOT / "config/released.yaml")
REGISTRY = ROOT / "config/datasets_real_small.yaml"
PROBE_S = 5.0


def released_folder(paths: Iterable[str]) -> Path:
    """Give a folder that holds these files under the paths of the released repository."""
    paths = set(paths)
    registered = paths <= set(RELEASED.files)
    mirrored = _find_in_mirror(RELEASED.folder, paths, must_hold=registered)
    if mirrored is not None:
        return mirrored
    if not registered:
        skip_without("samples of later files", "only a mirror may have them")
    folder = CACHE / RELEASED.folder
    with _only_process():
        missing = {path for path in paths if not (folder / path).is_file()}
        if missing:
            _need_network(RELEASED.url, "the released files")
            with TemporaryDirectory(dir=CACHE) as scratch:
                fetch_released(RELEASED, missing, Path(scratch) / "new", None, CACHE / "locks.json")
                for path in missing:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    os.replace(Path(scratch) / "new" / path, folder / path)
    return folder


def released_file(path: str) -> Path:
    """Give one released file."""
    return released_folder([path]) / path


def find_mirror() -> Path | None:
    """Give the folder that stands in for downloads, if there is one."""
    named = os.environ.get(VARIABLE)
    # a relative path starts at the project
    found = (ROOT / (named or "../shared/data")).resolve()
    if named and not found.is_dir():
        pytest.fail(f"{VARIABLE}: there is no folder {found}", pytrace=False)
    return found if found.is_dir() else None


def mirror_with(*datasets: str) -> Path:
    """Give a mirror that holds the raw files of these datasets."""
    entries = read_registry(REGISTRY)
    mirrors = [_mirror_of(entries[name]) for name in datasets]
    if None in mirrors:
        skip_without("a mirror of the raw datasets", f"set {VARIABLE}=FOLDER")
    return mirrors[0]


def raw_folder(dataset: str) -> tuple[Path, Any]:
    """Give the raw folder of a dataset, and the options with which it is read."""
    entry = read_registry(REGISTRY)[dataset]
    mirror = _mirror_of(entry)
    folder = CACHE / ("mirrored" if mirror else "downloaded") / dataset
    with _only_process():
        if not folder.is_dir():
            if mirror is None:
                _need_network(_address(entry), entry.title)
            fetch_raw(dataset, entry, folder, mirror, CACHE / f"{folder.parent.name}.{dataset}.json")
    return folder, get_dataset(dataset).Options.model_validate(entry.options)


def _mirror_of(entry: Entry) -> Path | None:
    """Give the mirror when it holds the raw files of a dataset, or what stands in for them."""
    files, stand_ins = entry.source.files, entry.source.stand_ins
    placed = [stand_ins[path].path if path in stand_ins else path for path in files]
    held = _find_in_mirror(entry.folder, files, must_hold=False) or _find_in_mirror(
        entry.folder, placed, must_hold=True
    )
    return find_mirror() if held else None


def _address(entry: Entry) -> str:
    """Give an address from which files of a dataset are downloaded."""
    if isinstance(entry.source, Url):
        return next(iter(entry.source.files.values())).url
    return os.environ.get("HF_ENDPOINT", HUB)


def _find_in_mirror(folder: str, paths: Iterable[str], must_hold: bool) -> Path | None:
    """Give the folder of the mirror when it holds these files; one that the user names may have to."""
    named = os.environ.get(VARIABLE)
    # a relative path starts at the project
    found = (ROOT / (named or "../shared/data") / folder).resolve()
    missing = sorted(path for path in paths if not (found / path).is_file())
    if missing and named and must_hold:
        pytest.fail(f"{VARIABLE}: {found} has no file {missing[0]}", pytrace=False)
    return None if missing else found


def _only_process() -> FileLock:
    """Let one of several test processes download at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return FileLock(CACHE / ".lock")


def _need_network(address: str, what: str) -> None:
    """Skip the test where the host of an address cannot be reached."""
    if not _is_reachable("/".join(address.split("/")[:3])):
        skip_without(what, HINT)


@cache
def _is_reachable(host: str) -> bool:
    """Tell whether anything answers at a host."""
    try:
        requests.head(host, timeout=PROBE_S)
    except requests.RequestException:
        return False
    return True
