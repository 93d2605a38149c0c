"""Files out of a real wheel, fetched by pip from the index that this machine is set up for."""

import hashlib
import io
import zipfile
from importlib.metadata import version

import pytest
from support.examples import ROOT
from tracekd.core.errors import DataError
from tracekd.core.files import sha256_file
from tracekd.sources.archives import take_from_zip
from tracekd.sources.fetch import fetch_files
from tracekd.sources.kinds import Package

# a small package that requirements.txt pins
SOURCE = {
    "kind": "package",
    "distribution": "idna",
    "version": "3.20",
    "sha256": "ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c",
    "files": {"data/marker.txt": {"member": "idna/package_data.py"}},
}
CONTENT = b'__version__ = "3.20"\n'


def fetch(tmp_path, mirror=None, **changes):
    """Fetch the files of the package after a change of its entry; give the folder."""
    folder = tmp_path / "files"
    folder.mkdir(exist_ok=True)
    fetch_files("mine", Package.model_validate(SOURCE | changes), folder, mirror, tmp_path / "lock.json")
    return folder


def member(**fields):
    return {"data/marker.txt": {"member": "idna/package_data.py", **fields}}


def test_the_named_file_is_taken_out_of_the_wheel_and_nothing_else(tmp_path):
    assert f"idna=={version('idna')}" in (ROOT / "requirements.txt").read_text().split()
    folder = fetch(tmp_path)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["marker.txt"]
    assert (folder / "data/marker.txt").read_bytes() == CONTENT
    assert not (tmp_path / "lock.json").exists()


def test_a_wheel_of_another_hash_is_refused(tmp_path):
    sentence = rf"package idna 3\.20: SHA-256 of the wheel is {SOURCE['sha256']}, expected 0{{64}}"
    with pytest.raises(DataError, match=sentence):
        fetch(tmp_path, sha256="0" * 64)


def test_a_file_that_the_wheel_lacks_is_named_with_the_nearest(tmp_path):
    files = {"x": {"member": "idna/package_date.py"}}
    with pytest.raises(
        DataError, match=r"holds no file 'idna/package_date\.py' .did you mean 'idna/package_data\.py'"
    ):
        fetch(tmp_path, files=files)


def test_a_version_that_the_index_lacks_is_named(tmp_path):
    with pytest.raises(DataError, match=r"package idna 0\.0\.1: the package index has no wheel"):
        fetch(tmp_path, version="0.0.1")


def test_a_file_is_held_to_its_own_checksum_too(tmp_path):
    fetch(tmp_path, files=member(sha256=hashlib.sha256(CONTENT).hexdigest()))
    with pytest.raises(DataError, match=r"mine: data/marker\.txt: SHA-256 is [0-9a-f]+, expected 000"):
        fetch(tmp_path, files=member(sha256="0" * 64))


def test_a_mirror_holds_a_file_of_a_package_only_if_that_has_a_checksum(tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    (mirror / "data").mkdir(parents=True)
    (mirror / "data/marker.txt").write_bytes(b"from the mirror")
    assert (fetch(tmp_path, mirror) / "data/marker.txt").read_bytes() == CONTENT
    files = member(sha256=sha256_file(mirror / "data/marker.txt"))
    monkeypatch.setattr("tracekd.sources.packages.DOWNLOAD", ("no such module",))
    assert (fetch(tmp_path, mirror, files=files) / "data/marker.txt").read_bytes() == b"from the mirror"


def test_another_fault_of_pip_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("tracekd.sources.packages.DOWNLOAD", ("pip", "no-such-command"))
    with pytest.raises(DataError, match="pip cannot fetch it: unknown command") as caught:
        fetch(tmp_path)
    assert "\n" not in str(caught.value)


def zip_of(**members):
    """A zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def lie_about_size(packed, size):
    """Change the size that the directory of a zip archive tells of its last member."""
    place = packed.rindex(b"PK\x01\x02") + 24
    return packed[:place] + size.to_bytes(4, "little") + packed[place + 4 :]


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        (zip_of(small=b"x", zeros=bytes(250 << 20)), "unpacks to far more than it is, up to 'zeros'"),
        (
            lie_about_size(zip_of(small=b"x" * 99), 1 << 31),
            "unpacks to far more than it is, up to 'small'",
        ),
        (lie_about_size(zip_of(small=b"x" * 99), 9), "not a whole archive: Bad CRC-32"),
        (zip_of(other=b"x"), "holds no file 'small'"),
        (zip_of(small=b"x" * 99)[:-9], "not a whole archive: File is not a zip file"),
        (b"PK", "not a whole archive: File is not a zip file"),
    ],
    ids=["a bomb", "more than there is", "less than there is", "another file", "cut off", "no archive"],
)
def test_a_wheel_that_is_not_what_it_says_is_one_sentence(tmp_path, packed, sentence):
    (tmp_path / "wheel").write_bytes(packed)
    with pytest.raises(DataError, match=f"^the wheel: {sentence}"):
        take_from_zip(tmp_path / "wheel", "the wheel", {"taken": "small"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["wheel"]
