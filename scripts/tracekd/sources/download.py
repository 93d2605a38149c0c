"""Downloads that go on where a dropped connection left them."""

import logging
import os
from pathlib import Path

import requests
from tenacity import Retrying, before_sleep_log, retry_if_exception, stop_after_attempt, wait_exponential
from tqdm import tqdm

from tracekd.core.errors import DataError
from tracekd.core.logs import logger

ATTEMPTS = 6
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
TIMEOUT_S = 60.0
PROGRESS_INTERVAL_S = 2.0
# what a dropped connection loses at most; also what is read at once
NETWORK_CHUNK_BYTES = 1 << 16


def download(url: str, target: Path) -> None:
    """Download one file, going on where a dropped connection left it; target is whole or absent.

    Raises DataError when the server refuses, or after `ATTEMPTS` attempts with growing waits.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    attempts = Retrying(
        retry=retry_if_exception(_is_passing),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(FIRST_WAIT_S, LONGEST_WAIT_S),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    )
    try:
        attempts(_stream, url, part)
        os.replace(part, target)
    except requests.RequestException as error:
        raise DataError(
            f"cannot be downloaded: {_reason(error)}",
            where=url,
            hint="check the network and the registry, or set `mirror` in the config",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _stream(url: str, part: Path) -> None:
    """Append to `part` what is missing of the file; a server without ranges sends it anew."""
    done = part.stat().st_size if part.exists() else 0
    # bytes must arrive as stored: a range of a compressed answer would not fit the part on disk
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if done and response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            raise requests.ConnectionError("the part on disk does not fit; starting anew")
        response.raise_for_status()
        resumed = response.status_code == requests.codes.partial_content
        expected = response.headers.get("Content-Length")
        progress = tqdm(
            desc=part.name.strip(".").removesuffix(".part"),
            initial=done if resumed else 0,
            total=None if expected is None else int(expected) + (done if resumed else 0),
            unit="B",
            unit_scale=True,
            mininterval=PROGRESS_INTERVAL_S,
        )
        with progress, open(part, "ab" if resumed else "wb") as stream:
            for chunk in response.iter_content(NETWORK_CHUNK_BYTES):
                stream.write(chunk)
                progress.update(len(chunk))


def _is_passing(error: BaseException) -> bool:
    """Tell whether trying again may help: dropped connections, time-outs, an overloaded or failing server."""
    if isinstance(error, requests.HTTPError):
        return (
            error.response.status_code == requests.codes.too_many_requests
            or error.response.status_code >= 500
        )
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing)


def _reason(error: requests.RequestException) -> str:
    """Say in a few words why a download failed."""
    if isinstance(error, requests.HTTPError):
        return f"the server answers {error.response.status_code} {error.response.reason}"
    return "the connection fails or breaks off"
