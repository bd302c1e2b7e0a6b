"""Every method says what it assumes and who published it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import blotquant


def methods() -> Iterator[tuple[str, str]]:
    """Yield what is public and names a paper, by its place, with its words; figures assume nothing of their own."""
    for found in pkgutil.walk_packages(blotquant.__path__, "blotquant."):
        if "__main__" in found.name:
            continue
        module = importlib.import_module(found.name)
        for name, kind in vars(module).items():
            own = (inspect.isfunction(kind) or inspect.isclass(kind)) and kind.__module__ == found.name
            if not own or name.startswith(("_", "plot_")):
                continue
            members = vars(kind).items() if inspect.isclass(kind) else ()
            for place, each in ((name, kind), *((f"{name}.{part}", each) for part, each in members)):
                words = inspect.getdoc(each) if each is kind or inspect.isfunction(each) else None
                if "References\n----------\n" in (words or ""):
                    yield f"{found.name.removeprefix('blotquant.')} {place}", words or ""


METHODS = dict(methods())
STAGES = ["orient", "find_lanes", "find_bands", "integrate", "match_bands", "normalise", "summarise", "compare_groups"]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_names_its_assumption_and_its_paper(name: str) -> None:
    words = METHODS[name]
    assert re.search(r"\bAssumes\b|\bassumes\b", words)
    assert re.search(r"(19|20)\d\d", words[words.index("References\n") :])


@pytest.mark.parametrize("verb", [*STAGES, "fit_dose_response"])
def test_a_stage_says_what_it_assumes(verb: str) -> None:
    assert "ssumes" in (inspect.getdoc(getattr(blotquant, verb)) or "")


def test_methods_of_every_part_are_among_them() -> None:
    parts = {name.split(".")[0].split(" ")[0] for name in METHODS}
    assert {"calibration", "comparison", "dose_response", "grouping", "integration", "matching", "noise"} <= parts
    assert "comparison.linear LinearFit.compare" in METHODS
    assert len(METHODS) > 45
