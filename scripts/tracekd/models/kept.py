"""Finished base models that are kept with the code: the same on every machine, and not trained again.

`resources/models/{digest}/` holds one model and `SHA256SUMS`, which says what its files must be. The digest
is that of its recipe (`BasePlan.describe`), so that a changed recipe finds none and trains its own.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracekd.core.checks import read_json_object
from tracekd.core.errors import ModelError
from tracekd.core.files import atomic_folder
from tracekd.models.identity import digest_json, folder_digests

KEPT = Path("resources/models")
PROBE, SUMS = "probe.json", "SHA256SUMS"
DIGITS = 16  # of the digest, in the name of a folder


def kept_folder(recipe: Mapping[str, Any], root: Path = KEPT) -> Path:
    """Name the folder of the model of a recipe, whether it is there or not."""
    return root / digest_json(recipe)[:DIGITS]


def take_kept(kept: Path, output: Path) -> dict[str, str]:
    """Copy a kept model; give path -> SHA-256 of what was read. ModelError where a file is not as listed."""
    found = folder_digests(kept)
    sums = kept / SUMS
    read = {str(kept / name): digest for name, digest in found.items()}
    found.pop(SUMS, None)
    text = sums.read_text("utf-8", errors="replace") if sums.exists() else ""
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())}
    for name in sorted(found.keys() | listed.keys()):
        if found.get(name) != listed.get(name):
            raise ModelError(
                f"is not the file that {SUMS} lists",
                where=kept / name,
                hint=f"restore it with `git checkout {KEPT}`, or make all anew with `make base-models`",
            )
    with atomic_folder(output) as part:
        for name in found:
            shutil.copyfile(kept / name, part / name)
    return read


def keep_model(model: Path, root: Path = KEPT) -> Path:
    """Keep a model that `build_base_model` has made; give its folder."""
    probe = read_json_object(model / PROBE, "have the model made again by --forcerun build_base_model")
    kept = kept_folder(probe["recipe"], root)
    digests = {name: digest for name, digest in folder_digests(model).items() if not name.startswith(".")}
    with atomic_folder(kept) as part:
        for name in digests:
            shutil.copyfile(model / name, part / name)
        (part / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()), "utf-8")
    return kept
