"""A disk that fills up in the middle of training, generation and table writing (a small tmpfs)."""

import shutil
import subprocess
from types import SimpleNamespace

import pytest
from support.killing import ADAPTER, GENERATIONS, finish, fork, generate, run_script, train, write_inputs
from support.tiny_models import PLAN, QUANTISATION
from tracekd.core.files import storing


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """What training needs, and the adapter."""
    root = tmp_path_factory.mktemp("inputs")
    write_inputs(root)
    finish(train, root)
    return root


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, unmounted at the end."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


def fill(disk, free):
    """Leave so many bytes free on the disk."""
    size = shutil.disk_usage(disk).free - free
    (disk / "ballast").write_bytes(bytes(size))


def check_full_then_freed(work, product, root, whole):
    """Run on the full disk: one sentence and nothing half-written; with space again: the same bytes."""
    code, _ = fork(work, root)
    screen = (root / "screen").read_text()
    assert code == 1
    assert "cannot be written: the disk is full (free space, then give the same command again)" in screen
    assert "Traceback" not in screen
    assert not (root / product).exists()
    (root / "ballast").unlink()
    finish(work, root)
    assert snapshot(root / product) == whole


def snapshot(path):
    """Content of a file or of the files of a folder."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


# two checkpoints and what is being written take about 400 KiB
@pytest.mark.parametrize("free", [16 << 10, 100 << 10, 200 << 10, 300 << 10])
def test_training_on_a_disk_that_fills_up(inputs, disk, free):
    root = shutil.copytree(inputs, disk, dirs_exist_ok=True)
    shutil.rmtree(root / "adapters")
    shutil.rmtree(root / "work")
    fill(disk, free)
    check_full_then_freed(train, ADAPTER, root, snapshot(inputs / ADAPTER))


@pytest.mark.parametrize("free", [12 << 10, 20 << 10])
def test_generation_on_a_disk_that_fills_up(inputs, disk, tmp_path, free):
    whole = shutil.copytree(inputs, tmp_path / "whole")
    finish(generate, whole)
    root = shutil.copytree(inputs, disk, dirs_exist_ok=True)
    fill(disk, free)
    check_full_then_freed(generate, GENERATIONS, root, snapshot(whole / GENERATIONS))


def tabulate(note):
    """Run the script of the rule tabulate_hyperparameters here."""
    generation = {"batch_size": 1, "max_new_tokens": 1, "sampling": "greedy"}
    run_script(
        "tabulate_hyperparameters.py",
        params=SimpleNamespace(
            training=PLAN,
            quantisation=QUANTISATION.model_dump(),
            generation=generation,
            models={"tiny": {"persona": None, "target_modules": ["x" * 15_000]}},
        ),
        output=SimpleNamespace(csv="tables/t.csv", md="tables/t.md"),
    )


def test_a_table_on_a_full_disk(disk, tmp_path):
    (tmp_path / "whole").mkdir()
    finish(tabulate, tmp_path / "whole")
    fill(disk, 12 << 10)
    check_full_then_freed(tabulate, "tables/t.csv", disk, snapshot(tmp_path / "whole/tables/t.csv"))


def test_another_fault_keeps_its_own_words(tmp_path):
    with pytest.raises(ValueError, match="wrong"), storing(tmp_path / "x"):
        raise ValueError("wrong")
