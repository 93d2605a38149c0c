"""What no setting may be: values, schemas and names, checked with one sentence for the first fault."""

import difflib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from tracekd.core.errors import ConfigError, DataError
from tracekd.core.records import SCHEMAS

# a path or a name; and what a 64-bit integer holds
LONGEST_TEXT, LARGEST_NUMBER = 1000, 2**63
# a hundred times the largest file of the project, and as many values as can be checked at once
MOST_BYTES, MOST_VALUES = 4 << 20, 100_000
# brackets within brackets: each is compared with all around it, long before Python's own limit is met
DEEPEST = 100
# the tag of the key `<<`
MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """The safe loader, which takes no longer for deep brackets than for flat ones."""

    def fetch_flow_collection_start(self, TokenClass: type[yaml.Token]) -> None:
        """Open one bracket more."""
        if self.flow_level >= DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(TokenClass)


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file that means what it seems to mean.

    Raises ConfigError, with the line where there is one, on a file that is missing or not YAML, on a key that
    stands twice, on an anchor that contains itself, and on aliases that stand for more than `MOST_VALUES`.
    """
    text = _read_text(path)
    loader: yaml.SafeLoader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(loader, node, {}, path)
        return loader.construct_document(node)
    except RecursionError:
        raise ConfigError("is nested too deeply", where=path, hint="write it with fewer levels") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise ConfigError("not valid YAML", where=where, hint="check indentation and colons") from error
    except ValueError as error:  # a date that is none, a number of thousands of digits
        raise ConfigError(f"not valid YAML: {error}", where=path, hint="put text in quotes") from error
    finally:
        if loader is not None:
            loader.dispose()


def _read_text(path: str | Path) -> str:
    """Read a text file of settings; ConfigError where there is no regular file, or it is not UTF-8."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise ConfigError("is no regular file", where=path, hint="check the path")
        with open(path, "rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ConfigError(f"is larger than {MOST_BYTES >> 20} MiB", where=path, hint="check the path")
        return content.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=path, hint="check the path") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", where=f"{path}:{line}", hint="store it as UTF-8") from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError(f"cannot be read: {error}", where=repr(str(path)), hint="check the path") from error


def _measure(
    loader: yaml.SafeLoader, node: yaml.Node, sizes: dict[yaml.Node, int | None], path: str | Path
) -> int:
    """Count the values below a node as if every alias were written out; those of a node around it are None.

    Each node is looked at once: the check costs no more than the file, whatever its aliases stand for.
    """
    where = f"{path}:{node.start_mark.line + 1}"
    if node in sizes:
        known = sizes[node]
        if known is None:
            raise ConfigError("an anchor contains itself", where=where, hint="write the value out")
        return known
    sizes[node] = None
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        _refuse_twins(loader, node, path)
        inner = [part for pair in node.value for part in pair]
    size = 1 + sum(_measure(loader, part, sizes, path) for part in inner)
    if size > MOST_VALUES:
        raise ConfigError(f"holds more than {MOST_VALUES} values", where=where, hint="check its aliases")
    sizes[node] = size
    return size


def _refuse_twins(loader: yaml.SafeLoader, node: yaml.MappingNode, path: str | Path) -> None:
    """Refuse a key that stands twice in one mapping: all but the last would be dropped without a word."""
    lines: dict[Any, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        # as it is read, for yes and true are one key
        name = key.value if key.tag == MERGE else loader.construct_object(key)
        line = key.start_mark.line + 1
        if name in lines:
            raise ConfigError(
                f"key {clip(repr(key.value))} stands twice, in lines {lines[name]} and {line}",
                where=f"{path}:{line}",
                hint="keep one of them",
            )
        lines[name] = line


def read_json_object(path: Path, hint: str) -> dict[str, Any]:
    """Read a JSON file that holds one object; DataError where it is damaged or holds anything else."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be read: {error}", where=path, hint=hint) from error
    if not isinstance(value, dict):
        raise DataError(f"a JSON object is expected, not {type(value).__name__}", where=path, hint=hint)
    return value


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
    import jsonschema  # a tenth of a second in every job that asks for a name

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
    if fault.validator == "type" and isinstance(fault.instance, str):
        hint = f"{hint}; YAML takes 2e-4 for text: write 0.0002"
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
