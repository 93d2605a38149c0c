"""The settings have one source: schemas and page follow the classes, and no default stands twice."""

import pytest
from pydantic_core import PydanticUndefined
from support.examples import ROOT
from tracekd.core.checks import read_yaml
from tracekd.settings import reference
from tracekd.settings.base import Settings, branches, json_schema

SOURCES = reference.SOURCES.values()
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)


@pytest.mark.parametrize("path", reference.reference_files(), ids=lambda path: path.name)
def test_schemas_and_page_are_those_of_the_classes(path):
    assert path.exists() and path.read_text("utf-8") == reference.reference_files()[path], (
        f"{path.name} is out of date; run: {reference.COMMAND}"
    )


@each_source
def test_every_field_says_what_it_is(source):
    for _, rule in walk(json_schema(source.kind)):
        assert rule.get("description"), rule


@pytest.mark.parametrize("name", ["config", "statistics"])
def test_a_default_stands_in_the_class_or_in_the_file_and_never_in_both(name):
    source = reference.SOURCES[name]
    assert list(homeless(source.kind, read_yaml(ROOT / source.path))) == []


def test_an_optional_key_that_the_file_states_too_is_found():
    stated = read_yaml(ROOT / "config.yaml")
    wrong = {**stated, "extensions": [], "base_model": {**stated["base_model"], "layers": 3}}
    del wrong["chat"]
    found = homeless(reference.SOURCES["config"].kind, wrong)
    assert list(found) == ["extensions", "chat", "base_model.layers"]


def walk(rules, section=None, path=()):
    """Every (path, schema) of the fields of a schema."""
    for one in branches(section or rules, rules):
        for name, rule in one.get("properties", {}).items():
            yield (*path, name), rule
            yield from walk(rules, rule, (*path, name))
        for word in ("items", "additionalProperties"):
            if isinstance(one.get(word), dict):
                yield from walk(rules, one[word], path)


def homeless(kind, stated, prefix=""):
    """Keys whose default stands in both places or in none, of a section that a file states."""
    for name, field in kind.model_fields.items():
        has_default = field.default is not PydanticUndefined or field.default_factory is not None
        if has_default == (name in stated):
            yield prefix + name
        elif name in stated and isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            yield from homeless(field.annotation, stated[name], f"{prefix}{name}.")
