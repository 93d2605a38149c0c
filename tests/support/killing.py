"""Real rule scripts in processes of their own, killed at a random moment and given the same command again.

The processes are forked from a server that has torch loaded, so that twenty kills take a minute and not ten;
this process itself has threads (progress bars, test runners) and must not be forked.
"""

import multiprocessing
import os
import random
import runpy
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from tracekd.core.records import write_records
from tracekd.traces.build import build_traces
from tracekd.traces.verification import verify_traces

from support.examples import ROOT, make_question
from support.tiny_models import CHAT, PLAN, QUANTISATION, TARGET_MODULES, save_model

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["peft", "bitsandbytes", "transformers.trainer"])
SAVE_STEPS, BATCH_SIZE = 3, 4
QUESTIONS = 48
CODE = "0" * 64
ADAPTER = "adapters/babi/tiny/correct/seed0"
GENERATIONS = "generations/babi/tiny/correct/seed0.jsonl"

Note = Callable[[int], None]


@dataclass(frozen=True)
class Trial:
    """One kill: after how long, how many steps or answers were done twice, and whether it ended alike."""

    after_s: float
    lost: int
    same: bool


def write_inputs(root: Path) -> None:
    """Write questions, traces and a random tiny model: what training needs."""
    question = make_question("babi")
    questions = [
        replace(question, id=f"babi-{split}-{number}", split=split, question=f"Where is milk {number**3}?")
        for split in ("train", "test")
        for number in range(QUESTIONS)
    ]
    write_records(questions, root / "questions.jsonl")
    train = questions[:QUESTIONS]
    write_records(
        verify_traces(train, build_traces(train, "correct", seed=0)), root / "traces/babi/correct.jsonl"
    )
    save_model(root / "models/tiny", "Llama")


def train(note: Note) -> None:
    """Run the script of the rule train_adapters here, noting every step that is done."""
    from transformers.trainer_callback import DefaultFlowCallback

    done = DefaultFlowCallback.on_step_end

    def on_step_end(self, args, state, control, **kwargs):
        note(state.global_step)
        return done(self, args, state, control, **kwargs)

    DefaultFlowCallback.on_step_end = on_step_end
    plan = PLAN | {
        "max_length": 512,
        "save_steps": SAVE_STEPS,
        "batch_size": BATCH_SIZE,
        "accumulation": 1,
    }
    run_script(
        "train_adapters.py",
        input=SimpleNamespace(
            questions="questions.jsonl", traces=["traces/babi/correct.jsonl"], model="models/tiny"
        ),
        output=SimpleNamespace(weights=[f"{ADAPTER}/adapter_model.safetensors"]),
        params=SimpleNamespace(
            training=plan,
            quantisation=QUANTISATION.model_dump(),
            chat=CHAT.model_dump(),
            persona="Llama",
            target_modules=TARGET_MODULES,
            work="work/train",
            code=CODE,
        ),
        wildcards=SimpleNamespace(dataset="babi"),
    )


def generate(note: Note) -> None:
    """Run the script of the rule generate here, noting every answer that is stored."""
    from tracekd.core import parts

    append = parts.append

    def noting(part, items):
        append(part, items)
        for place in range(len(items)):
            note(place)

    parts.append = noting
    run_script(
        "generate.py",
        input=SimpleNamespace(
            questions="questions.jsonl",
            model="models/tiny",
            adapters=[f"{ADAPTER}/adapter_model.safetensors"],
        ),
        output=[GENERATIONS],
        params=SimpleNamespace(
            generation={"batch_size": BATCH_SIZE, "max_new_tokens": 24, "sampling": "greedy"},
            quantisation=QUANTISATION.model_dump(),
            chat=CHAT.model_dump(),
            persona="Llama",
            work="work/generate",
            code=CODE,
        ),
    )


def run_script(script: str, **job) -> None:
    """Run the script of a rule in this folder as Snakemake would."""
    Path("logs").mkdir(exist_ok=True)
    job = SimpleNamespace(log=[f"logs/{script}.log"], **job)
    runpy.run_path(str(ROOT / "scripts" / script), init_globals={"snakemake": job})


def fork(
    work: Callable[[Note], None], root: Path, kill_after_s: float | None = None
) -> tuple[int, list[int]]:
    """Run `work` in a process of its own inside `root`; give its exit code and notes.

    After so many seconds it gets SIGKILL if it is still going.
    """
    notes = root / "notes"
    notes.unlink(missing_ok=True)
    process = SERVER.Process(target=_run, args=(work, root))
    process.start()
    process.join(kill_after_s)
    if process.is_alive():
        process.kill()
    process.join()
    return process.exitcode, [int(line) for line in notes.read_text().splitlines()] if notes.exists() else []


def _run(work: Callable[[Note], None], root: Path) -> None:
    """Run `work` inside `root`, its screen and notes in files."""
    os.chdir(root)
    sys.stderr = open("screen", "a")
    stream = open("notes", "a", buffering=1)
    work(lambda done: print(done, file=stream))


def finish(work: Callable[[Note], None], root: Path) -> list[int]:
    """Run `work` undisturbed to its good end; give its notes."""
    code, notes = fork(work, root)
    assert code == 0, (root / "screen").read_text()[-2000:]
    return notes


def kill_and_restart(
    work: Callable[[Note], None], product: str, root: Path, scratch: Path, trials: int, seed: int
) -> Iterator[Trial]:
    """Kill `work` at random moments of its run and give the same command again, each time in a fresh folder.

    Args:
        work: `train` or `generate`.
        product: folder or file that it makes.
        root: folder with the inputs of the work.
        scratch: where copies of it may be made.
        trials: number of kills; moments at which the work had ended are drawn anew.
        seed: of the moments, drawn between the start and the time needed undisturbed.

    """
    whole = shutil.copytree(root, scratch / "whole")
    begin = time.monotonic()
    undisturbed = finish(work, whole)
    needed_s = time.monotonic() - begin
    expected = _bytes(whole / product)
    rng = random.Random(seed)
    while trials:
        folder = shutil.copytree(root, scratch / "killed")
        after_s = rng.uniform(0, needed_s)
        code, before = fork(work, folder, after_s)
        if code != 0:
            trials -= 1
            after = finish(work, folder)
            lost = max(0, len(before) + len(after) - len(undisturbed))
            yield Trial(after_s, lost, same=_bytes(folder / product) == expected)
        shutil.rmtree(folder)


def _bytes(path: Path) -> dict[str, bytes]:
    """Content of a file, or of all files below a folder, by relative path."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}
