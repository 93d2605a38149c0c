"""The tiny base models: a build in a few steps, what it writes, and how it fails."""

import hashlib
import json

import pytest
from support.examples import make_question
from support.tiny_models import QUANTISATION
from tracekd.core.errors import ModelError
from tracekd.models.plan import BasePlan
from tracekd.settings.base_model import BaseRecipe

QUICK = {
    "hidden_size": 32,
    "layers": 1,
    "heads": 2,
    "key_value_heads": 1,
    "copy_steps": 2,
    "document_steps": 2,
    "rounds": 1,
    "probe_questions": 4,
    "question_share": 0.3,
    "shares": {"babi": 0.4},
    "pass_marks": {},
    "pass_mark_of_others": 0,
}
QUESTIONS = [make_question(name) for name in ("babi", "cotempqa", "ms_marco")]


PERSONAS = {"llama": "Llama", "qwen3": "Qwen"}


def build(folder, architecture="qwen3", seed=0, **options):
    from tracekd.models.base import build_base_model

    recipe = BaseRecipe(**QUICK | options)
    return build_base_model(folder, BasePlan(architecture, PERSONAS[architecture], seed, recipe, QUESTIONS))


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_a_built_model_loads_in_4_bits_and_reads_every_prompt(tmp_path, architecture):
    from tracekd.models.loading import load_quantised, load_tokenizer
    from tracekd.traces.prompts import chat_messages

    probe = build(tmp_path / "model", architecture)
    assert set(probe) == {
        f"{q.dataset}.{kind}" for q in QUESTIONS for kind in ("evidence", "answer", "class")
    }
    model = load_quantised(tmp_path / "model", QUANTISATION)
    assert model.config.model_type == architecture
    tokenizer = load_tokenizer(tmp_path / "model")
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    for question in QUESTIONS:
        ids = tokenizer.apply_chat_template(chat_messages(question, "Llama"), return_dict=False)
        assert max(ids) < model.config.vocab_size and tokenizer.pad_token_id not in ids


def test_one_seed_gives_one_model_and_another_seed_another(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        build(tmp_path / name, seed=seed)
    first, again, other = (
        hashlib.sha256((tmp_path / name / "model.safetensors").read_bytes()).hexdigest() for name in "abc"
    )
    assert first == again != other
    assert (tmp_path / "a/training_log.csv").read_text() == (tmp_path / "b/training_log.csv").read_text()


def test_a_missed_probe_fails_with_its_numbers_and_leaves_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"after 1 rounds: babi 0\.\d\d < 0\.9, .*raise document_steps"):
        build(tmp_path / "model", pass_mark_of_others=0.9)
    assert list(tmp_path.iterdir()) == []


def test_the_finished_model_says_how_it_was_made(tmp_path):
    build(tmp_path / "model")
    record = json.loads((tmp_path / "model/probe.json").read_text())
    assert record["recipe"]["seed"] == 0 and record["recipe"]["options"]["document_steps"] == 2
    lines = (tmp_path / "model/training_log.csv").read_text().splitlines()
    assert lines[0] == "step,phase,loss" and len(lines) == 1 + 2 + 2
