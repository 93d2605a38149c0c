import pytest
from tracekd.core.errors import ConfigError
from tracekd.run.cells import arm_and_seed


@pytest.mark.parametrize(
    "path",
    [
        "results/demo/adapters/babi/tiny-llama/incorrect_matched/seed12/adapter_model.safetensors",
        "results/demo/generations/babi/tiny-llama/incorrect_matched/seed12.jsonl",
        "/scratch/none/seed3/results/demo/generations/babi/tiny-llama/incorrect_matched/seed12.jsonl",
    ],
)
def test_arm_and_seed_are_read_from_the_end_of_a_path(path):
    assert arm_and_seed(path) == ("incorrect_matched", 12)


def test_path_without_a_cell_is_refused():
    with pytest.raises(ConfigError, match="no arm and seed"):
        arm_and_seed("results/demo/traces/babi/correct.jsonl")
