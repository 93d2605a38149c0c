"""Every field of the configuration's schema, those of tomorrow too, given what it must not hold."""

import copy
import json
import math
import subprocess
import sys

import jsonschema
import pytest
import yaml
from support.examples import ROOT
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.models.registry import read_models
from tracekd.workflow.config import check_config

SCHEMA = json.loads((ROOT / "schemas/config.schema.json").read_text("utf-8"))
DEMO = read_yaml(ROOT / "config.yaml")
MODELS = read_models(ROOT / "config/models.yaml")
ITEM = "[]"  # stands in a path for an element of a list
ENTRY = "r1"  # and this for an entry of a mapping, whose names are free

TYPES = [None, True, 7, -1.5, "text", [], ["text"], {}, {"text": 1}]
ODD_NUMBERS = [math.nan, math.inf, -math.inf, 10**400, -(10**400)]
HOSTILE = [
    "../../etc",
    "$(rm)",
    "`rm`",
    "a\0b",
    "a\nb",
    "\x1b[2J",
    "x" * 10_000,
    "{run}",
    "<script>",
    "a" * 300,
]
LONGEST_SENTENCE = 700


def resolve(schema):
    """Follow a reference inside of the configuration's schema."""
    while "$ref" in schema:
        target = SCHEMA
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target | {key: value for key, value in schema.items() if key != "$ref"}
    return schema


def alternatives(schema):
    """The schema itself and every branch that it offers."""
    schema = resolve(schema)
    branches = [branch for word in ("oneOf", "anyOf", "allOf") for branch in schema.get(word, [])]
    return [schema, *(found for branch in branches for found in alternatives(branch))]


def steps(branch):
    """Every (key, schema) one step below a schema."""
    yield from branch.get("properties", {}).items()
    for word, key in (("items", ITEM), ("additionalProperties", ENTRY)):
        if isinstance(branch.get(word), dict):
            yield key, branch[word]


def merged(schema):
    """The schema with what its branches say, as far as it is silent itself."""
    return {key: value for option in reversed(alternatives(schema)) for key, value in option.items()}


def fields(schema=SCHEMA, path=()):
    """Every (path, schema) under a schema."""
    for branch in alternatives(schema):
        for key, value in steps(branch):
            yield (*path, key), merged(value)
            yield from fields(value, (*path, key))


def example(schema):
    """A small value that a schema may accept, for sections that the demo does without."""
    rules = merged(schema)
    if "enum" in rules or "const" in rules:
        return rules.get("enum", [rules.get("const")])[0]
    kind = rules.get("type", "string")
    if kind == "object":
        return {key: example(rules["properties"][key]) for key in rules.get("required", [])}
    if kind == "array":
        return [example(rules["items"])] * rules.get("minItems", 1)
    simple = {"integer": max(1, rules.get("minimum", 1)), "number": rules.get("maximum", 1), "null": None}
    return simple.get(kind, True if kind == "boolean" else "x")


def place(path, change):
    """The demo's configuration, with the sections that a path goes through, changed at its end."""
    config, schema = copy.deepcopy(DEMO), SCHEMA
    holder = config
    for number, key in enumerate(path):
        schema = next(
            value for option in alternatives(schema) for name, value in steps(option) if name == key
        )
        last = number == len(path) - 1
        if key == ITEM:
            holder[:] = holder[:1] or [example(schema)]
            key = 0
        elif not holder.get(key) and not last:
            holder[key] = example(schema)
        if last:
            change(holder, key)
        else:
            holder = holder[key]
    return config


def put(value):
    def change(holder, key):
        holder[key] = value

    return change


def sentence(config):
    """What check_config says of a configuration, None if it accepts it; anything but ConfigError fails."""
    try:
        check_config(config, MODELS)
    except ConfigError as error:
        return str(error)
    return None


def assert_one_sentence(text, path, value):
    """One line of bounded length that names the key, or the section that it is in."""
    assert text is not None, f"{path} = {value!r:.80} is accepted"
    assert path[0] in text, text
    assert text.isprintable() and len(text) <= LONGEST_SENTENCE, text
    assert "Traceback" not in text


FIELDS = dict(fields())
each_field = pytest.mark.parametrize("path", FIELDS, ids=lambda path: ".".join(path))


VALID = jsonschema.Draft202012Validator(SCHEMA)


def assert_refused_where_wrong(path, values):
    """Each forbidden value is one sentence, and the others do not crash; give the forbidden ones."""
    configs = [(value, place(path, put(value))) for value in values]
    wrong = [(value, config) for value, config in configs if not VALID.is_valid(config)]
    for value, config in wrong:
        assert_one_sentence(sentence(config), path, value)
    for _, config in configs:
        text = sentence(config)
        assert text is None or (text.isprintable() and len(text) <= LONGEST_SENTENCE)
    return wrong


@each_field
def test_a_wrong_type_is_one_sentence(path):
    assert assert_refused_where_wrong(path, TYPES), f"{path} takes a value of every type"


@each_field
def test_a_value_out_of_range_is_one_sentence(path):
    schema, values = FIELDS[path], []
    if schema.get("type") in ("integer", "number"):
        for value in ODD_NUMBERS:
            assert_one_sentence(sentence(place(path, put(value))), path, value)
    values += [schema[bound] - 1 for bound in ("minimum", "exclusiveMinimum") if bound in schema]
    values += [schema[bound] + 1 for bound in ("maximum", "exclusiveMaximum") if bound in schema]
    values += [schema[bound] for bound in ("exclusiveMinimum", "exclusiveMaximum") if bound in schema]
    values += ["none of these"] if "enum" in schema else []
    values += [""] if schema.get("minLength") else []
    values += [[]] if schema.get("minItems") else []
    values += [[example(schema["items"])] * 2] if schema.get("uniqueItems") else []
    values += [{}] if schema.get("minProperties") or schema.get("required") else []
    assert len(assert_refused_where_wrong(path, values)) == len(values)


@each_field
def test_a_hostile_text_is_one_sentence_or_plain_text(path):
    assert_refused_where_wrong(path, HOSTILE)
    for text in HOSTILE:
        if not text.isprintable() or len(text) > 1000:
            answer = sentence(place(path, put(text)))
            assert_one_sentence(answer, path, text)
            assert repr(text)[1:-1] not in answer, "it may be a key"


@each_field
def test_an_unknown_key_is_named(path):
    if FIELDS[path].get("additionalProperties") is False:
        section = put({**example(FIELDS[path]), "typo": 1})
        answer = sentence(place(path, section))
        assert_one_sentence(answer, path, "typo")
        assert "typo" in answer or "required" in answer


def test_every_required_key_is_missed_by_name():
    for path in FIELDS:
        config = place(path, lambda holder, key: None)
        holder = config
        for key in path[:-1]:
            holder = holder[0 if key == ITEM else key]
        if path[-1] != ITEM and path[-1] in holder:
            del holder[path[-1]]
            answer = sentence(config)
            if not VALID.is_valid(config):
                assert_one_sentence(answer, path, "nothing")


@pytest.mark.parametrize(
    "run", ["../../x", "/etc", "a/b", "..", ".", "-n", "demo\n", "~", "a" * 300, "{run}"]
)
def test_the_name_of_a_run_cannot_leave_its_folders(run):
    assert_one_sentence(sentence({**DEMO, "run": run}), ("run",), run)


@pytest.mark.parametrize("key", ["registry", "mirror"])
def test_a_path_with_a_nul_is_refused(key):
    assert_one_sentence(sentence({**DEMO, key: "a\0b"}), (key,), "NUL")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml("a\0b")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"run": "../../x"}, "run"),
        ({"registry": "a\0b"}, "registry"),
        ({"models": ["$(rm)"]}, "models"),
        ({"training": {"learning_rate": math.nan}}, "training.learning_rate"),
    ],
    ids=ascii,
)
def test_snakemake_ends_before_any_dag(tmp_path, change, key):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(change))
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--nolock", "--cores", "1"]
    run = subprocess.run(
        [*command, "--configfile", str(tmp_path / "config.yaml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    screen = run.stdout + run.stderr
    assert run.returncode == 1
    assert f"Error: config: {key}" in screen
    assert "Traceback" not in screen and "Building DAG" not in screen
