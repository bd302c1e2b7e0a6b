"""Verbs that look and write nothing: inspect, readers, schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Failure, SettingsError
from .console import Console
from .options import Exclude, Include, Json, Quiet, Strict, Verbose
from .showing import exit_code, show_failures

if TYPE_CHECKING:
    from ..batch.inspecting import Remark
    from ..tables import Table

__all__ = ["VERBS"]


def _columns(table: Table) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "kind": c.kind, "unit": c.unit, "meaning": c.meaning, "required": c.required}
        for c in table.every
    ]


def _settings() -> list[dict[str, Any]]:
    from ..settings import describe

    return [
        {
            "name": f"{each.section}.{each.name}",
            "default": each.default,
            "meaning": each.meaning,
            "choices": list(each.choices),
            "low": each.low,
            "high": each.high,
        }
        for each in describe()
    ]


def _flags() -> list[dict[str, Any]]:
    from ..flags import EXPLANATIONS, SEVERITY, encode

    return [{"name": encode(f), "severity": SEVERITY[f], "meaning": text} for f, text in EXPLANATIONS.items()]


def _measures() -> list[dict[str, Any]]:
    from ..tables import MEASURES

    return [{"name": each.name, "unit": each.unit, "meaning": each.meaning} for each in MEASURES.values()]


def _documents() -> list[dict[str, Any]]:
    from .documents import DOCUMENTS

    return [
        {"verb": verb, "name": field.name, "kind": field.kind, "meaning": field.meaning}
        for verb, fields in DOCUMENTS.items()
        for field in fields
    ]


def _show_rows(console: Console, title: str, rows: Iterable[dict[str, Any]]) -> None:
    console.answer(title)
    console.table([[row[key] for key in row if key not in ("choices", "low", "high")] for row in rows])
    console.answer("")


def _show_table(console: Console, name: str, table: Table, side: str) -> None:
    rows = [
        {
            "name": column.name,
            "kind": column.kind + ("" if column.required else "?"),
            "unit": column.unit or "-",
            "meaning": column.meaning,
        }
        for column in table.every
    ]
    _show_rows(console, f"{name} ({side}): one row is {table.row}", rows)


def schema(
    context: typer.Context,
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="One table, settings, flags, measures or documents.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Show columns, kinds, units and meanings of every table; a kind with ? is a column that need not be there."""
    from ..tables import INPUTS, TABLES, nearest

    console: Console = context.obj
    sides = {**dict.fromkeys(INPUTS, "input"), **dict.fromkeys(TABLES, "output")}
    further = {"settings": _settings, "flags": _flags, "measures": _measures, "documents": _documents}
    if table is not None and table not in {*sides, *further}:
        raise SettingsError(f"table {table!r} is unknown{nearest(table, [*sides, *further])}")
    tables = {name: {**INPUTS, **TABLES}[name] for name in sides if table in (None, name)}
    for name, declared in tables.items():
        _show_table(console, name, declared, sides[name])
    lists = {name: make() for name, make in further.items() if table in (None, name)}
    for name, rows in lists.items():
        _show_rows(console, name, rows)
    described = {
        name: {"side": sides[name], "row": declared.row, "columns": _columns(declared)}
        for name, declared in tables.items()
    }
    console.document({"verb": "schema", "tables": described, **lists})


def _formats() -> list[dict[str, Any]]:
    from ..readers import READERS

    return [
        {"reader": name, "formats": reader.formats, "extensions": list(reader.extensions)}
        for name, reader in READERS.items()
    ]


def _verdicts(image: Path) -> list[dict[str, Any]]:
    from ..readers import explain

    return [
        {"reader": row.reader, "takes": bool(row.takes), "reason": row.reason} for row in explain(image).itertuples()
    ]


def readers(
    context: typer.Context,
    image: Annotated[Path | None, typer.Argument(metavar="IMAGE", help="Who would take this file, and why.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """List the formats that are known; with IMAGE say which reader takes it and why the others do not."""
    console: Console = context.obj
    rows = _formats() if image is None else _verdicts(image)
    if image is None:
        console.table([[row["reader"], " ".join(row["extensions"]), row["formats"]] for row in rows])
    else:
        console.table([[row["reader"], "takes it" if row["takes"] else "-", row["reason"]] for row in rows])
    console.document({"verb": "readers", "image": image, "readers": rows})


def _show_remark(console: Console, remark: Remark) -> dict[str, Any]:
    console.answer(remark.image)
    for text in remark.sentences:
        console.answer(f"  {text}")
    rows = remark.quality[["measure", "value", "unit", "note", "tone"]].to_dict("records")
    doubts = [{"flag": name, "severity": severity, "meaning": text} for name, severity, text in remark.doubts]
    return {"image": remark.image, "quality": rows, "notes": remark.notes, "flags": doubts}


def inspect(
    context: typer.Context,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, globs, or an images.csv.")],
    include: Include = None,
    exclude: Exclude = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Say what the reader sees in each image, what is good about it and what to worry about."""
    from ..batch.inspecting import inspect_images
    from ..batch.manifest import find_images

    console: Console = context.obj
    said, doubtful = [], False
    failed: list[tuple[str, Failure]] = []
    manifest = find_images(images, include=include or (), exclude=exclude or ())
    for name, outcome in inspect_images(manifest):
        if outcome.failure is not None:
            failed.append((name, outcome.failure))
        for remark in outcome.value or ():
            said.append(_show_remark(console, remark))
            doubtful = doubtful or remark.doubtful
    failures = show_failures(console, failed)
    code = exit_code(failed=bool(failed), doubtful=doubtful, strict=strict)
    console.document({"verb": "inspect", "images": said, "failures": failures, "exit_code": code})
    return code


VERBS = {"inspect": inspect, "readers": readers, "schema": schema}
