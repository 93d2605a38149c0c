"""Base models from the hub: one revision, resolved once and locked; safetensors and tokenizer files only."""

import shutil
from pathlib import Path

from huggingface_hub import HfApi  # retries broken transfers by itself
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tracekd.core.checks import clip
from tracekd.core.errors import DataError, ModelError, TraceKDError
from tracekd.core.logs import logger
from tracekd.sources.kinds import Hub
from tracekd.sources.locks import lock_first, read_lock

# such as original/*.pth of Llama: a model is made of the files at the top
IN_FOLDERS = "*/*"


def download_snapshot(source: Hub, patterns: tuple[str, ...], folder: Path, lock: Path) -> None:
    """Bring the files at the top of a repository that match the patterns into `folder`.

    `lock` is a JSON file that records the resolved commit on first use and is obeyed afterwards. Raises
    ModelError with the remedy when the model cannot be had.
    """
    try:
        revision = locked_revision(source, lock)
        logger.info("fetching %s at %s", source.repository, revision)
        HfApi().snapshot_download(
            source.repository,
            revision=revision,
            local_dir=folder,
            allow_patterns=list(patterns),
            ignore_patterns=[IN_FOLDERS],
        )
    except TraceKDError:
        raise
    except Exception as error:  # the hub's client lets through what its own transport raises
        what, hint = _reason(error)
        raise ModelError(what, where=source.repository, hint=hint) from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def locked_revision(source: Hub, lock: Path) -> str:
    """Give the commit of a model: from the lock file, else resolved on the hub and recorded there."""
    entry = read_lock(lock)
    if not entry:
        commit = str(HfApi().model_info(source.repository, revision=source.revision).sha)
        entry = lock_first(lock, {"id": source.repository, "revision": source.revision, "commit": commit})
    if entry.keys() != {"id", "revision", "commit"}:
        raise DataError("not a lock file", where=lock, hint="restore it, or delete it to lock anew")
    if (entry["id"], entry["revision"]) != (source.repository, source.revision):
        raise ModelError(
            f"is locked for {entry['id']} at {entry['revision']}, "
            f"not {source.repository} at {source.revision}",
            where=lock,
            hint="delete the lock file to resolve the revision anew",
        )
    return entry["commit"]


def _reason(error: Exception) -> tuple[str, str]:
    """Say why a model cannot be had, in the hub's own words where it answers, and what to do."""
    answer = _find_answer(error)
    if isinstance(answer, GatedRepoError):
        return (
            "the licence of this model must be accepted first",
            "accept it on the model's page and set HF_TOKEN; a fine-grained token must be allowed to read "
            "gated repositories",
        )
    if isinstance(answer, RevisionNotFoundError):
        return "no such revision", "check source.revision in config/models.yaml"
    if isinstance(answer, RepositoryNotFoundError) and answer.response.status_code != 401:
        return "no such model", "check source.repository in config/models.yaml"
    if answer is None:
        return (
            f"cannot be downloaded: {type(error).__name__}",
            "check the network and run again, or let `mirror` name a folder that holds the files",
        )
    status = answer.response.status_code
    words = clip(" ".join((answer.server_message or answer.response.reason_phrase).split()))
    return f"the hub answers {status}: {words}", _REMEDIES.get(status, "check the network and run again")


def _find_answer(error: BaseException | None) -> HfHubHTTPError | None:
    """Find the hub's answer among an error and those that led to it."""
    while error is not None and not isinstance(error, HfHubHTTPError):
        error = error.__cause__ or error.__context__
    return error


_REMEDIES = {
    401: "the token in HF_TOKEN is not valid or has run out: renew it; without one, check source.repository",
    403: "let the token in HF_TOKEN read gated repositories, on the hub's page of access tokens",
    404: "check source.repository and source.revision in config/models.yaml",
    429: "wait, then run again; with a token in HF_TOKEN the hub allows more",
}
