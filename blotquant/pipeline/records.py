"""What a run was made of: versions, inputs and their hashes, and settings."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

from .. import __version__
from ..errors import QualityWarning
from ..readers import digest_of
from ..settings import Settings
from ..study import Study

__all__ = ["kept_warnings", "make_record", "run_key"]

_PACKAGES = ("numpy", "pandas", "scipy", "opencv-python-headless", "tifffile", "matplotlib")


@functools.cache
def _versions() -> Mapping[str, str]:
    found = {"blotquant": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # another distribution of the same package serves as well
            found[name] = "unknown"
    return MappingProxyType(found)


@contextmanager
def kept_warnings() -> Iterator[list[str]]:
    """Keep the text of every `QualityWarning` that is raised inside, and raise each once more at the end."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
        said += list(dict.fromkeys(str(each.message) for each in caught if issubclass(each.category, QualityWarning)))
    for each in {str(each.message): each for each in caught}.values():
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def run_key(study: Study, settings: Settings | None = None) -> str:
    """Name a run by what it is made from: tables, images, settings and version.

    A saved result whose ``run.json`` holds this key needs not be made again.
    """
    images = {name: digest_of(study.folder / name) for name in study.images["file"].unique()}
    chosen = (settings or study.settings).as_dict()
    text = json.dumps([__version__, dict(study.inputs), images, chosen], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def make_record(title: str, inputs: Mapping[str, str], said: list[str], **further: Any) -> dict[str, Any]:
    """Put together what ``run.json`` says beside settings and sheets."""
    versions = _versions()
    return {
        "title": title,
        "blotquant": versions["blotquant"],
        "versions": dict(versions),
        **further,
        "inputs": dict(sorted(inputs.items())),
        "warnings": said,
        "failures": [],
    }
