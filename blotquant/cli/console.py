"""Where words go: results to stdout, progress and messages to stderr, and for programs one JSON document."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from ..files import plain_value

__all__ = ["Advance", "Console", "one_line"]

Advance = Callable[[str, object], None]


def one_line(text: object) -> str:
    """Return a text as one line without control characters, so that a file's name cannot write on the terminal."""
    words = " ".join(str(text).split())
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in words)


@dataclass
class Console:
    """What the user wants to hear, and the means to say it.

    Parameters
    ----------
    verbosity : int
        0 messages; 1 (``-v``) what is done to each image; 2 (``-vv``) tracebacks.
    quiet : bool
        No progress and no messages; errors and results all the same.
    as_json : bool
        Results are one JSON document on stdout and nothing else.
    words : tuple of str
        The words of the command line, for the record.
    """

    verbosity: int = 0
    quiet: bool = False
    as_json: bool = False
    words: tuple[str, ...] = ()

    def say(self, text: str) -> None:
        """Write a message to stderr."""
        if not self.quiet:
            typer.echo(text, err=True)

    def detail(self, text: str) -> None:
        """Write a message that only ``-v`` wants."""
        if self.verbosity:
            self.say(text)

    def warn(self, text: object) -> None:
        """Write a warning to stderr, on one line."""
        self.say(f"warning: {one_line(text)}")

    def error(self, text: object, cause: BaseException | None = None) -> None:
        """Write an error to stderr, on one line; ``-vv`` sees where it came from."""
        if cause is not None and self.verbosity > 1:
            typer.echo("".join(traceback.format_exception(cause)).rstrip(), err=True)
        typer.echo(f"error: {one_line(text)}", err=True)

    def answer(self, text: str) -> None:
        """Write a result to stdout, for people."""
        if not self.as_json:
            typer.echo(text)

    def document(self, values: Mapping[str, Any]) -> None:
        """Write the result to stdout, for programs; a document that says no exit code is one of success."""
        if self.as_json:
            whole = plain_value({**values, "exit_code": values.get("exit_code", 0)})
            typer.echo(json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False))

    def table(self, rows: Sequence[Sequence[object]]) -> None:
        """Write rows to stdout, their columns aligned; the last column is not padded."""
        texts = [[one_line(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)][:-1]
        for row in texts:
            padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.answer("  ".join([*padded, row[-1]]).rstrip())

    @contextlib.contextmanager
    def progress(self, what: str, total: int) -> Iterator[Advance]:
        """Follow work on stderr: a bar for people at a terminal, with ``--json`` a line of JSON for each thing done.

        Yields
        ------
        callable
            To be told the name of each thing that is done, and why it failed if it did.
        """
        if self.as_json and not self.quiet:
            yield self._lines(what, total)
        elif self.quiet or not sys.stderr.isatty():
            yield lambda name, failure: self.detail(name)
        else:
            with _bar(what, total) as advance:
                yield advance

    def _lines(self, what: str, total: int) -> Advance:
        """Return what writes one line of JSON for each thing done: how many, how fast, how much longer."""
        begun, done, failed = time.monotonic(), 0, 0

        def advance(name: str, failure: object) -> None:
            nonlocal done, failed
            done, failed = done + 1, failed + (failure is not None)
            self.detail(name)
            passed = time.monotonic() - begun
            told = {"event": "progress", "what": what, "name": name, "done": done, "total": total, "failed": failed}
            rate = done / passed if passed > 0 else None
            left = (total - done) / rate if rate else None
            line = {**told, "error": getattr(failure, "message", None), "per_second": rate, "seconds_left": left}
            typer.echo(json.dumps(plain_value(line), ensure_ascii=False, allow_nan=False), err=True)

        return advance


@contextlib.contextmanager
def _bar(what: str, total: int) -> Iterator[Advance]:
    """Draw a bar with what is done, how fast, how much longer, and failures."""
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("[red]{task.fields[failed]}"),
    )
    begun, done, failed = time.monotonic(), 0, 0
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, rate="", failed="")

        def advance(name: str, failure: object) -> None:
            nonlocal done, failed
            done, failed = done + 1, failed + (failure is not None)
            rate = f"{done / max(1e-9, time.monotonic() - begun):.2g}/s"
            bar.update(task, advance=1, rate=rate, failed=f"{failed} failed" if failed else "")

        yield advance
