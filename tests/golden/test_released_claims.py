"""The numbers of config/claims.yaml against the released files that they were read from."""

import csv
import json

import pytest
from support.examples import ROOT
from support.real_data import RELEASED, released_file
from tracekd.claims.ledger import read_claims
from tracekd.tables.matrix import CELLS

FOLDERS = {"cotempqa": "Cotempqa", "ms_marco": "Marcoqa", "babi": "Babiqa"}
SFT = {"none": "", "correct": "-reasoning-facts", "incorrect": "-reasoning-facts-perturbed"}
STEPS = {"class": ("matrix1", "category"), "facts": ("matrix2", "fact"), "trace": ("matrix3", "trace")}
VARIANTS = {
    "none": "vanilla",
    "correct": "facts",
    "incorrect": "facts-perturbed",
    "r1": "r1-traces",
    "r1_summary": "summarized-r1-traces",
    "r1_explanation": "r1-explanations",
    "r1_swapped": "r1-set-swapped",
    "r1_set_none": "r1-set-vanilla",
    "r1_set_correct": "r1-set-custom-traces",
    "r1_set_incorrect": "r1-set-incorrect-traces",
}
CLASSES = ("during", "equal", "mix", "overlap")


def claims_of(*groups, **fields):
    """Claims of these groups with these fields."""
    return [
        claim
        for claim in read_claims(ROOT / "config" / "claims.yaml")
        if claim.group in groups and all(getattr(claim, name) == value for name, value in fields.items())
    ]


def score_path(claim):
    """Path of the released scores of a claim's dataset, class, model and arm."""
    folder = f"results/{FOLDERS[claim.dataset]}/evaluation_results"
    if claim.dataset != "cotempqa":
        return f"{folder}/{claim.model}-sft-adapter{SFT[claim.arm]}_default.json"
    label = claim.class_label
    if claim.arm == "prompt_only":
        maker = {"L": "meta-llama", "Q": "Qwen"}[claim.model[0]]
        return f"{folder}/{label}_default/{maker}_{claim.model}_default_{label}.json"
    return f"{folder}/{label}/{claim.model}-sft-adapter{SFT[claim.arm]}_default.json"


def read_score(claim):
    """What the released scores say of a claim's quantity."""
    return json.loads(released_file(score_path(claim)).read_text())[claim.quantity]


def read_matrices(claim):
    """Released matrices of a claim's dataset, model and arm."""
    name = f"{claim.model}-sft-adapter{SFT[claim.arm]}_default_confusion_matrix.json"
    return json.loads(released_file(f"results/{FOLDERS[claim.dataset]}/confusion_matrix/{name}").read_text())


def test_run_2_is_that_of_the_stored_score_files():
    found = [
        (claim.id, read_score(claim), claim.value)
        for claim in claims_of("run_2")
        if claim.class_label in CLASSES and not claim.model.endswith(("8B", "8B-Instruct"))
    ]
    assert len(found) == 8 * 4 * 2
    assert [(name, stored) for name, stored, _ in found] == [(name, value) for name, _, value in found]


def test_other_answer_scores_are_those_of_the_stored_files():
    """All registered MS MARCO files, also those of an earlier scorer, and the three bAbI files."""
    claims = [
        claim
        for claim in claims_of("marco", "babi", "superseded", quantity="acc")
        if claim.arm in SFT and "matrix_file" not in claim.id and score_path(claim) in RELEASED.files
    ]
    stored = {claim.id: read_score(claim) for claim in claims}
    current = [claim for claim in claims if claim.value == stored[claim.id]]
    replaced = [claim for claim in claims if claim.value != stored[claim.id]]
    assert len(current) == 6 + 3
    assert {claim.group for claim in replaced} == {"superseded"}


def test_matrices_are_the_stored_ones():
    stored, stated = [], []
    for claim in claims_of("stored_matrices"):
        matrix, step = STEPS[claim.step]
        counts = read_matrices(claim)[matrix]
        cells = [f"{a}_answer_{b}_{step}" for a in ("correct", "incorrect") for b in ("correct", "incorrect")]
        # stored in the order both, answer only, trace only, neither
        values = dict(zip(CELLS, (counts[cell] for cell in cells), strict=True))
        stored.append((claim.id, (values | {"n": sum(values.values())})[claim.quantity]))
        stated.append((claim.id, claim.value))
    assert len(stored) == 36 * 5
    assert stated == stored


def test_steps_of_marco_and_babi_are_those_of_the_stored_matrices():
    for claim in claims_of("marco", "babi"):
        if claim.quantity in ("class_step", "facts_step") or "matrix_file" in claim.id:
            block = read_matrices(claim)["accuracies"]
            kind = {"acc": "answer", "class_step": "category", "facts_step": "fact"}[claim.quantity]
            items = {"ms_marco": 1000, "babi": 376}[claim.dataset]
            share = 100 * block[f"{kind}_accuracy"] / items
            assert share == pytest.approx(claim.value, abs=claim.tolerance + 1e-9), claim.id


def test_later_runs_are_those_of_the_stored_scores():
    with open(released_file("samples/evaluation_results_2026.csv"), encoding="utf-8") as stream:
        stored = {(row["category"], row["model"], row["variant"]): row for row in csv.DictReader(stream)}
    found = []
    for claim in claims_of("runs_2026", "r1_split"):
        _, label, *_ = claim.id.split("/")
        # one earlier run was read at another commit, which the sample does not hold
        if claim.class_label in CLASSES and label != "earlier_run":
            run = label.replace("run_", "-") if claim.group == "runs_2026" else ""
            row = stored.get((claim.class_label, claim.model, VARIANTS[claim.arm] + run))
            if row is not None:
                found.append((claim.id, float(row[claim.quantity]), claim.value))
    assert [(name, value) for name, value, _ in found] == [(name, value) for name, _, value in found]
    assert len(found) > 200
