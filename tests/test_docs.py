"""Docs: links between pages lead somewhere, examples in docstrings run, and the README is true of the program."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import blotquant
from blotquant.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "test_images" / "README.md",
]
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(blotquant.__path__, "blotquant.") if "__main__" not in module.name
)


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and MyST make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_inside_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        assert place.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(place), f"{target}: no such heading"


def test_every_page_of_the_site_is_in_a_table_of_contents() -> None:
    listed = {ROOT / "docs" / "index.md"}
    for page in PAGES:
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            listed |= {page.parent / f"{line}.md" for line in block.splitlines() if line and not line.startswith(":")}
    assert {page for page in PAGES if (ROOT / "docs") in page.parents} == listed


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_give_what_they_say(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert found.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_named_in_the_docs_exists_with_its_flags(page: Path) -> None:
    flags = {
        command.name: set(re.findall(r"--[a-z][a-z-]+", str([p.opts for p in _params(command.name)])))
        for command in app.registered_commands
    }
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for line in re.findall(r"^(?:.*&& )?blotquant ([^\n#]+)", "\n".join(blocks), re.MULTILINE):
        verb, *words = line.split()
        if verb.startswith("-"):
            continue
        assert verb in flags, line
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= flags[verb] | {"--help"}, line


def _params(verb: str | None) -> list:
    import typer

    return typer.main.get_command(app).commands[verb].params
