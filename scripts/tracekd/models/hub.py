"""Base models from the hub: one revision, resolved once and locked; safetensors and tokenizer files only."""

import json
import shutil
from pathlib import Path

from huggingface_hub import HfApi  # retries broken transfers by itself
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_folder, atomic_write
from tracekd.core.logs import logger

# weights as safetensors only: a pickle file can run code when it is loaded
FILES = (
    "*.safetensors",
    "*.safetensors.index.json",
    "*.json",
    "*.txt",
    "*.jinja",
    "tokenizer.model",
    "LICENSE*",
)


def fetch_model(entry: dict, folder: Path, mirror: Path | None, lock: Path) -> None:
    """Bring one model of the registry into `folder`, whole or not at all.

    Args:
        entry: `{id, revision, ...}` as in `schemas/models.schema.json`.
        folder: where the model's files go.
        mirror: folder that holds the model under `models/{id}`, used in place of the hub.
        lock: JSON file that records the resolved commit on first use and is obeyed afterwards.

    Raises ModelError with the remedy when the model cannot be had.

    """
    with atomic_folder(folder) as part:
        if mirror is not None:
            source = mirror / "models" / entry["id"]
            if not source.is_dir():
                raise ModelError(
                    f"the mirror lacks {entry['id']}",
                    where=source,
                    hint="put the model's files there or set mirror: null",
                )
            shutil.copytree(source, part, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
            return
        try:
            revision = locked_revision(entry, lock)
            logger.info("fetching %s at %s", entry["id"], revision)
            HfApi().snapshot_download(
                entry["id"], revision=revision, local_dir=part, allow_patterns=list(FILES)
            )
        except GatedRepoError as error:
            raise ModelError(
                "the licence of this model must be accepted first",
                where=entry["id"],
                hint="accept it on the model's page and set HF_TOKEN",
            ) from error
        except RepositoryNotFoundError as error:
            raise ModelError(
                "no such model", where=entry["id"], hint="check id in config/models.yaml"
            ) from error
        except (HfHubHTTPError, OSError) as error:
            raise ModelError(
                f"cannot be downloaded: {type(error).__name__}",
                where=entry["id"],
                hint="check the network and run again, or point mirror: to a folder with the files",
            ) from error
        shutil.rmtree(part / ".cache", ignore_errors=True)


def locked_revision(entry: dict, lock: Path) -> str:
    """Give the commit of a model: from the lock file, else resolved on the hub and recorded there."""
    if lock.exists():
        locked = json.loads(lock.read_text("utf-8"))
        if (locked["id"], locked["revision"]) == (entry["id"], entry["revision"]):
            return locked["commit"]
        raise ModelError(
            f"is locked for {locked['id']} at {locked['revision']}, not {entry['id']} at {entry['revision']}",
            where=lock,
            hint="delete the lock file to resolve the revision anew",
        )
    commit = HfApi().model_info(entry["id"], revision=entry["revision"]).sha
    with atomic_write(lock) as stream:
        record = {"id": entry["id"], "revision": entry["revision"], "commit": commit}
        stream.write(json.dumps(record, indent=2, sort_keys=True) + "\n")
    return commit
