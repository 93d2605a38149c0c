"""How far bfloat16 moves the log-odds that the experiment rests on, from those in float32.

    python tests/benchmark/bench_log_odds.py           # after config/small_llm.yaml, minutes of one core

Takes the adapter of arm `correct` on CoTempQA and weighs the right answer against the opposed one behind the
set traces of `TRACES`, in the intact context, once in each type. Prints mean and largest difference in nats.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from tracekd.core.checks import read_yaml  # noqa: E402
from tracekd.core.records import read_generations, read_questions  # noqa: E402
from tracekd.experiment.asking import Interview  # noqa: E402
from tracekd.experiment.design import design_items, set_up  # noqa: E402
from tracekd.models.loading import load_adapter, load_quantised, load_tokenizer  # noqa: E402
from tracekd.settings.config import Chat, Generation, Quantisation  # noqa: E402
from tracekd.settings.experiment import Experiment  # noqa: E402

RESULTS = ROOT / "results/small_llm"
MODEL = "SmolLM2-135M-Instruct-Q4"
CELL = f"cotempqa/{MODEL}/correct/seed0"
TRACES = ["own", "gold", "wrong_near", "wrong_far", "empty"]
ITEMS = 10


def main() -> None:
    """Weigh in both types, and compare."""
    made = json.loads((RESULTS / "adapters" / CELL / "provenance.json").read_bytes())
    settings = Experiment.model_validate(read_yaml(ROOT / "config/experiment.yaml")["experiment"])
    settings = settings.changed(items=ITEMS, contexts=["intact"], traces=TRACES, battery=[])
    bench = set_up(read_questions(RESULTS / "questions/cotempqa.jsonl"), made["seed"], {})
    items, _ = design_items(bench, settings)
    own = {one.id: one.text for one in read_generations(RESULTS / "generations" / f"{CELL}.jsonl")}
    decoding = Generation.model_validate(read_yaml(ROOT / "config/small_llm.yaml")["generation"])
    interview = Interview(
        load_tokenizer(RESULTS / "models" / MODEL), made["persona"], Chat.model_validate(made["chat"])
    )
    odds = {}
    for dtype in ("float32", "bfloat16"):
        quantisation = Quantisation.model_validate(made["quantisation"] | {"compute_dtype": dtype})
        base = load_quantised(RESULTS / "models" / MODEL, quantisation)
        model = load_adapter(base, RESULTS / "adapters" / CELL)
        with TemporaryDirectory() as work:
            found = interview.hold(model, items, bench, own, decoding, made["seed"], {}, Path(work), dtype)
        odds[dtype] = {one.id: one.truth_log_odds for one in found}
    apart = [abs(odds["bfloat16"][name] - exact) for name, exact in odds["float32"].items()]
    mean = sum(apart) / len(apart)
    print(f"{len(apart)} log-odds: {mean:.2f} nats apart on average, {max(apart):.2f} at most")


if __name__ == "__main__":
    main()
