"""What every typed setting is made of: frozen, no unknown key, and one sentence for the first fault."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError  # typed settings with schema and clear faults

from tracekd.core.checks import clip, suggest
from tracekd.core.errors import ConfigError


class Settings(BaseModel):
    """A section of a configuration or a registry; every field has a type, a description and bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=False)


Section = TypeVar("Section", bound=Settings)


def parse_settings(kind: type[Section], value: Mapping[str, Any], where: object) -> Section:
    """Make the typed object of a section; ConfigError names place, key, value and remedy of the first fault.

    Args:
        kind: class of the section.
        value: as read from YAML.
        where: what the section belongs to, e.g. `config` or the path of a registry.

    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _sentence(kind, error, where) from error


def _sentence(kind: type[Settings], error: ValidationError, where: object) -> ConfigError:
    """Say the first fault in one sentence."""
    fault = error.errors(include_url=False)[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    place = f"{where}: {key}" if key else where
    if fault["type"] == "extra_forbidden":
        name = str(fault["loc"][-1])
        return ConfigError(
            f"key {clip(repr(name))} is unknown", where=place, hint=suggest(name, kind.model_fields)
        )
    return ConfigError(f"{clip(repr(fault['input']))}: {fault['msg']}", where=place)
