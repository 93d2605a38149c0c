"""The code behind a rule's outputs: the files that its script uses, each with a digest of what it does.

A script uses the modules of this package that it imports, at the top or inside functions, and what these use
in turn. `import_module(f"tracekd.datasets.{name}")` uses every package that can stand in place of `{name}`.
Every file of an extension counts, with what it uses, for any script may ask for any of them.

A digest sees no comment, docstring or line break, and nothing that only a type checker imports. Left out are
schemas, which refuse files and write none, and `SURROUNDINGS`.
"""

import ast
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write, sha256_file, sha256_text

SCRIPTS = Path(__file__).resolve().parents[2]
# records, leases, logs and the words of errors: they write no byte of an output
SURROUNDINGS = frozenset(
    {
        "tracekd.core.errors",
        "tracekd.core.logs",
        "tracekd.run.code",
        "tracekd.run.jobs",
        "tracekd.run.lease",
        "tracekd.run.provenance",
    }
)
# what earlier calls found in files of the same bytes: parsing the package takes 0.5 s
MEMORY = Path(".snakemake/tracekd_code.json")
# fields of a syntax tree that say nothing about what the code does
SILENT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
IMPORTING = frozenset({ast.Import, ast.ImportFrom, ast.Call})


@dataclass(frozen=True, slots=True)
class Source:
    """Digest of what a Python file does, and what it may import: dotted names, `*` for any package."""

    digest: str
    imports: list[str]


def code_digests(rules: Iterable[str], extensions: Iterable[str | Path] = ()) -> dict[str, str]:
    """Give rule -> one digest of its `code_parts`, its parameter `code`; keep what was parsed in `MEMORY`."""
    known = len(read_memory())
    digests = {rule: digest_parts(code_parts(rule, extensions)) for rule in rules}
    if len(read_memory()) > known:
        _remember()
    return digests


def code_parts(rule: str, extensions: Iterable[str | Path] = ()) -> dict[str, str]:
    """Give file -> digest of all that the script of a rule uses; nothing for a rule without a script.

    Args:
        rule: its script has the same name.
        extensions: folders of which every Python file counts.

    """
    script = SCRIPTS / f"{rule}.py"
    if not script.exists():
        return {}
    added = [path.resolve() for folder in extensions for path in Path(folder).rglob("*.py")]
    own = [script, *added]
    used = {*own, *(package_modules()[name] for name in find_closure(own))}
    return {_show(path): read_source(path).digest for path in sorted(used)}


@cache  # most files stand behind most rules
def _show(path: Path) -> str:
    """Name a file from the project's folder."""
    return Path(os.path.relpath(path, SCRIPTS.parent)).as_posix()


def digest_parts(parts: Mapping[str, str]) -> str:
    """Give one digest of `code_parts`."""
    return sha256_text(json.dumps(parts, sort_keys=True))


def list_changed(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """Name the files that differ between two `code_parts`."""
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}


@cache
def package_modules() -> dict[str, Path]:
    """Give module -> file of the whole package."""
    return {_module_name(path): path for path in sorted((SCRIPTS / "tracekd").rglob("*.py"))}


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")


def find_closure(files: Iterable[Path]) -> set[str]:
    """Give the modules that these files use, that those use, and so on."""
    found: set[str] = set()
    waiting = {name for path in files for name in find_modules(path)}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= find_modules(package_modules()[name]) - found
    return found


@cache
def find_modules(path: Path) -> frozenset[str]:
    """Give the modules that a file uses itself, and the packages they stand in, which an import runs, too."""
    named = {name for pattern in read_source(path).imports for name in _find_named(pattern)}
    steps = {name.rsplit(".", up)[0] for name in named for up in range(name.count(".") + 1)}
    return frozenset(steps & package_modules().keys() - SURROUNDINGS)


def _find_named(pattern: str) -> Iterator[str]:
    """Yield the modules of a dotted name; a `*` in it stands for one package."""
    if "*" not in pattern:
        yield pattern
        return
    path = pattern.replace(".", "/")
    for file in SCRIPTS.glob(f"{path}/__init__.py" if path.endswith("*") else f"{path}.py"):
        yield _module_name(file)


@cache
def read_source(path: Path) -> Source:
    """Read a Python file, or remember what was found in these bytes; DataError where it is not Python."""
    key = sha256_file(path)
    if key not in read_memory():
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError as error:
            where = f"{_show(path)}:{error.lineno}"
            raise DataError(f"not Python: {error.msg}", where=where, hint="mend this line") from error
        words: list[str] = []
        imports: set[str] = set()
        _describe(tree, words, imports)
        read_memory()[key] = Source(sha256_text("\0".join(words)), sorted(imports))
    return read_memory()[key]


@cache
def read_memory() -> dict[str, Source]:
    """Give SHA-256 of a file -> what this very module found in it in earlier calls and in this one."""
    try:
        kept = json.loads(MEMORY.read_text("utf-8"))
        if kept["by"] == _own_sha256():
            return {key: Source(**one) for key, one in kept["sources"].items()}
    except (OSError, ValueError, TypeError, KeyError):  # none yet, or damaged: the files are parsed anew
        pass
    return {}


def _own_sha256() -> str:
    return sha256_file(__file__)


def _remember() -> None:
    """Keep what is known of today's files; jobs of a cluster may do so at once."""
    today = {sha256_file(path) for path in SCRIPTS.rglob("*.py")} & read_memory().keys()
    kept = {"by": _own_sha256(), "sources": {key: asdict(read_memory()[key]) for key in sorted(today)}}
    with atomic_write(MEMORY) as stream:
        json.dump(kept, stream)


def _describe(node: ast.AST, words: list[str], imports: set[str]) -> None:
    """List the words of a syntax tree, without positions and without what is empty, and what it imports.

    So the words are the same whichever Python wrote the tree: newer ones add fields that are mostly empty.
    """
    kind = type(node)
    words.append(kind.__name__)
    if kind in IMPORTING:
        imports.update(_name_imports(node))
    for name in node._fields:
        value = getattr(node, name)
        if value is None or name in SILENT:
            continue
        if isinstance(value, ast.AST):
            words.append(name)
            _describe(value, words, imports)
        elif not isinstance(value, list):
            words.append(f"{name}={value!r}")
        elif value:
            words.append(f"{name}(")
            for item in value:
                if not isinstance(item, ast.AST):
                    words.append(repr(item))
                elif not (_is_text(item) or _is_for_types(item)):
                    _describe(item, words, imports)
            words.append(")")


def _is_text(node: ast.AST) -> bool:
    """Tell a docstring, or any text that stands for itself."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_for_types(node: ast.AST) -> bool:
    """Tell what only a type checker reads."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _name_imports(node: ast.AST) -> Iterator[str]:
    """Yield what a node imports of the package; after `from a import b`, `a.b` may be a module or not."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "import_module":
        names = [name_pattern(node.args[0])]
    else:
        return
    yield from (name for name in names if name.startswith("tracekd."))


def name_pattern(name: ast.expr) -> str:
    """Give the argument of `import_module` with `*` for each placeholder."""
    pieces = name.values if isinstance(name, ast.JoinedStr) else [name]
    return "".join(str(piece.value) if isinstance(piece, ast.Constant) else "*" for piece in pieces)
