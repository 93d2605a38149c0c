"""Base models, each brought into a folder with all that a run needs: weights, tokenizer, chat template."""

import json
from pathlib import Path
from typing import Any

from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_folder, atomic_write
from tracekd.core.logs import logger
from tracekd.models.contents import FILES, list_model_files
from tracekd.models.gguf import convert_gguf
from tracekd.models.loading import check_folder
from tracekd.models.registry import Model
from tracekd.sources.fetch import copy_local, fetch_files, mirror_folder
from tracekd.sources.kinds import Demo, Hub, Local


def fetch_model(name: str, model: Model, folder: Path, mirror: Path | None, lock: Path) -> None:
    """Bring one model of the registry into `folder`, whole or not at all.

    Args:
        name: of the model.
        model: entry of any kind of source but `demo`.
        folder: where the model's files go.
        mirror: folder that may hold the files to download under `model.mirror_folder`; None for none.
        lock: JSON file that records a resolved commit, or checksums, on first use and is obeyed afterwards.

    Raises ModelError, DataError or ConfigError with the remedy when the model cannot be had or used.

    """
    source = model.source
    assert not isinstance(source, Demo), "the workflow trains this model itself"
    with atomic_folder(folder) as part:
        place = None if isinstance(source, Local) else mirror_folder(mirror, model.mirror_folder(name))
        if isinstance(source, Local) and not source.files:
            _copy_model(name, source, part)
        elif not isinstance(source, Hub):
            fetch_files(name, source, part, place, lock)
        elif place is not None and place.is_dir():
            _copy_model(name, Local(kind="local", path=str(place), files={}), part)
        else:
            from tracekd.models.hub import download_snapshot

            if place is not None:
                logger.info("%s: the mirror has no folder %s, downloading", name, place)
            download_snapshot(source, FILES, part, lock)
        packed = list(part.glob("*.gguf"))
        if len(packed) > 1:
            raise ModelError(
                f"has {len(packed)} GGUF files", where=f"model {name}", hint="name one that holds all weights"
            )
        if packed:
            convert_gguf(packed[0])
        check_folder(part)
        if model.chat_template is not None:
            with atomic_write(part / "chat_template.jinja") as stream:
                stream.write(model.chat_template)
        if model.pad_token is not None:
            _set_pad_token(name, model.pad_token, part)


def _copy_model(name: str, source: Local, folder: Path) -> None:
    """Copy what a model is made of, as it would come from the hub: nothing that could run code."""
    copy_local(name, source, folder, list_model_files(Path(source.path)))


def _set_pad_token(name: str, token: str, folder: Path) -> None:
    """Make a token of the vocabulary the one that pads; the embeddings are frozen, so no new one will do."""
    tokenizer = _read_json(folder / "tokenizer.json")
    added = {one["content"] for one in tokenizer.get("added_tokens", [])}
    if token not in added and token not in tokenizer.get("model", {}).get("vocab", {}):
        raise ModelError(
            f"pad_token {token!r} is not in the vocabulary",
            where=f"model {name}",
            hint="name an unused special token of the model",
        )
    path = folder / "tokenizer_config.json"
    settings = _read_json(path) if path.exists() else {}
    with atomic_write(path) as stream:
        json.dump(settings | {"pad_token": token}, stream, indent=2, sort_keys=True, ensure_ascii=False)
        stream.write("\n")


def _read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a tokenizer."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"cannot be read: {error}", where=path.name, hint="pad_token needs a whole tokenizer.json"
        ) from error
