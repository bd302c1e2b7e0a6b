"""The house keeps its shape: layout, sizes, docstrings, layers and manners, read from the source itself."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import blotquant
from blotquant.pipeline import records
from blotquant.report import methods

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "blotquant"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in [*SOURCES, *TESTS]}
VERBS = [name for name in blotquant.__all__ if name.islower()]
MAY_CATCH_ALL = {"cli", "batch"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = sorted({module_of(path) for path in SOURCES} - {"__init__", "__main__"})


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def all_bodies() -> dict[str, int]:
    return {f"{named(path)}:{node.name}": body_lines(node) for path in SOURCES for node in functions(TREES[path])}


def public_nodes(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (m for m in node.body if isinstance(m, Function) and not m.name.startswith("_"))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func
            yield node, name.id if isinstance(name, ast.Name) else getattr(name, "attr", "")


def source_lines(*patterns: str) -> list[str]:
    found = re.compile("|".join(patterns))
    return [
        f"{named(path)}:{number}: {line.strip()}"
        for path in [*SOURCES, *TESTS]
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if found.search(line)
    ]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_a_file_or_a_package_and_not_both(name: str) -> None:
    assert (PACKAGE / f"{name}.py").is_file() != (PACKAGE / name / "__init__.py").is_file()


def test_the_layers_that_are_checked_name_every_module() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layered = [name.strip() for layer in contract["layers"] for name in layer.split("|")]

    assert contract["exhaustive"]
    assert sorted(layered) == MODULES


def _project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _dependencies() -> list[str]:
    return [re.split(r"[<>=!~\[; ]", each)[0] for each in _project()["dependencies"]]


def _imported() -> set[str]:
    found = set()
    for path in SOURCES:
        for node in ast.walk(TREES[path]):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            found |= {name.split(".")[0] for name in names}
    return found


def test_every_dependency_is_imported_by_the_package() -> None:
    modules = {"opencv-python-headless": "cv2", "pillow": "PIL"}

    assert [name for name in _dependencies() if modules.get(name, name) not in _imported()] == []


def test_versions_on_record_are_of_dependencies_and_methods_names_them_as_they_are_called() -> None:
    recorded = records._PACKAGES
    shown = methods._versions({"versions": dict.fromkeys(["python", *recorded], "1")})

    assert [name for name in recorded if name not in _dependencies()] == []
    assert set(methods._PROPER) <= {"python", *recorded}
    assert "OpenCV 1" in shown
    assert "headless" not in shown


def test_types_are_ignored_only_of_what_is_imported_or_an_extra() -> None:
    ignored = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"][0]["module"]

    assert [name for name in ignored if name.removesuffix(".*") not in _imported()] == []


def test_no_file_is_a_drawer() -> None:
    drawers = {"utils.py", "types.py", "statistics.py", "io.py", "helpers.py", "common.py", "misc.py"}

    assert [named(path) for path in SOURCES if path.name in drawers] == []


def test_files_stay_under_400_lines() -> None:
    assert {named(p): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) >= 400} == {}


def test_no_function_is_longer_than_50_lines_and_half_are_shorter_than_12() -> None:
    bodies = all_bodies()

    assert {name: lines for name, lines in bodies.items() if lines > 50} == {}
    assert statistics.median(bodies.values()) < 12


def test_every_public_function_and_class_says_what_it_is() -> None:
    silent = [
        f"{named(path)}:{node.name}"
        for path in SOURCES
        for node in public_nodes(TREES[path])
        if not (ast.get_docstring(node) or "").strip()
    ]

    assert silent == []


def test_every_module_says_what_it_is() -> None:
    assert [named(path) for path in SOURCES if not ast.get_docstring(TREES[path])] == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_public_verb_documents_each_parameter_and_what_it_returns(verb: str) -> None:
    function = getattr(blotquant, verb)
    text = inspect.getdoc(function) or ""

    assert "\nParameters\n----------\n" in text
    assert "\nReturns\n-------\n" in text
    named_there = set(re.findall(r"\w+", " ".join(re.findall(r"^(\*{0,2}\w.*?) ?:", text, re.MULTILINE))))
    parameters = [name for name in inspect.signature(function).parameters if not name.startswith("_")]
    assert [name for name in parameters if name not in named_there and f"**{name}" not in text] == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_public_verb_takes_data_first_and_options_by_name(verb: str) -> None:
    kinds = [parameter.kind for parameter in inspect.signature(getattr(blotquant, verb)).parameters.values()]

    assert sum(kind == inspect.Parameter.POSITIONAL_OR_KEYWORD for kind in kinds) <= 3
    assert inspect.Parameter.VAR_POSITIONAL not in kinds


def test_the_public_names_are_those_of_the_contract() -> None:
    promised = (
        "read_blot orient find_lanes find_bands estimate_background integrate match_bands normalise summarise "
        "compare_groups fit_dose_response quantify read_study simulate Blot Study Result DoseResponse BACKGROUNDS "
        "READERS"
    )

    assert sorted(blotquant.__all__) == sorted(promised.split())
    assert set(blotquant.__all__) <= set(dir(blotquant))
    with pytest.raises(AttributeError, match="has no attribute 'measure_everything'"):
        _ = blotquant.measure_everything


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_what_a_module_offers_exists(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = importlib.import_module(".".join(part for part in parts if part != "__init__"))

    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []


def test_only_the_command_line_prints() -> None:
    printing = [
        named(path)
        for path in SOURCES
        if module_of(path) != "cli"
        for _, name in calls(TREES[path])
        if name in ("print", "echo")
    ]

    assert printing == []


def test_only_the_rim_catches_everything() -> None:
    def catches_all(handler: ast.ExceptHandler) -> bool:
        names = [node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)] if handler.type else []
        return handler.type is None or bool({"Exception", "BaseException"} & set(names))

    catching = [
        f"{named(path)}:{node.lineno}"
        for path in SOURCES
        if module_of(path) not in MAY_CATCH_ALL
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    ]

    assert catching == []


def test_nothing_is_asserted_at_users() -> None:
    asserting = [
        f"{named(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Assert)
    ]

    assert asserting == []


def test_nothing_is_left_open_and_no_machine_is_named() -> None:
    assert source_lines(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", r"(^|[^\w.])/(work|tmp|home)/") == []


def test_what_is_silenced_is_explained() -> None:
    silenced = source_lines(r"# type: ignore", r"# noqa")

    assert [
        line for line in silenced if not re.search(r"# (type: ignore\[[\w, -]+\]|noqa: [\w, ]+) +(#|-) ?\w", line)
    ] == []


def test_names_of_tests_are_sentences() -> None:
    short = [
        f"{named(path)}:{node.name}"
        for path in TESTS
        for node in functions(TREES[path])
        if node.name.startswith("test_") and node.name.count("_") < 3
    ]

    assert short == []


def test_every_test_can_fail() -> None:
    def can_fail(function: Function) -> bool:
        asserting = any(isinstance(node, ast.Assert) for node in ast.walk(function))
        return asserting or any(
            name in ("raises", "warns", "fail", "check_returncode") or "assert" in name for _, name in calls(function)
        )

    idle = [
        f"{named(path)}:{node.name}"
        for path in TESTS
        for node in functions(TREES[path])
        if node.name.startswith("test_") and not can_fail(node)
    ]

    assert idle == []


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the modules of the package that a file imports from, a public name counted for the module it is of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.removeprefix("blotquant.") for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module == "blotquant":
            homes = (getattr(getattr(blotquant, name.name), "__module__", None) for name in node.names)
            yield from (home.removeprefix("blotquant.") for home in homes if home)
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("blotquant."):
            yield node.module.removeprefix("blotquant.")


def test_every_module_has_its_unit_tests() -> None:
    unit = [TREES[path] for path in TESTS if path.parent.name == "unit"]
    tested = {name.split(".")[0] for tree in unit for name in imported(tree)}

    assert [name for name in MODULES if name != "cli" and name not in tested] == []  # cli has tests/cli
