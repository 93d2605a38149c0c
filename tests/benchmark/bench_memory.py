"""Peak memory and speed of training a real language model on the longest conversations of a run.

    python tests/benchmark/bench_memory.py                            # after config/small_llm.yaml
    python tests/benchmark/bench_memory.py --recompute                # activations once more, backwards
    LD_PRELOAD=libjemalloc.so.2 python tests/benchmark/bench_memory.py      # with another allocator

Trains an adapter of arm `correct` on the 16 longest conversations of CoTempQA, as the run does: two steps,
one thread. Prints tokens per second of processor time, without loading; peak resident memory in GB (10^9
bytes); and the SHA-256 of the adapter, which none of this changes.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from tracekd.adapters.chat import encode_examples, sft_conversations  # noqa: E402
from tracekd.adapters.training import AdapterJob, train_adapters  # noqa: E402
from tracekd.core.files import sha256_file  # noqa: E402
from tracekd.core.records import read_questions, read_traces  # noqa: E402
from tracekd.models.loading import load_quantised, load_tokenizer  # noqa: E402
from tracekd.settings.config import Chat, Quantisation  # noqa: E402
from tracekd.settings.training import Training  # noqa: E402

RESULTS = ROOT / "results/small_llm"
MODEL = "SmolLM2-135M-Instruct-Q4"
STEPS = 2


def main() -> None:
    """Train, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recompute", action="store_true", help="`gradient_checkpointing: true`")
    recompute = parser.parse_args().recompute
    adapter = RESULTS / f"adapters/cotempqa/{MODEL}/correct/seed0/provenance.json"
    made = json.loads(adapter.read_bytes())
    training = Training.model_validate(made["training"]).changed(epochs=1, gradient_checkpointing=recompute)
    questions = read_questions(RESULTS / "questions/cotempqa.jsonl", split="train")
    traces = read_traces(RESULTS / "traces/cotempqa/correct.jsonl")
    tokenizer = load_tokenizer(RESULTS / f"models/{MODEL}")
    conversations = sft_conversations(questions, traces, made["persona"])
    chat = Chat.model_validate(made["chat"])
    examples = encode_examples(tokenizer, conversations, training.loss, training.max_length, chat)
    rows = STEPS * training.batch_size * training.accumulation
    longest = sorted(examples, key=lambda example: -len(example["input_ids"]))[:rows]
    base = load_quantised(RESULTS / f"models/{MODEL}", Quantisation.model_validate(made["quantisation"]))
    identity = {name: made[name] for name in made.keys() - {"training", "seed", "packages"}}
    with tempfile.TemporaryDirectory() as folder:
        work, output = Path(folder) / "work", Path(folder) / "adapter"
        began = time.process_time()
        train_adapters(
            base,
            tokenizer,
            [AdapterJob(longest, training, made["seed"], identity, work, output)],
        )
        seconds = time.process_time() - began
        digest = sha256_file(output / "adapter_model.safetensors")
    tokens = sum(len(example["input_ids"]) for example in longest)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"{tokens / seconds:.0f} tokens/s, {peak:.2f} GB, {digest[:16]}")


if __name__ == "__main__":
    main()
