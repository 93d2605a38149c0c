"""The model registry: where each base model comes from and how it is spoken to, typed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.settings.base import Settings, SomeDistinct, Text, parse_settings
from tracekd.sources.kinds import Demo, Hub, ModelSource, RelativePath, beside, resolve_source

ALL_LINEAR: Literal["all-linear"] = "all-linear"


class Sizes(Settings):
    """Sizes for the forecast of a model whose files are not there yet."""

    parameters: Annotated[float, Field(gt=0)] = Field(description="Number of weights")
    lora_per_rank: Annotated[float, Field(gt=0)] = Field(
        description="Weights of an adapter per rank: the sum of in and out over the target modules"
    )
    download_gb: Annotated[float, Field(ge=0)] = Field(0, description="Gigabytes to download")


class Model(Settings):
    """One base model of a registry such as `config/models.yaml`."""

    source: ModelSource
    licence: Text | None = Field(None, description="Terms of use")
    persona: Text | None = Field(
        None, description="Name of the assistant in the system message; null for no system turn at all"
    )
    target_modules: SomeDistinct[Text] | Literal["all-linear"] = Field(
        ALL_LINEAR, description="Linear layers that carry an adapter: a list of their names, or all-linear"
    )
    chat_template: Text | None = Field(
        None,
        description="Chat template in place of the tokenizer's own: a Jinja file, or the template itself",
    )
    pad_token: Text | None = Field(
        None, description="Token of the vocabulary to pad with, where the tokenizer has none of its own"
    )
    folder: RelativePath | None = Field(
        None, description="Folder of the files in a mirror; models/{repository} or models/{name} if not given"
    )
    sizes: Sizes | None = Field(
        None, description="Sizes for the forecast before the files are there, if known"
    )

    @model_validator(mode="after")
    def _brings_its_own(self) -> Self:
        """Refuse what a demo model would not look at."""
        if isinstance(self.source, Demo) and (self.chat_template or self.pad_token):
            raise PydanticCustomError(
                "demo", "should have neither chat_template nor pad_token: a demo model brings its own"
            )
        return self

    def mirror_folder(self, name: str) -> str:
        """Folder of the model's files in a mirror."""
        own = self.source.repository if isinstance(self.source, Hub) else name
        return self.folder or f"models/{own}"

    @property
    def organisation(self) -> str:
        """Owner of the model's repository on the hub; empty where it comes from elsewhere."""
        return self.source.repository.partition("/")[0] if isinstance(self.source, Hub) else ""


def read_models(path: str | Path = "config/models.yaml") -> dict[str, Model]:
    """Read and check the model registry: name to entry; ConfigError names file, key and value of a fault.

    Relative paths, of a local source and of a template's file, start at the folder of the registry file.
    """
    registry = read_yaml(path)
    if not isinstance(registry, Mapping) or not registry:
        raise ConfigError("names no model", where=path, hint="see the comments in config/models.yaml")
    models = {}
    for name, fields in registry.items():
        where = f"{path}: {name}"
        model = parse_settings(Model, fields, where)
        resolved = {
            "source": resolve_source(model.source, path),
            "chat_template": _read_template(model.chat_template, f"{where}.chat_template", path),
        }
        models[str(name)] = model.model_copy(update=resolved)
    return models


def _read_template(template: str | None, where: str, registry: str | Path) -> str | None:
    """Give the text of a chat template, of the file that the entry names if it names one."""
    if template is None or "{" in template:
        return template
    try:
        return Path(beside(registry, template)).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{template!r} cannot be read: {getattr(error, 'strerror', error)}",
            where=where,
            hint="name a Jinja file by a path from the folder of the registry file, or write its text",
        ) from error
