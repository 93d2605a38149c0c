"""Base models from the hub: one revision, resolved once and locked; safetensors and tokenizer files only."""

import json
import shutil
from pathlib import Path

from huggingface_hub import HfApi  # retries broken transfers by itself
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_write
from tracekd.core.logs import logger
from tracekd.sources.kinds import Hub


def download_snapshot(source: Hub, patterns: tuple[str, ...], folder: Path, lock: Path) -> None:
    """Bring the files of a repository that match the patterns into `folder`.

    `lock` is a JSON file that records the resolved commit on first use and is obeyed afterwards. Raises
    ModelError with the remedy when the model cannot be had.
    """
    try:
        revision = locked_revision(source, lock)
        logger.info("fetching %s at %s", source.repository, revision)
        HfApi().snapshot_download(
            source.repository, revision=revision, local_dir=folder, allow_patterns=list(patterns)
        )
    except GatedRepoError as error:
        raise ModelError(
            "the licence of this model must be accepted first",
            where=source.repository,
            hint="accept it on the model's page and set HF_TOKEN",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            "no such model", where=source.repository, hint="check source.repository in config/models.yaml"
        ) from error
    except ModelError:
        raise
    except Exception as error:  # the hub's client lets through what its own transport raises
        raise ModelError(
            f"cannot be downloaded: {type(error).__name__}",
            where=source.repository,
            hint="check the network and run again, or let `mirror` name a folder that holds the files",
        ) from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def locked_revision(source: Hub, lock: Path) -> str:
    """Give the commit of a model: from the lock file, else resolved on the hub and recorded there."""
    if lock.exists():
        locked = json.loads(lock.read_text("utf-8"))
        if (locked["id"], locked["revision"]) == (source.repository, source.revision):
            return str(locked["commit"])
        raise ModelError(
            f"is locked for {locked['id']} at {locked['revision']}, "
            f"not {source.repository} at {source.revision}",
            where=lock,
            hint="delete the lock file to resolve the revision anew",
        )
    commit = str(HfApi().model_info(source.repository, revision=source.revision).sha)
    with atomic_write(lock) as stream:
        record = {"id": source.repository, "revision": source.revision, "commit": commit}
        stream.write(json.dumps(record, indent=2, sort_keys=True) + "\n")
    return commit
