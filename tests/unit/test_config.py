import copy
import json

import pytest
from snakemake.cli import parse_config
from snakemake.utils import update_config
from support.examples import ROOT
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.models.registry import read_models
from tracekd.workflow.config import check_config
from tracekd.workflow.run import read_run

DEMO = read_yaml(ROOT / "config.yaml")
MODELS = read_models(ROOT / "config" / "models.yaml")


def leaves(value, path=()):
    """Every (path, value) of a nested configuration."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))


def changed(path, value):
    config = copy.deepcopy(DEMO)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return config


SHIPPED = (
    "paper",
    "real_small",
    "dose",
    "dose_demo",
    "teacher",
    "teacher_published",
    "teacher_demo",
    "own",
    "small_llm",
    "small_llm_full",
)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_config_is_valid(name):
    merged = copy.deepcopy(DEMO)
    update_config(merged, read_yaml(ROOT / f"config/{name}.yaml"))
    check_config(DEMO, MODELS)
    check_config(merged, MODELS)


@pytest.mark.parametrize("path", [path for path, _ in leaves(DEMO) if path])
@pytest.mark.parametrize("value", [None, [], {}, "", "<script>", -1, [{}], {"x": "y"}], ids=repr)
def test_a_wrong_value_is_one_sentence_with_its_key(path, value):
    if path in {("mirror",), ("study",), ("claims",)} and value in (None, "<script>"):
        return  # none, or a folder or file of that name
    if path == ("gpu_hours",) and value is None:
        return  # no budget
    if path in {("training", "overrides"), ("interventions",)} and value == []:
        return  # nothing to override
    if path == ("limit",) and value == {}:
        return  # all of every dataset
    if path in {("base_model", "shares"), ("base_model", "pass_marks")} and value == {}:
        return  # every dataset gets the stated default
    if path in {("registry",), ("chat", "date")} and value == "<script>":
        return  # any text is a file name or a date
    with pytest.raises(ConfigError) as caught:
        check_config(changed(path, value), MODELS)
    sentence = str(caught.value)
    assert path[-1] in sentence or path[0] in sentence
    assert "\n" not in sentence and "Traceback" not in sentence


@pytest.mark.parametrize(
    "section", [(), ("training",), ("training", "lora"), ("quantisation",), ("generation",), ("chat",)]
)
def test_an_unknown_key_is_refused_and_a_missing_one_too(section):
    with pytest.raises(ConfigError, match="'typo' is unknown"):
        check_config(changed((*section, "typo"), 1), MODELS)
    config = copy.deepcopy(DEMO)
    place = config
    for key in section:
        place = place[key]
    place.pop(sorted(place)[0])
    with pytest.raises(ConfigError, match="is missing"):
        check_config(config, MODELS)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("models", ["Lama-3.2-1B-Instruct"], "did you mean 'Llama-3.2-1B-Instruct'"),
        ("datasets", ["babi", "cotemp"], r"datasets\[1\]: 'cotemp' is unknown; did you mean 'cotempqa'"),
        ("arms", ["none", "corect"], "did you mean 'correct'"),
        ("scorers", ["strict"], "choose from published, aligned"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest_known_one(key, value, sentence):
    with pytest.raises(ConfigError, match=sentence):
        check_config({**DEMO, key: value}, MODELS)


def test_overrides_may_only_name_known_datasets_and_arms():
    override = {"dataset": "babi", "arms": ["nothing"], "warmup_ratio": 0.1}
    with pytest.raises(ConfigError, match=r"training.overrides\[0\].arms: 'nothing' is unknown"):
        check_config(changed(("training", "overrides"), [override]), MODELS)


TEACHER = read_yaml(ROOT / "config" / "teacher.yaml")["teacher"]


def with_endpoint(**changes):
    """The demo with a teacher whose first endpoint is changed."""
    teacher = copy.deepcopy(TEACHER)
    teacher["endpoints"]["r1"] |= changes
    return {**DEMO, "teacher": teacher}


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key_env": "sk-planted"},
        {"api_key": "sk-planted"},
        {"base_url": "https://user:sk-planted@host"},
        {"base_url": "https://host/v1?key=sk-planted"},
    ],
    ids=["in place of its name", "under a key of its own", "in the address", "in the query"],
)
def test_a_key_in_the_config_is_refused_and_not_repeated(changes):
    with pytest.raises(ConfigError, match=r"teacher.endpoints.r1") as caught:
        check_config(with_endpoint(**changes), MODELS)
    assert "planted" not in str(caught.value)


RATE, BATCH = ("training", "learning_rate"), ("training", "batch_size")


@pytest.mark.parametrize(
    "endpoints", ["sk-planted", ["sk-planted"], {"r1": "sk-planted"}, {"r1": ["sk-planted"]}], ids=repr
)
def test_a_key_in_place_of_a_section_is_not_repeated_either(endpoints):
    with pytest.raises(ConfigError, match=r"teacher.endpoints.* should be a section of keys") as caught:
        check_config({**DEMO, "teacher": {**TEACHER, "endpoints": endpoints}}, MODELS)
    assert "planted" not in str(caught.value) and caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        (
            ("seed",),
            -1,
            "seed: -1 should be greater than or equal to 0 (Seed of sampling,",
        ),
        (("level",), "trian", "level: 'trian' should be 'train', 'adapters' or 'outputs' (Where the chain"),
        (("training", "epoch"), 3, "training: key 'epoch' is unknown (did you mean 'epochs'?)"),
        (BATCH, 16.0, "16.0 should be a whole number (Examples per micro-batch)"),
        (("training", "gradient_checkpointing"), "no", "'no' should be true or false (Recompute activations"),
        (("training", "lora"), 16, "training.lora: 16 should be a section of keys (Low-rank adapters)"),
        (("training", "epochs"), None, "training: a section should have either epochs or tokens"),
        (("training", "tokens"), 9, "training: a section should have either epochs or tokens"),
        (("seeds",), [], "seeds: [] should have at least 1 item (Training seeds)"),
        (("training", "overrides"), [{"dataset": "babi", "arms": ["none"]}], "[0]: a section should change"),
        (("seeds",), [0, 1, 0], "a list should have each entry once, but 0 occurs twice (Training seeds)"),
        (
            ("base_model", "shares"),
            {"babi": 2},
            "shares.babi: 2 should be less than or equal to 1 (Weight of",
        ),
    ],
)
def test_a_sentence_names_place_key_value_and_remedy(path, value, wanted):
    with pytest.raises(ConfigError) as caught:
        check_config(changed(path, value), MODELS)
    assert str(caught.value).startswith(f"config: {path[0]}") and wanted in str(caught.value)


@pytest.mark.parametrize(
    ("path", "text", "meant"),
    [
        (RATE, "2e-5", 2e-5),
        (("training", "learning_rate"), "1e-3", 0.001),
        (("training", "batch_size"), "16", 16),
        (BATCH, "4", 4),
        (("seeds",), ["1", "2"], [1, 2]),
        (("training", "gradient_checkpointing"), "false", False),
        (("mirror",), "null", None),
    ],
)
def test_a_text_is_the_number_that_it_is_read_as_where_one_belongs(path, text, meant, monkeypatch):
    monkeypatch.chdir(ROOT)
    value = read_run(changed(path, text)).config
    for key in path:
        value = value[key]
    assert value == meant and type(value) is type(meant)


@pytest.mark.parametrize("text", ["nan", "1e999", "1e", "0x10", "two", ""])
def test_a_text_that_is_no_usable_number_stays_a_fault(text):
    with pytest.raises(ConfigError, match="learning_rate"):
        check_config(changed(("training", "learning_rate"), text), MODELS)


def test_the_command_line_of_snakemake_gives_numbers_in_brackets(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = copy.deepcopy(DEMO)
    update_config(config, parse_config(["seeds=[1,2]", "training={learning_rate: 1e-3}", "study=null"]))
    run = read_run(config)
    assert run.config["seeds"] == [1, 2] and run.config["training"]["learning_rate"] == 0.001
    assert run.study is None and run.config["training"]["epochs"] == DEMO["training"]["epochs"]


def test_a_budget_of_tokens_holds_for_every_arm():
    section = DEMO["training"] | {"epochs": None, "tokens": 9, "overrides": []}
    assert check_config(changed(("training",), section), MODELS).training.tokens == 9
    section["overrides"] = [{"dataset": "babi", "arms": ["none"], "epochs": 2}]
    with pytest.raises(ConfigError, match="should have no overrides of epochs beside tokens"):
        check_config(changed(("training",), section), MODELS)


def test_a_whole_number_will_do_where_a_number_is_asked():
    settings = check_config(changed(("training", "learning_rate"), 1), MODELS)
    assert json.dumps(settings.training.learning_rate) == "1", "3 and 3.0 have different digests"


def test_a_teacher_that_is_asked_must_be_described():
    for key in ("endpoints", "requests", "budget", "cache"):
        teacher = {name: value for name, value in TEACHER.items() if name != key}
        with pytest.raises(ConfigError, match=f"key '{key}' is missing"):
            check_config({**DEMO, "teacher": teacher}, MODELS)
    with pytest.raises(ConfigError, match=r"1000 is less than the 2000 tokens"):
        check_config(with_endpoint(parameters={"max_tokens": 2000}, most_tokens=1000), MODELS)
    for length in ("400", None, 4.5, True):
        with pytest.raises(
            ConfigError, match=r"r1.parameters: .* should have a whole number for 'max_tokens'"
        ):
            check_config(with_endpoint(parameters={"max_tokens": length}), MODELS)
    with pytest.raises(ConfigError, match=r"the workflow sets model, messages"):
        check_config(with_endpoint(parameters={"stream": True}), MODELS)
