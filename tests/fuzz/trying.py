"""One try: a file is spoilt and read, and what must never happen is looked for."""

from __future__ import annotations

import resource
import time
import traceback
import warnings
from pathlib import Path

import numpy as np

from blotquant.errors import BlotquantError
from tests.fuzz.targets import TARGETS

LIMIT_S = 10.0
LIMIT_MB = 400.0
"""Memory that reading a spoilt file may take beyond what the program itself has [MB]; pictures of up to 1 megapixel."""


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def try_once(name: str, folder: Path, sound: dict[Path, bytes], rng: np.random.Generator) -> tuple[bool, str]:
    """Spoil one of the files in a folder and read it: whether it was refused, and what is wrong; empty if nothing."""
    target = TARGETS[name]
    chosen = sorted(sound)[int(rng.integers(0, len(sound)))]
    chosen.write_bytes(target.spoil(sound[chosen], rng))
    before, base, start, refused, said = _contents(folder), _peak_mb(), time.perf_counter(), False, ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.read(folder)
    except BlotquantError as error:
        refused = True
        said = f"error of several lines: {str(error)[:200]!r}" if "\n" in str(error) else ""
    except Exception:  # noqa: BLE001 - whatever else is raised is what is looked for
        said = traceback.format_exc()
    took, grown = time.perf_counter() - start, _peak_mb() - base
    said = said or (f"took {took:.1f} s" if took > LIMIT_S else "")
    said = said or (f"took {grown:.0f} MB" if grown > LIMIT_MB else "")
    said = said or ("" if _contents(folder) == before else "a file was written, changed or taken away")
    if not said:
        chosen.write_bytes(sound[chosen])
    return refused, said
