"""The 36 stored trace-by-answer matrices of the paper: chi-square of their counts, and what follows."""

import json

import pandas as pd
import pytest
from support.examples import ROOT
from support.real_data import released_file
from tracekd.statistics.association import Counts, effects, independence
from tracekd.statistics.settings import read_settings
from tracekd.statistics.verdict import holm

SETTINGS = read_settings(ROOT / "config" / "statistics.yaml")
FOLDERS = {"cotempqa": "Cotempqa", "ms_marco": "Marcoqa", "babi": "Babiqa"}
MODELS = {"llama": "Llama-3.2-1B-Instruct", "qwen": "Qwen3-1.7B"}
ADAPTERS = {"correct": "reasoning-facts", "incorrect": "reasoning-facts-perturbed"}
MATRICES = {"class": "matrix1", "facts": "matrix2", "trace": "matrix3"}
# chi-square, with Yates's correction, p; worked out from the stored counts by other code
EXPECTED = """
cotempqa llama incorrect trace 2.932 2.582 0.0868
cotempqa llama correct trace 4.167 3.897 0.0412
cotempqa qwen incorrect trace 0.302 0.176 0.582
cotempqa qwen correct trace 4.578 4.304 0.0324
ms_marco llama incorrect trace 18.762 17.319 1.48e-05
ms_marco llama correct trace 85.614 84.047 2.19e-20
ms_marco qwen incorrect trace 8.643 7.615 0.00328
ms_marco qwen correct trace 110.797 109.230 6.56e-26
babi llama incorrect trace - - -
babi llama correct trace 0.002 0.000 0.966
babi qwen incorrect trace - - -
babi qwen correct trace 0.376 0.079 0.54
cotempqa llama incorrect class 1.292 1.084 0.256
cotempqa llama correct class 35.444 34.667 2.62e-09
cotempqa qwen incorrect class 0.521 0.383 0.47
cotempqa qwen correct class 38.773 37.933 4.76e-10
ms_marco llama incorrect class 23.974 23.128 9.77e-07
ms_marco llama correct class 216.786 214.780 4.55e-49
ms_marco qwen incorrect class 2.412 1.954 0.12
ms_marco qwen correct class 117.644 116.056 2.07e-27
babi llama incorrect class 0.027 0.000 0.869
babi llama correct class 0.818 0.453 0.366
babi qwen incorrect class 0.250 0.034 0.617
babi qwen correct class 1.184 0.638 0.277
cotempqa llama incorrect facts 41.277 40.358 1.32e-10
cotempqa llama correct facts 14.928 14.321 0.000112
cotempqa qwen incorrect facts 15.042 14.528 0.000105
cotempqa qwen correct facts 10.056 9.560 0.00152
ms_marco llama incorrect facts 206.176 204.162 9.38e-47
ms_marco llama correct facts 99.394 97.774 2.07e-23
ms_marco qwen incorrect facts 185.771 183.631 2.66e-42
ms_marco qwen correct facts 143.066 141.322 5.69e-33
babi llama incorrect facts - - -
babi llama correct facts 0.010 0.000 0.92
babi qwen incorrect facts - - -
babi qwen correct facts 0.263 0.035 0.608
"""
ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
# phi as worked out beside the paper's tables
PHI = {
    ("llama", "correct", "class"): 0.193,
    ("llama", "correct", "facts"): -0.125,
    ("llama", "correct", "trace"): 0.066,
    ("qwen", "correct", "class"): 0.202,
    ("qwen", "correct", "facts"): -0.103,
    ("qwen", "correct", "trace"): 0.069,
    ("llama", "incorrect", "facts"): -0.208,
    ("qwen", "incorrect", "facts"): -0.128,
    ("llama", "incorrect", "trace"): -0.056,
}


@pytest.fixture(scope="session")
def stored():
    """Counts of every matrix by dataset, model, arm and step."""
    counts = {}
    for dataset, folder in FOLDERS.items():
        for model, name in MODELS.items():
            for arm, adapter in ADAPTERS.items():
                file = f"{name}-sft-adapter-{adapter}_default_confusion_matrix.json"
                path = released_file(f"results/{folder}/confusion_matrix/{file}")
                matrices = json.loads(path.read_text("utf-8"))
                for step, matrix in MATRICES.items():
                    counts[dataset, model, arm, step] = Counts(*map(int, matrices[matrix].values()))
    return counts


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[:4]))
def test_chi_square_of_every_stored_matrix(stored, row):
    *key, plain, yates, p = row
    counts = stored[tuple(key)]
    if plain == "-":
        assert counts.empty_margin == "no right trace"
        return
    found = independence(counts, SETTINGS)
    assert found["chi2"] == pytest.approx(float(plain), abs=6e-4)
    assert found["chi2_yates"] == pytest.approx(float(yates), abs=6e-4)
    assert found["chi2_p"] == pytest.approx(float(p), rel=6e-3)


def test_every_stored_matrix_is_listed_once(stored):
    assert {tuple(row[:4]) for row in ROWS} == set(stored)
    assert len(ROWS) == 36


@pytest.mark.parametrize("key", PHI, ids="-".join)
def test_phi_of_stored_cotempqa_matrices(stored, key):
    assert round(effects(stored["cotempqa", *key], SETTINGS)["phi"], 3) == PHI[key]


def test_six_of_the_twelve_cotempqa_tests_survive_holm_and_no_whole_trace_is_equivalent(stored):
    keys = [key for key in stored if key[0] == "cotempqa"]
    p = pd.Series([independence(stored[key], SETTINGS)["chi2_p"] for key in keys])
    adjusted = holm(p, pd.DataFrame({"dataset": [key[0] for key in keys]}))
    by_key = dict(zip((key[1:] for key in keys), adjusted, strict=True))
    survivors = {key for key, value in by_key.items() if value < SETTINGS.alpha}
    steps = [(model, "correct", "class") for model in MODELS]
    steps += [(model, arm, "facts") for model in MODELS for arm in ADAPTERS]
    assert survivors == set(steps)
    assert round(by_key["llama", "correct", "trace"], 2) == 0.21
    assert round(by_key["qwen", "correct", "trace"], 2) == 0.19
    for model in MODELS:
        equivalence = effects(stored["cotempqa", model, "correct", "trace"], SETTINGS)["tost_phi_p"]
        assert 0.1 < equivalence < 0.4
