"""What the files in envs/ pin, which rule names which of them, and what the rules' scripts import."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import NamedTuple

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tracekd.datasets import BUILT_IN

from support.examples import ROOT

SCRIPTS = ROOT / "scripts"
RULE = re.compile(r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", re.MULTILINE | re.DOTALL)
TYPES_ONLY = "TYPE_CHECKING"
# what a registry imports by its name once it is asked for
LOADED_BY_NAME = {SCRIPTS / "tracekd/datasets/__init__.py": [f"tracekd.datasets.{name}" for name in BUILT_IN]}


class Rule(NamedTuple):
    """A rule with its environment (stem of a file in envs/) and its script."""

    name: str
    environment: str
    script: Path


class Import(NamedTuple):
    """An imported module and the file that imports it."""

    module: str
    place: Path


# lines of requirements.txt
OWN_PLUGINS = [f"./{path.relative_to(ROOT)}" for path in sorted(ROOT.glob("plugins/*"))]


def read_rules() -> list[Rule]:
    """Read all rules that run a script or name an environment; KeyError at one that does not do both."""
    rules = []
    for path in sorted(ROOT.glob("rules/*.smk")):
        for name, body in RULE.findall(path.read_text("utf-8")):
            named = dict(re.findall(r'"\.\./(envs|scripts)/(\w+)\.(?:yaml|py)"', body))
            rules.append(Rule(name, named["envs"], SCRIPTS / f"{named['scripts']}.py"))
    return rules


def read_pins(environment: str) -> dict[str, str]:
    """Give package -> version of a file in envs/."""
    *_, pip = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text("utf-8"))["dependencies"]
    return split_pins(pip["pip"])


def read_requirements() -> dict[str, str]:
    """Give package -> version of requirements.txt."""
    return split_pins((ROOT / "requirements.txt").read_text("utf-8").split())


def split_pins(lines: Iterable[str]) -> dict[str, str]:
    """Split `name==version`; names as the index spells them. A folder of this repository has no pin."""
    pairs = (line.split("==") for line in lines if not line.startswith("./"))
    return {canonicalize_name(name): version for name, version in pairs}


def find_needed(packages: Iterable[str]) -> set[str]:
    """Give these packages and all that they need in turn, by what is installed here."""
    needed, left = set(), {canonicalize_name(name) for name in packages}
    while left:
        name = left.pop()
        needed.add(name)
        asked = [one for one in map(Requirement, requires(name) or ()) if _holds_here(one)]
        left |= {canonicalize_name(one.name) for one in asked} - needed
    return needed


def _holds_here(requirement: Requirement) -> bool:
    """Say whether a requirement is made on this machine, without extras."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def find_imports(script: Path, in_functions: bool = True) -> set[Import]:
    """Give what a script imports from outside of the project, itself and through the package's modules.

    Without `in_functions` only what it loads as it starts. Of what a registry loads by its name only that is
    taken which loading imports: what its functions import is for those who call them.
    """
    found, seen, left = set(), set(), [(script, in_functions)]
    while left:
        path, with_functions = left.pop()
        seen.add((path, with_functions))
        imported = [(module, with_functions) for module in _imports(_parse(path), with_functions)]
        imported += [(module, False) for module in LOADED_BY_NAME.get(path, ())]
        for module, deep in imported:
            own = _files(module)
            left += [(file, deep) for file in own if not seen & {(file, deep), (file, True)}]
            if not own and module.partition(".")[0] not in sys.stdlib_module_names:
                found.add(Import(module.partition(".")[0], path.relative_to(ROOT)))
    return found


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def _imports(node: ast.AST, with_functions: bool) -> Iterator[str]:
    """Yield every module that is imported, in functions too if so; not what only the type checker reads."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.If(test=ast.Name(id=name)) if name == TYPES_ONLY:
                continue
            case ast.FunctionDef() if not with_functions:
                continue
        yield from _imports(child, with_functions)


@cache
def _files(module: str) -> list[Path]:
    """Give the project's files that importing a module, or a name out of one, runs."""
    parts = module.split(".")
    stems = [SCRIPTS.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    files = [file for stem in stems for file in (stem / "__init__.py", stem.with_suffix(".py"))]
    return [file for file in files if file.is_file()]


@cache
def find_packages(module: str) -> frozenset[str]:
    """Give the packages that bring a module."""
    return frozenset(map(canonicalize_name, packages_distributions()[module]))
