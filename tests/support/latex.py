"""Where tests of LaTeX find it: its absence is a failure in CI and a skip elsewhere."""

import os
import shutil

import pytest
from tracekd.tables.compile import INSTALL

from support.missing import skip_without


def need_latex() -> None:
    """Skip the test without LaTeX; in CI fail."""
    if shutil.which("pdflatex") is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"LaTeX is missing: {INSTALL}")
        skip_without("LaTeX", INSTALL)
