"""Nothing that comes as data is ever run: no pickle, no eval, no remote code, no shell."""

import ast
import sys

import pytest
from support.examples import ROOT
from support.killing import finish, generate, train, write_inputs

FORBIDDEN_MODULES = {"cPickle", "dill", "joblib", "marshal", "pickle", "shelve"}
# by themselves, for methods of these names run nothing: model.eval(), re.compile()
FORBIDDEN_FUNCTIONS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {"literal_eval", "system", "popen", "unsafe_load"}
SOURCES = sorted([*(ROOT / "scripts").rglob("*.py")])


def called(node):
    """Name what a call calls: (owner, name), the owner empty for a plain function."""
    match node.func:
        case ast.Name(id=name):
            return "", name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return owner, name
        case ast.Attribute(attr=name):
            return "?", name
    return "?", "?"


def faults(source):
    """Find what must not be in the code of the workflow."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ({name.name.partition(".")[0] for name in names} & FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module)):
                yield from ({module.partition(".")[0]} & FORBIDDEN_MODULES)
            case ast.Call(keywords=keywords):
                owner, name = called(node)
                if name in FORBIDDEN_METHODS | (set() if owner else FORBIDDEN_FUNCTIONS):
                    yield f"{owner}.{name}"
                if (owner, name) in {("torch", "load"), ("yaml", "load")}:
                    yield f"{owner}.{name}"
                for keyword in keywords:
                    setting = (keyword.arg, getattr(keyword.value, "value", None))
                    if setting in {("trust_remote_code", True), ("shell", True), ("weights_only", False)}:
                        yield str(keyword.arg)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "scripts").as_posix())
def test_no_code_that_could_run_data(path):
    assert list(faults(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from marshal import loads",
        "eval(text)",
        "ast.literal_eval(text)",
        "os.system('ls')",
        "torch.load(path)",
        "f(trust_remote_code=True)",
        "subprocess.run(line, shell=True)",
    ],
)
def test_the_check_sees_what_it_looks_for(line):
    assert list(faults(line))


def test_rules_run_scripts_only():
    for path in (ROOT / "rules").glob("*.smk"):
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        assert not {"run:", "shell:"} & set(lines), path.name


def watch(work, note):
    """Do the work; note when a class or function is looked up for unpickling, which can run code."""

    def hook(event, arguments):
        if event == "pickle.find_class":
            note(1)

    sys.addaudithook(hook)
    work(lambda done: None)


def watch_training(note):
    watch(train, note)


def watch_generation(note):
    watch(generate, note)


def test_nothing_is_unpickled_while_models_are_trained_and_used(tmp_path):
    write_inputs(tmp_path)
    assert finish(watch_training, tmp_path) == []
    assert finish(watch_generation, tmp_path) == []
