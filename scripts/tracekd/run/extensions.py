"""Extensions: folders outside the package that bring datasets, arms, scorers or conditions of one's own."""

import importlib.util
import os.path
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from tracekd.core.errors import ConfigError, TraceKDError
from tracekd.core.logs import logger

ENTRY = "extension.py"


def load_extensions(folders: Iterable[str | Path]) -> None:
    """Run the `extension.py` of every folder, each once per process; it adds what it brings.

    A folder is imported as a package of its own name, so that its modules can import one another by
    `from {folder} import {module}`.

    Raises ConfigError, with file and line, where there is none or it fails.
    """
    for folder in map(Path, folders):
        entry, name = folder / ENTRY, folder.name
        loaded = sys.modules.get(name)
        if loaded is not None and getattr(loaded, "__file__", None) == str(entry.resolve()):
            continue
        if not os.path.isfile(entry):  # False for what no path can be, too
            raise ConfigError(f"has no {ENTRY}", where=f"config: extensions: {folder}", hint="check the path")
        if loaded is not None or not name.isidentifier() or importlib.util.find_spec(name):
            raise ConfigError(
                f"the folder's name {name!r} is taken or no Python name",
                where=f"config: extensions: {folder}",
                hint="rename the folder",
            )
        _run(entry.resolve(), name)


def _run(entry: Path, name: str) -> None:
    """Import one extension as a package."""
    spec = importlib.util.spec_from_file_location(name, entry, submodule_search_locations=[str(entry.parent)])
    assert spec is not None and spec.loader is not None  # a file that ends in .py always has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except TraceKDError:
        raise
    except Exception as error:
        logger.info("%s", traceback.format_exc())
        inside = [frame for frame in traceback.extract_tb(error.__traceback__) if name in frame.filename]
        line = inside[-1].lineno if inside else 1
        file = inside[-1].filename if inside else entry
        raise ConfigError(
            f"{type(error).__name__}: {error}", where=f"{file}:{line}", hint="mend the extension"
        ) from error
