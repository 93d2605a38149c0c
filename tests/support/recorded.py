"""Three recorded jobs as files in the folder of the call: questions, a base model, an adapter."""

from pathlib import Path
from types import SimpleNamespace

from snakemake.iocontainers import Namedlist
from tracekd.run.code import code_parts, digest_parts
from tracekd.run.jobs import rule_job
from tracekd.run.provenance import SNAKEMAKE_MARK

QUESTIONS, MODEL = "results/demo/questions/babi.jsonl", "results/demo/models/tiny"
ADAPTER = "results/demo/adapters/babi/tiny/correct/seed3/adapter_model.safetensors"


def make_job(rule, inputs, outputs, params=(), **wildcards):
    """What a script of Snakemake sees of its job."""
    params = {"code": digest_parts(code_parts(rule))} | dict(params)
    return SimpleNamespace(
        rule=rule,
        config={"run": "demo", "secret": "not to be recorded"},
        input=Namedlist(fromdict=dict(inputs)),
        output=Namedlist(fromdict=dict(outputs)),
        params=Namedlist(fromdict=params),
        wildcards=Namedlist(fromdict={"run": "demo"} | wildcards),
        log=[f"{rule}.log"],
    )


def read_job():
    return make_job("read_questions", {}, {"questions": QUESTIONS}, dataset="babi")


def model_job():
    return make_job("build_base_model", {"questions": QUESTIONS}, {"model": MODEL}, model="tiny")


def train_job():
    inputs = {"questions": QUESTIONS, "model": MODEL}
    return make_job("train_adapters", inputs, {"weights": ADAPTER}, {"rank": 8}, dataset="babi", seed="3")


def write(path, content=b"words\n" * 50):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)


def run_chain():
    """Question file, model folder, adapter: one made of the other."""
    with rule_job(read_job()):
        write(QUESTIONS)
    with rule_job(model_job()):
        write(f"{MODEL}/model.safetensors", bytes(range(256)) * 8)
        write(f"{MODEL}/deep/config.json", b"{}")
    write(f"{MODEL}/{SNAKEMAKE_MARK}", b"")
    with rule_job(train_job()):
        write(ADAPTER)
