"""Raw files of a dataset: brought from the source of its registry entry, whole and verified, or absent."""

import json
from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_folder, atomic_write, sha256_file
from tracekd.datasets.registry import Entry
from tracekd.sources.digests import MANIFEST
from tracekd.sources.download import MOST_BYTES
from tracekd.sources.fetch import fetch_files, mirror_folder
from tracekd.sources.kinds import Local, Simulate, visible_files


def fetch_raw(name: str, entry: Entry, folder: Path, mirror: Path | None, lock_path: Path) -> None:
    """Put the verified raw files of a dataset and their `manifest.json` into `folder`.

    Args:
        name: of the dataset.
        entry: registry entry of any kind of source but `simulate`.
        folder: to make; it replaces an older one only when everything is in order.
        mirror: folder that may hold `{entry.folder}/{path}` of files to download; None for none.
        lock_path: JSON of the checksums seen on first use, for files that the registry gives none.

    Raises DataError and ConfigError as `fetch_files` does.

    """
    assert not isinstance(entry.source, Simulate), "the workflow writes these files itself"
    with atomic_folder(folder) as part:
        place = None if isinstance(entry.source, Local) else mirror_folder(mirror, entry.folder or name)
        stand_ins = fetch_files(name, entry.source, part, place, lock_path, _most_bytes(entry))
        if (part / MANIFEST).exists():
            raise DataError(
                f"has a file {MANIFEST} of its own", where=f"dataset {name}", hint="give it another name"
            )
        write_manifest(name, entry, part, stand_ins)


def _most_bytes(entry: Entry) -> int:
    """Give how large a downloaded file may be: twice what the registry expects of all of the dataset."""
    stated = entry.expected.download_mb if entry.expected else 0
    return round(2 * stated * 1e6) or MOST_BYTES


def write_manifest(name: str, entry: Entry, folder: Path, stand_ins: dict[str, str]) -> None:
    """Write `manifest.json`: what the raw files are, whence, under which licence, and which are stand-ins."""
    manifest = {
        "dataset": name,
        "title": entry.title,
        "citation": entry.citation,
        "licence": entry.licence,
        "source": entry.source.model_dump(mode="json", exclude_defaults=True),
        "files": {path: sha256_file(folder / path) for path in visible_files(folder) if path != MANIFEST},
        "stand_ins": stand_ins,
    }
    with atomic_write(folder / MANIFEST) as stream:
        json.dump(manifest, stream, indent=2, sort_keys=True, ensure_ascii=False)
        stream.write("\n")
