"""Which files of a folder or a repository belong to a base model: nothing that could run code."""

from fnmatch import fnmatch
from pathlib import Path

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


def list_model_files(folder: Path) -> list[str]:
    """List the files at the top of a folder that a model is made of; none where there is no folder."""
    names = sorted(path.name for path in folder.glob("*") if path.is_file())
    return [name for name in names if any(fnmatch(name, pattern) for pattern in FILES)]
