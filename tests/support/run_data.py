"""A made-up run for the tests of tables and figures: realistic in size and noise, the same on every call."""

import itertools
import runpy
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from snakemake.iocontainers import Namedlist
from tracekd.core.records import write_records
from tracekd.datasets import get_dataset

from support.examples import ROOT, make_question

ITEMS = {"cotempqa": 950, "ms_marco": 1000, "babi": 376}


def write_scores(
    folder: Path,
    datasets: Sequence[str],
    models: Sequence[str],
    arms: Sequence[str],
    seeds: Sequence[int],
    scorer: str = "aligned",
    items: dict[str, int] = ITEMS,
) -> list[Path]:
    """Write per-item score files; the trace steps of an arm without them are empty."""
    paths = []
    for (dataset, model, arm, seed), frame in _score_cells(datasets, models, arms, seeds, items):
        path = folder / "scores" / dataset / model / arm / f"seed{seed}.{scorer}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(path, index=False)
        paths.append(path)
    return paths


def make_scores(
    datasets: Sequence[str], models: Sequence[str], arms: Sequence[str], seeds: Sequence[int], scorer: str
) -> pd.DataFrame:
    """Make what `read_scores` reads of the files of `write_scores`: files are half of a test's time."""
    cells = [
        frame.assign(dataset=dataset, model=model, arm=arm, seed=seed, scorer=scorer)
        for (dataset, model, arm, seed), frame in _score_cells(datasets, models, arms, seeds, ITEMS)
    ]
    return pd.concat(cells, ignore_index=True)


def _score_cells(
    datasets: Sequence[str],
    models: Sequence[str],
    arms: Sequence[str],
    seeds: Sequence[int],
    items: dict[str, int],
) -> Iterator[tuple[tuple[str, str, str, int], pd.DataFrame]]:
    """Make the scores of one cell after the other."""
    for job, (dataset, model, arm, seed) in enumerate(itertools.product(datasets, models, arms, seeds)):
        rng = np.random.default_rng(job)
        n = items[dataset]
        classes = get_dataset(dataset).classes
        level = 0.3 + 0.5 * rng.random()
        trace = rng.random(n) < (0.02 if arm.startswith("incorrect") else 0.6)
        frame = pd.DataFrame(
            {
                "id": [f"{dataset}-{number}" for number in range(n)],
                "class": [classes[number % len(classes)] for number in range(n)],
                "answer_ok": (rng.random(n) < level + 0.2 * trace).astype(int),
                "f1": 0.5,
                "precision": 0.5,
                "recall": 0.5,
            }
        )
        label = (trace | (rng.random(n) < 0.2)).astype(int)
        frame["class_ok"] = label if arm not in ("none", "prompt_only") else np.nan
        frame["facts_ok"] = trace.astype(int) if arm not in ("none", "prompt_only", "class_only") else np.nan
        frame["trace_ok"] = frame["class_ok"] if arm == "class_only" else frame["facts_ok"]
        frame["readable"] = 1
        yield (dataset, model, arm, seed), frame


def write_questions(folder: Path, ids: dict[str, Sequence[str]]) -> list[Path]:
    """Write test questions with these ids for each dataset; two of one dataset are about the same."""
    paths = []
    for dataset, names in ids.items():
        path = folder / "questions" / f"{dataset}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        contexts = [(f"Person {number // 2} plays for Oslo in 1999.",) for number in range(len(names))]
        write_records(
            (
                make_question(dataset, id=name, split="test", context=context, gold_facts=(0,))
                for name, context in zip(names, contexts, strict=True)
            ),
            path,
        )
        paths.append(path)
    return paths


def in_pairs(items: pd.DataFrame) -> pd.DataFrame:
    """Give items a column `anchor`: two by two, in the order in which their ids come."""
    return items.assign(anchor=pd.factorize(items["id"])[0] // 2)


def write_training_logs(
    folder: Path, datasets: Sequence[str], models: Sequence[str], arms: Sequence[str], seeds: Sequence[int]
) -> list[Path]:
    """Write training logs whose losses fall to neighbouring levels, the hard case for labels at line ends."""
    paths = []
    for job, (dataset, model, arm, seed) in enumerate(itertools.product(datasets, models, arms, seeds)):
        rng = np.random.default_rng(job)
        step = np.arange(10, 701, 10)
        floor = 0.3 + 0.02 * arms.index(arm)
        loss = floor + 1.8 * np.exp(-step / 90) + 0.03 * rng.standard_normal(len(step))
        frame = pd.DataFrame({"step": step, "epoch": step / 234, "loss": loss, "grad_norm": 1.0})
        path = folder / "adapters" / dataset / model / arm / f"seed{seed}" / "training_log.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.assign(learning_rate=2e-4).to_csv(path, index=False)
        paths.append(path)
    return paths


def make_baselines(datasets: Sequence[str]) -> pd.DataFrame:
    """Baselines of which two lie close to one another."""
    levels = {"majority": 0.05, "majority_per_kind": 0.12, "random_fact": 0.118, "last_fact": 0.21}
    levels["type_consistent"] = 0.34
    rows = [(dataset, name, ITEMS[dataset], level) for dataset in datasets for name, level in levels.items()]
    return pd.DataFrame(rows, columns=["dataset", "baseline", "n", "answer_acc"])


def run_script(name, inputs, outputs, params, log, **wildcards):
    """Run a thin script as Snakemake does."""
    snakemake = SimpleNamespace(
        input=Namedlist(fromdict=inputs),
        output=Namedlist(fromdict=outputs),
        params=Namedlist(fromdict=params),
        wildcards=Namedlist(fromdict=wildcards),
        config={},
        log=[str(log)],
    )
    runpy.run_path(str(ROOT / "scripts" / f"{name}.py"), init_globals={"snakemake": snakemake})
