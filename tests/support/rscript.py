"""R with its package for ordinal models, on which the primary model of a study runs."""

import os
import shutil
import subprocess

import pytest

from support.missing import skip_without


def require_ordinal() -> None:
    """Skip a test where R or the package is missing; in CI that is a failure."""
    command = ["Rscript", "--vanilla", "-e", "library(ordinal)"]
    if shutil.which("Rscript") and not subprocess.run(command, capture_output=True, check=False).returncode:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("R's package ordinal is missing: install r-base-core and r-cran-ordinal")
    skip_without("R's package ordinal", "install r-base-core and r-cran-ordinal")
