import pytest
from tracekd.core.files import atomic_folder, atomic_write, sha256_file, sha256_text


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(target) as stream:
        stream.write("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert target.read_text() == "old"


def test_two_writers_of_one_file_do_not_write_into_each_other_s(tmp_path):
    path = tmp_path / "shared.json"
    with atomic_write(path) as one:
        one.write("one")
        with atomic_write(path) as other:
            other.write("other")
        assert path.read_text() == "other"
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_folder_leaves_the_old_one_and_no_litter(tmp_path):
    with atomic_folder(tmp_path / "model") as part:
        (part / "a").write_text("first")
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "model") as part:
        (part / "b").write_text("second")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["a"]


def test_line_ends_and_hash_do_not_depend_on_the_platform(tmp_path):
    with atomic_write(tmp_path / "x") as stream:
        stream.write("é\n")
    assert (tmp_path / "x").read_bytes() == b"\xc3\xa9\n"
    assert sha256_file(tmp_path / "x") == sha256_text("é\n")
