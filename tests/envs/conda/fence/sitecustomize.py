"""Keep a job to its own environment.

Snakemake appends the module path of its own environment to that of every script, so that a package which the
job's environment lacks would be found there. Here only Snakemake itself may be.
"""

import site
import sys
from importlib.machinery import PathFinder

OWN = set(site.getsitepackages())


def keep_out(path: str) -> bool:
    """Say whether a folder holds the packages of another environment."""
    return path.endswith(("site-packages", "dist-packages")) and path not in OWN


class Fence(PathFinder):
    """Finds modules of this environment, of the standard library and of the project, and Snakemake's."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """Find a module as Python does, but no other package of another environment."""
        if path is None and not name.startswith("snakemake"):
            path = [folder for folder in sys.path if not keep_out(folder)]
        return super().find_spec(name, path, target)


sys.meta_path = [Fence if finder is PathFinder else finder for finder in sys.meta_path]
