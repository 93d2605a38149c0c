"""A plain script of the released evaluation's own description, for a benchmark of the published scorer.

It reads the test file again for every line and walks it row by row, and comes to the same verdicts.
"""

import ast
import csv
import json
import re
import string
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from tracekd.core.files import sha256_text
from tracekd.core.records import Generation, Question
from tracekd.datasets.babi.reader import CLASSES as BABI_CLASSES
from tracekd.datasets.cotempqa.published import PRESENT, RELATIONS, subject_and_object
from tracekd.datasets.rows import Grid
from tracekd.models.registry import read_models
from tracekd.released.read import read_replay
from tracekd.released.registry import (
    Generations,
    Table,
    get_generations,
    get_table,
    read_released,
)
from tracekd.scoring import published
from tracekd.scoring.score import Score
from tracekd.settings.config import Replay
from tracekd.tables.matrix import trace_answer_matrix

from support.examples import ROOT

DATASETS, MODELS = ("cotempqa", "babi"), ("Llama-3.2-1B-Instruct", "Qwen3-1.7B")
ARMS = ("prompt_only", "none", "correct", "incorrect")
SEED = 42
# the steps need a trace
WITH_STEPS = ("correct", "incorrect")

# answer, class step, retrieval step
Verdict = tuple[bool, bool | None, bool | None]


class Cell(NamedTuple):
    """One file of generations (one a class for CoTempQA) and what it is scored against."""

    files: Generations
    table: Table
    questions: list[Question]
    generations: list[Generation]


def plain_entity(fact: str, side: int) -> str | None:
    """Take the subject (0) or object (1) out of a fact, patterns made anew."""
    for keyword, verb in RELATIONS.items():
        if keyword in fact:
            for past, present in PRESENT.items():
                fact = fact.replace(past, present)
            for end in (r" from (.+?) to (.+?)\.", r" in (.+?)\.", r" from (.+?)", r"\."):
                if match := re.match(f"(.+?) {verb} (.+?)" + end, fact):
                    return match[side + 1].lower()
    return None


def plain_normalise(text: str) -> str:
    """Lower case, no punctuation, single blanks."""
    return " ".join("".join(one for one in text.lower() if one not in string.punctuation).split())


def plain_answer(row: dict[str, Any]) -> bool:
    """Judge the answer of one line."""
    text = row["prediction"].lower()
    if "<answer>" in text:
        text = text.split("<answer>")[1].split("</answer>")[0]
    elif "answer the question based on" in text:
        text = text.split("answer the question based on")[0]
    elif " answer " in text:
        text = text.split(" answer ")[1]
    elif "answer:" in text:
        text = text.split("answer:")[1]
    text = text.replace("assistant", "").replace("think", "")
    if isinstance(row["gold"], str):
        return row["gold"].lower() in text and plain_normalise(text) == plain_normalise(row["gold"])
    golds = {gold.lower() for gold in row["gold"]}
    side = int("S2_R1_O1" in row["triple_element"])
    entities = {plain_entity(fact, side) for fact in row["facts"]} - {None}
    named, skipped = set(), False
    for entity in sorted(golds | entities, key=lambda one: (len(one), one), reverse=True):
        if entity in text:
            text = text.replace(entity, "")
            if not skipped and entity in row["question"].lower():
                skipped = True
            else:
                named.add(entity)
    found, wanted = (sorted(map(plain_normalise, texts)) for texts in (named or {text}, golds))
    return found == wanted


def plain_steps(row: dict[str, Any], test_file: Path) -> tuple[bool | None, bool | None]:
    """Judge the trace of one line against the first row of the test file that has its answer."""
    trace = row["prediction"].split("</think>")[0]
    if "think" not in row["prediction"] or not trace:
        return None, None
    several = isinstance(row["gold"], list)
    gold = row["gold"][0] if several else row["gold"]
    with open(test_file, encoding="utf-8", newline="") as stream:
        for item in csv.DictReader(stream):
            facts = ast.literal_eval(item["facts" if several else "passages"])
            if gold in item["answer"]:
                break  # never reached by one item; the last row is as wrong for it as the one before (Q12)
    classes = ("during", "equal", "overlap", "mix") if several else BABI_CLASSES
    label = next(name for name in classes if name in item["reasoning"])
    pieces = trace.split(".")
    sentence = pieces[0] if several or len(pieces) == 1 else pieces[1].lower()
    return label in sentence, any(fact in trace for fact in facts)


def read_cells(mirror: Path) -> list[Cell]:
    """Read every released file of generations that the mirror has."""
    registry = read_released(ROOT / "config" / "released.yaml")
    models = read_models(ROOT / "config" / "models.yaml")
    found = []
    for dataset in DATASETS:
        replay = Replay(
            released="config/released.yaml",
            datasets=[dataset],
            models=list(MODELS),
            arms=list(ARMS),
            allow_missing=True,
        )
        table = get_table(registry, dataset)
        cells = get_generations(registry, replay, [SEED], models)
        read = read_replay(mirror / registry.folder, table, cells)
        found += [Cell(files, table, read.questions, generations) for files, generations in read.generations]
    return found


def to_row(score: Score) -> dict[str, str | bool | None]:
    """Give what the matrices count of a score, by the columns of its file."""
    steps = {f"{step}_ok": score.steps.get(step) for step in ("class", "facts")}
    ends = {"answer_ok": score.answer_ok, "trace_ok": score.trace_ok}
    return {"id": score.id, "class": score.class_label, **ends, **steps}


def score_cells(cells: list[Cell]) -> list[list[Score]]:
    """Score every file and count every matrix: what is measured."""
    subject_and_object.cache_clear()
    scored, frames = [], []
    for files, _, questions, generations in cells:
        scored.append(published.score(questions, generations, files.arm))
        run = {"dataset": files.dataset, "model": files.model, "arm": files.arm, "seed": files.seed}
        frame = pd.DataFrame([to_row(one) for one in scored[-1]])
        frames.append(frame.assign(**run, scorer="published"))
    trace_answer_matrix(pd.concat(frames), Grid(DATASETS, MODELS, ARMS))
    return scored


def judge_plainly(cells: list[Cell], folder: Path, stride: int) -> list[dict[tuple[str, str], Verdict]]:
    """Judge every `stride`-th line of every file by the plain script: (prompt, text) to verdict."""
    verdicts = []
    for files, table, *_ in cells:
        verdicts.append({})
        for label, path in files.paths.items():
            for line in (folder / path).read_text("utf-8").splitlines()[::stride]:
                row = json.loads(line)
                steps = (
                    plain_steps(row, folder / table.paths[label]) if files.arm in WITH_STEPS else (None, None)
                )
                prompt = row["input"] if isinstance(row["input"], str) else row["input"]["text"]
                verdicts[-1][sha256_text(prompt), row["prediction"]] = (plain_answer(row), *steps)
    return verdicts


def check_equal(cells: list[Cell], scored: list[list[Score]], plain: list[dict]) -> None:
    """Stop at the first line that the two do not judge alike."""
    for cell, scores, verdicts in zip(cells, scored, plain, strict=True):
        for generation, one in zip(cell.generations, scores, strict=True):
            key = (generation.prompt_sha256, generation.text)
            ours = one.answer_ok, one.steps.get("class"), one.steps.get("facts")
            if verdicts.get(key, ours) != ours:
                raise AssertionError(f"{cell.files}: {one.id} is {ours}, by the plain script {verdicts[key]}")
