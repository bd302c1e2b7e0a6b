"""The command line: one verb, one function, no science.

Results go to stdout, messages to stderr. Exit codes: 0 done; 1 an image or a study failed; 2 wrong usage,
settings or tables; 3 done but flagged, with ``--strict``; 130 interrupted.
"""

from __future__ import annotations

import copy
import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, cast

import typer

from .. import __version__
from ..errors import BlotquantError, QualityWarning, mistake
from . import drawing, finishing, looking, measuring
from .console import Console

__all__ = ["app", "main"]

INTERRUPTED = 130
_MANY_OBJECTS = 200_000  # made between two looks for garbage; Python's own 700 suit programs that make little else

app = typer.Typer(
    name="blotquant",
    help="Western blots from image to dose-response.",
    epilog="Every verb has --help. First steps: blotquant demo -o demo",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # plain help: reads the same everywhere, and starts sooner
)
_SHORT = {  # the list of verbs has 45 characters a line
    "demo": "Draw a small study, quantify it, print IC50.",
    "init": "Write the study's tables, to be filled in.",
    "simulate": "Draw a blot or a study with its truth.",
    "inspect": "Say what is good and bad about images.",
    "readers": "List formats, or which reader takes an image.",
    "schema": "Explain every table and column.",
    "measure": "Find and measure lanes and bands of images.",
    "quantify": "Go from a study's images to dose-response.",
    "fit": "Fit dose-response curves to a table.",
    "report": "Write figures and HTML of a result again.",
}
for _module in (drawing, looking, measuring, finishing):
    for _name, _verb in _module.VERBS.items():
        app.command(_name, short_help=_SHORT[_name])(_verb)

# Typer does not name the base of its usage errors (missing option, unknown verb …); BadParameter is one of them.
_UsageError = cast(type[Exception], typer.BadParameter.__bases__[0])


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"blotquant {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


@contextmanager
def _warnings_to(console: Console) -> Iterator[None]:
    """Show each doubt about the input once, on one line."""

    def show(message: Warning | str, category: type[Warning], *place: Any, **further: Any) -> None:
        if issubclass(category, QualityWarning):
            console.warn(message)
        else:
            console.detail(f"{category.__name__}: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = show
        yield


@contextmanager
def _seldom_collecting(*, to_the_end: bool) -> Iterator[None]:
    """Look for garbage seldom: what a start makes is modules, which stay; looking through them took a tenth of it.

    Where the process ends after this, all of it is given back at once and nothing is looked through; that took a sixth.
    """
    before = gc.get_threshold()
    gc.set_threshold(_MANY_OBJECTS, *before[1:])
    try:
        yield
    finally:
        if to_the_end:
            gc.freeze()  # before the usual threshold is there again, at which all would be looked through at once
        gc.set_threshold(*before)


def _asked(words: Sequence[str]) -> typer.Typer:
    """Return the command line with the one verb that is asked for; Typer takes a while over each."""
    verb = next((word for word in words if not word.startswith("-")), "")
    one = copy.copy(app)
    one.registered_commands = [each for each in app.registered_commands if each.name == verb or verb not in _SHORT]
    return one


def _usage(error: Exception) -> str:
    text = str(getattr(error, "format_message", error.__str__)()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{text}; see '{context.command_path} --help'" if context is not None else text


def _end(console: Console, code: int, text: str, cause: BaseException | None = None) -> int:
    console.error(text, cause)
    verb = next((word for word in console.words if word in _SHORT), "")
    console.document({"verb": verb, "error": text, "exit_code": code})
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``blotquant``; those of the process when left out.

    Returns
    -------
    int
        0 done; 1 an image or a study failed; 2 wrong usage; 3 done but flagged, with ``--strict``; 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(words=tuple(words))
    try:
        with _warnings_to(console), _seldom_collecting(to_the_end=arguments is None):
            code = typer.main.get_command(_asked(words)).main(
                words, prog_name="blotquant", standalone_mode=False, obj=console
            )
        if code == INTERRUPTED:  # newer releases of Typer turn Ctrl-C into this exit code, older ones into Abort
            raise typer.Abort
        return code if isinstance(code, int) else 0
    except _UsageError as error:
        return _end(console, 2, _usage(error), error)
    except BlotquantError as error:
        return _end(console, error.exit_code, str(error), error)
    except (typer.Abort, KeyboardInterrupt):
        return _end(console, INTERRUPTED, "interrupted; what is done is kept, go on with --resume")
    except MemoryError as error:
        return _end(console, 1, "not enough memory; end other programs, or crop the picture", error)
    except OSError as error:
        where = f"{os.fspath(error.filename)}: " if error.filename else ""
        return _end(console, 1, f"{where}{error.strerror or error}; check disk space and permissions", error)
    except Exception as error:  # noqa: BLE001 - the outermost rim: a mistake of ours is one line too
        return _end(console, 1, mistake(error), error)
