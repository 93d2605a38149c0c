"""What no setting may be: values, schemas and names, checked with one sentence for the first fault."""

import difflib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tracekd.core.errors import ConfigError
from tracekd.core.records import SCHEMAS

# a path or a name; and what a 64-bit integer holds
LONGEST_TEXT, LARGEST_NUMBER = 1000, 2**63


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file; ConfigError with the line when it is missing or not YAML."""
    try:
        return yaml.safe_load(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=path, hint="check the path") from error
    except ValueError as error:  # a NUL in the path, or bytes that are no UTF-8
        raise ConfigError(f"cannot be read: {error}", where=repr(str(path)), hint="check the path") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise ConfigError("not valid YAML", where=where, hint="check indentation and colons") from error


def check_values(value: Any, where: str) -> None:
    """Refuse what no setting can mean, whatever its key: control characters, endless texts, NaN, infinities.

    YAML writes them all, and a schema's bounds let NaN through.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            name = str(key)
            check_values(name, where)
            check_values(item, f"{where}.{name}" if ":" in where else f"{where}: {name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_values(item, f"{where}[{number}]")
    elif isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
        # the text itself is not repeated: it may be a key pasted with its line end
        raise ConfigError(
            f"not a text of up to {LONGEST_TEXT} printable characters",
            where=where,
            hint="check for line breaks, tabs and other control characters",
        )
    elif isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
        raise ConfigError(f"{clip(str(value))} is no usable number", where=where)


def clip(text: str) -> str:
    """Cut the middle out of a long text, so that a sentence stays one."""
    return text if len(text) <= 200 else f"{text[:100]} … {text[-80:]}"


def check_schema(value: Any, schema: str, where: str | Path) -> None:
    """Check a value against `schemas/{schema}.schema.json`; one sentence for the first fault."""
    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(rules).iter_errors(value))
    if fault is None:
        return
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.absolute_path)
    place = f"{where}: {key.lstrip('.')}" if key else where
    if fault.validator == "additionalProperties":
        known = fault.schema["properties"]
        unknown = sorted(str(name) for name in fault.instance if name not in known)[0]
        raise ConfigError(f"key {clip(repr(unknown))} is unknown", where=place, hint=suggest(unknown, known))
    hint = fault.schema.get("description", f"see schemas/{schema}.schema.json")
    # a pasted key must not be printed
    what = "the value is not of this form" if fault.schema.get("writeOnly") else clip(fault.message)
    raise ConfigError(what, where=place, hint=hint)


def check_names(names: Sequence[str], known: Iterable[str], where: str, see: str) -> None:
    """Check that every name is known; the sentence names the nearest known one."""
    known = list(known)
    for number, name in enumerate(names):
        if name not in known:
            place = f"{where}[{number}]" if len(names) > 1 else where
            raise ConfigError(f"{clip(repr(name))} is unknown; {suggest(name, known)}", where=place, hint=see)


def suggest(name: str, known: Iterable[str]) -> str:
    """Say which known name was perhaps meant."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
