"""Write all that is generated for readers: `make reference`."""

from pathlib import Path

from tracekd.core.files import atomic_write
from tracekd.reference.files import files_page
from tracekd.reference.names import names_page
from tracekd.settings import reference as settings


def reference_files(root: Path = settings.ROOT) -> dict[Path, str]:
    """Give path and text of every generated file: schemas and pages."""
    return {
        **settings.reference_files(root),
        root / "docs/reference.md": names_page(),
        root / "docs/files.md": files_page(root),
    }


if __name__ == "__main__":
    for path, text in reference_files().items():
        with atomic_write(path) as stream:
            stream.write(text)
