"""What every typed setting is made of: frozen, strict, described, and one sentence for the first fault."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import (  # typed settings with schema and clear faults
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from tracekd.core.checks import check_values, clip, suggest
from tracekd.core.errors import ConfigError


class Settings(BaseModel):
    """A section of a configuration or a registry; every field has a type, a description and bounds."""

    # patterns as in JSON Schema; inputs hidden, for one of them may be a pasted key; compiled at first use,
    # for a job checks few of all the sections that it imports
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        regex_engine="python-re",
        hide_input_in_errors=True,
        defer_build=True,
    )

    def changed(self, **values: Any) -> Self:
        """Give the same section with other values for some fields."""
        return self.model_validate(self.model_dump() | values)


Section = TypeVar("Section", bound=Settings)
Item = TypeVar("Item")


def _as_written(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Check a number, but keep it as it is written: 3 and 3.0 have different digests."""
    check(value)
    return value


def _each_once(items: list[Item]) -> list[Item]:
    """Refuse a list that repeats an entry."""
    for number, item in enumerate(items):
        if item in items[:number]:
            raise PydanticCustomError(
                "each_once", "should have each entry once, but {item} occurs twice", {"item": repr(item)}
            )
    return items


# a field that may hold a pasted key: its value is never printed
SECRET: dict[str, Any] = {"writeOnly": True}
LARGEST_SEED = 2**32 - 1

Text = Annotated[str, Field(min_length=1)]
# Snakemake's `--config mirror=null` hands over a text
TextOrNull = Annotated[Text | None, BeforeValidator(lambda value: None if value == "null" else value)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Count = Annotated[int, Field(ge=1)]
AS_WRITTEN = WrapValidator(_as_written)
Share = Annotated[float, Field(ge=0, le=1), AS_WRITTEN]
Positive = Annotated[float, Field(gt=0), AS_WRITTEN]
NotNegative = Annotated[float, Field(ge=0), AS_WRITTEN]
Distinct = Annotated[list[Item], AfterValidator(_each_once), Field(json_schema_extra={"uniqueItems": True})]
SomeDistinct = Annotated[
    list[Item], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_each_once)
]


class PlainSchema(GenerateJsonSchema):
    """JSON Schema without the titles that repeat the names of the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave titles of fields out."""
        return False


@cache  # faults in many values are said by the same rules
def json_schema(kind: type[Settings]) -> dict[str, Any]:
    """Give the JSON Schema of a section."""
    return kind.model_json_schema(schema_generator=PlainSchema)


def parse_settings(kind: type[Section], value: object, where: object) -> Section:
    """Make the typed object of a section; ConfigError names place, key, value and remedy of the first fault.

    A text that is read as a number, where one belongs, is that number: `2e-4` of a YAML file, and all that
    Snakemake's `--config seeds=[1,2]` hands over.

    Args:
        kind: class of the section.
        value: as read from YAML.
        where: what the section belongs to: `config`, the path of a file, or `{path}: {key}` for a part of it.

    """
    check_values(value, str(where))
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        meant = _as_meant(value, faults)
        if meant != value:
            return parse_settings(kind, meant, where)
        # a mistyped key is both unknown and missing: say the former
        fault = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
        raise _sentence(kind, value, fault, str(where)) from None


def key_path(parts: Sequence[int | str]) -> str:
    """Write the place of a value as `training.overrides[0].arms`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")


# what pydantic says in the words of Python, in those of a YAML file
_WORDS = {
    "model_type": "should be a section of keys",
    "dict_type": "should be a section of keys",
    "list_type": "should be a list",
    "string_type": "should be text",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "invalid_key": "should be text",
}


def _sentence(kind: type[Settings], value: object, fault: ErrorDetails, where: str) -> ConfigError:
    """Say one fault in one sentence."""
    path = _path_in(value, fault["loc"])
    rules = json_schema(kind)
    context = fault.get("ctx", {})
    hint: str | None
    match fault["type"]:
        case "extra_forbidden":
            name, path = str(fault["loc"][-1]), path[:-1]
            known = [key for rule in _walk(rules, path)[-1] for key in rule.get("properties", {})]
            what, hint = f"key {clip(repr(name))} is unknown", suggest(name, known)
        case "missing" | "union_tag_not_found":
            name = context.get("discriminator", repr(fault["loc"][-1]))
            what, hint = f"key {name} is missing", _description(rules, [*path, name.strip("'")])
        case "union_tag_invalid":
            path = [*path, context["discriminator"].strip("'")]
            what, hint = f"{context['tag']!r} should be one of {context['expected_tags']}", None
        case other:
            message = fault["msg"]
            words = _WORDS.get(other, message[message.find("should") :].partition(" after validation")[0])
            what = f"{_shown(rules, path, fault)} {words}"
            hint = _description(rules, path)
    place = f"{where}{'.' if ': ' in where else ': '}{key_path(path)}" if path else where
    return ConfigError(what, where=place, hint=hint)


def _path_in(value: Any, parts: Sequence[int | str]) -> list[int | str]:
    """Keep the parts of a fault's place that are keys or indices of the value, not names of alternatives."""
    path = []
    for part in parts:
        if part in value if isinstance(value, Mapping) else isinstance(part, int):
            path.append(part)
            value = value[part]
    return path


def branches(rule: dict[str, Any], rules: dict[str, Any]) -> list[dict[str, Any]]:
    """List a rule with all that it refers to or offers."""
    offered = [*rule.get("anyOf", []), *rule.get("oneOf", [])]
    if "$ref" in rule:
        offered.append(rules["$defs"][rule["$ref"].rpartition("/")[2]])
    return [rule, *(found for one in offered for found in branches(one, rules))]


def _walk(rules: dict[str, Any], path: Sequence[int | str]) -> list[list[dict[str, Any]]]:
    """Give the rules that hold at each place on the way to a value, from the whole to the value."""
    places = [branches(rules, rules)]
    for part in path:
        inner = [
            found
            for rule in places[-1]
            for found in (
                rule.get("properties", {}).get(part),
                rule.get("items") if isinstance(part, int) else rule.get("additionalProperties"),
            )
            if isinstance(found, dict)
        ]
        places.append([branch for rule in inner for branch in branches(rule, rules)])
    return places


def _description(rules: dict[str, Any], path: Sequence[int | str]) -> str | None:
    """Give the description of a value, or of the nearest section around it."""
    described = [
        next((rule["description"] for rule in place if "description" in rule), None)
        for place in _walk(rules, path)
    ]
    return next((text for text in reversed(described) if text), None)


def _shown(rules: dict[str, Any], path: Sequence[int | str], fault: ErrorDetails) -> str:
    """Show the value of a fault unless it may be, or hold, a pasted key."""
    value = fault["input"]
    if any(rule.get("writeOnly") for place in _walk(rules, path) for rule in place):
        return "this value (not shown)"
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, list):
        return "a list" if value else "[]"
    if isinstance(value, str) and fault["type"] in ("model_type", "dict_type"):
        return "text"
    return json.dumps(value) if value is None or isinstance(value, bool) else clip(repr(value))


def _as_meant(value: Any, faults: Sequence[ErrorDetails]) -> Any:
    """Give a value with numbers, true and false in place of texts that are read so, where these belong.

    YAML takes 2e-4 for text, and Snakemake everything inside of brackets on its command line.
    """
    for fault in faults:
        reader, text = _READERS.get(fault["type"]), fault["input"]
        if reader is not None and isinstance(text, str):
            with suppress(ValueError, KeyError):
                value = _replace(value, _path_in(value, fault["loc"]), reader(text))
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "int_type": int,
    "float_type": float,
    "bool_type": {"true": True, "false": False}.__getitem__,
}


def _replace(value: Any, path: Sequence[int | str], item: Any) -> Any:
    """Give a copy of nested sections and lists with another value at one place."""
    if not path:
        return item
    copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = _replace(copy[path[0]], path[1:], item)
    return copy
