"""Fuzz every reader: ``python -m tests.fuzz --minutes 60``. Ends with a table of what was tried; 1 with a finding.

A child process spoils and reads; its parent notices when it hangs or dies. A finding is an error that is not ours, an
error of more than one line, more than 10 s, more memory than stated, a file that was changed or one that was written.
Spoilt files of a finding are kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import LIMIT_S, try_once

MOST = 20  # findings after which there is enough to mend


def _loop(names: list[str], seed: int, place: Path, pipe: Connection) -> None:
    """Fuzz one target after the other, round and round, telling the parent of every try."""
    ready = {}
    for name in names:
        folder = place / name
        folder.mkdir(parents=True)
        ready[name] = {path: path.read_bytes() for path in TARGETS[name].write(folder)}
    rng = np.random.default_rng(seed)
    while True:
        for name in names:
            pipe.send((name, None, ""))
            refused, said = try_once(name, place / name, ready[name], rng)
            pipe.send((name, refused, said))
            if said:
                return


def _watch(names: list[str], seed: int, until: float, keep: Path, tally: dict[str, list[int]]) -> list[str]:
    """Run one child until the time is over or it finds something; returns the findings."""
    place = Path(tempfile.mkdtemp(prefix="fuzz"))
    mine, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=_loop, args=(names, seed, place, theirs), daemon=True)
    child.start()
    theirs.close()
    at, found = "", ""
    while time.monotonic() < until and not found:
        try:
            if not mine.poll(60.0 if not at else 2.0 * LIMIT_S):
                found = f"{at}: hangs"
                break
            name, refused, said = mine.recv()
        except EOFError:
            found = f"{at}: the process died"
            break
        at = name
        if refused is not None:
            tally[name][0] += 1
            tally[name][1] += refused
            found = f"{name}: {said}" if said else ""
    child.kill()
    child.join()
    if found:
        shutil.copytree(place / at, keep / f"{at}-{seed}", dirs_exist_ok=True)
        found += f"\n  (seed {seed}, files in {keep / f'{at}-{seed}'})"
    shutil.rmtree(place)
    return [found] if found else []


def _check_sound(names: list[str]) -> None:
    """A sound file must be taken, or spoiling it tells nothing."""
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            TARGETS[name].write(Path(place))
            TARGETS[name].read(Path(place))


def main() -> int:
    """Fuzz for a while and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=sorted(TARGETS), choices=sorted(TARGETS))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "blotquant-fuzz")
    asked = parser.parse_args()
    _check_sound(asked.only)
    until, seed = time.monotonic() + 60.0 * asked.minutes, asked.seed
    tally: dict[str, list[int]] = {name: [0, 0] for name in asked.only}
    findings: list[str] = []
    while time.monotonic() < until and len(findings) < MOST:
        new = _watch(asked.only, seed, until, asked.keep, tally)
        for text in new:
            print(text, flush=True)
        findings, seed = [*findings, *new], seed + 1
    for name, (tried, refused) in tally.items():
        print(f"{name:16} {tried:8} spoilt files, {refused:8} refused")
    print(f"{sum(tried for tried, _ in tally.values())} spoilt files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
