import pytest
from support.killing import (
    ADAPTER,
    GENERATIONS,
    SAVE_STEPS,
    finish,
    generate,
    kill_and_restart,
    train,
    write_inputs,
)

TRIALS = 5  # tests/benchmark/bench_kills.py does twenty


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """What training needs."""
    root = tmp_path_factory.mktemp("inputs")
    write_inputs(root)
    return root


def test_killed_training_ends_in_the_same_bytes_and_loses_at_most_one_interval(inputs, tmp_path):
    trials = list(kill_and_restart(train, ADAPTER, inputs, tmp_path, TRIALS, seed=1))
    assert all(trial.same for trial in trials), trials
    assert all(trial.lost <= SAVE_STEPS for trial in trials), trials


def test_killed_generation_ends_in_the_same_bytes_and_stores_nothing_twice(inputs, tmp_path):
    finish(train, inputs)
    trials = list(kill_and_restart(generate, GENERATIONS, inputs, tmp_path, TRIALS, seed=2))
    assert all(trial.same for trial in trials), trials
    assert all(trial.lost == 0 for trial in trials), trials
