"""Downloads that go on where a dropped connection left them."""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
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
# of a file whose size no registry states: more than any that is known
MOST_BYTES = 64 << 30


def download(url: str, target: Path, most_bytes: int = MOST_BYTES) -> None:
    """Download one file, going on where a dropped connection left it; target is whole or absent.

    It goes on only where the server proves that its file is still the same (RFC 9110, If-Range). Raises
    DataError when the server refuses, sends more than `most_bytes`, or after `ATTEMPTS` attempts with growing
    waits.
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
        attempts(_stream, url, part, _Validator(), most_bytes)
        os.replace(part, target)
    except requests.RequestException as error:
        raise DataError(
            f"cannot be downloaded: {_reason(error)}",
            where=url,
            hint="check the network and the registry, or set `mirror` in the config",
        ) from error
    finally:
        part.unlink(missing_ok=True)


@dataclass(slots=True)
class _Validator:
    """What tells the file that the part on disk belongs to from any other, if anything does."""

    tag: str | None = None


def _stream(url: str, part: Path, validator: _Validator, most_bytes: int) -> None:
    """Append to `part` what is missing of the file; without proof that it is the same, all of it anew."""
    done = part.stat().st_size if part.exists() and validator.tag else 0
    # bytes must arrive as stored: a range of a compressed answer would not fit the part on disk
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers |= {"Range": f"bytes={done}-", "If-Range": str(validator.tag)}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if done and response.status_code == requests.codes.requested_range_not_satisfiable:
            validator.tag = None
            raise requests.ConnectionError("the part on disk does not fit; starting anew")
        response.raise_for_status()
        resumed = response.status_code == requests.codes.partial_content
        if resumed and not (done and _continues(response.headers, done, validator)):
            validator.tag = None
            raise requests.ConnectionError("another range than the one asked for; starting anew")
        if not resumed:
            validator.tag = _find_tag(response.headers)
        size = done if resumed else 0
        length = response.headers.get("Content-Length", "")
        expected = size + int(length) if length.isdecimal() else None
        _check_size(url, expected or 0, most_bytes)
        progress = tqdm(
            desc=part.name.strip(".").removesuffix(".part"),
            initial=size,
            total=expected,
            unit="B",
            unit_scale=True,
            mininterval=PROGRESS_INTERVAL_S,
        )
        with progress, open(part, "ab" if resumed else "wb") as stream:
            for chunk in response.iter_content(NETWORK_CHUNK_BYTES):
                size += len(chunk)
                _check_size(url, size, most_bytes)
                stream.write(chunk)
                progress.update(len(chunk))


def _find_tag(headers: Mapping[str, str]) -> str | None:
    """Give what a server must repeat of a file: its strong entity tag; a weak one or a date proves nothing.

    None as well for an answer that was compressed on its way: its bytes are no range of the file.
    """
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') and "Content-Encoding" not in headers else None


def _continues(headers: Mapping[str, str], done: int, validator: _Validator) -> bool:
    """Tell whether a part of a file begins where the one on disk ends, and is of the same file."""
    first = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    same = headers.get("ETag", validator.tag) == validator.tag
    return first is not None and int(first[1]) == done and same and "Content-Encoding" not in headers


def _check_size(url: str, size: int, most_bytes: int) -> None:
    """Raise DataError where a file is larger than any that is expected."""
    if size > most_bytes:
        raise DataError(
            f"is larger than {most_bytes} bytes",
            where=url,
            hint="check the address, and download_mb in the registry",
        )


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
