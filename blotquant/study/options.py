"""``study.toml``: title, controls, grouping, mass ladder, and settings of each stage."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import SettingsError, TableError
from ..settings import Settings, from_mapping
from ..tables import nearest
from .samples import MEASURED_ROLES

__all__ = ["CONTROLS", "Control", "Options", "matching_lanes", "parse_options", "read_options"]

Control = Mapping[str, Any]
"""Column of samples.csv → the value that it holds in the control's lanes."""

CONTROLS = ("maximum", "minimum", "reference")
_MASS = ("ladder", "buffer", "model")


@dataclass(frozen=True)
class Options:
    """What ``study.toml`` says; every part has a default.

    Parameters
    ----------
    title : str
        Title of the study.
    controls : Mapping
        ``maximum``, ``minimum`` and ``reference``, where they are named.
    group_by : tuple of str
        Further columns that part groups.
    mass : Mapping
        ``ladder`` (a product, or masses in kDa from the top), ``buffer`` and ``model``.
    settings : Settings
        Settings of each stage.
    """

    title: str = ""
    controls: Mapping[str, Control] = field(default_factory=dict)
    group_by: tuple[str, ...] = ()
    mass: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)


def _part(values: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    value = values.get(name, kind())
    if not isinstance(value, kind):
        wanted = {"dict": "a section", "list": "a list of texts", "str": "a text"}[kind.__name__]
        raise SettingsError(f"{where}: {name} = {value!r} must be {wanted}")
    return value


def _controls(values: Mapping[str, Any], where: str) -> dict[str, Control]:
    section = _part(values, "control", dict, where)
    for name, control in section.items():
        if name not in CONTROLS:
            raise SettingsError(f"{where}: control {name!r} is unknown{nearest(name, CONTROLS)}")
        if not isinstance(control, dict) or not control:
            example = f'{name} = {{ treatment = "vehicle" }}'
            raise SettingsError(f"{where}: control {name} = {control!r} must name columns and values, as in {example}")
        for column, value in control.items():
            if not isinstance(value, (str, int, float)):
                raise SettingsError(f"{where}: control {name}.{column} = {value!r} must be a text or a number")
    return dict(section)


def _mass(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    section = _part(values, "mass", dict, where)
    for name, value in section.items():
        if name not in _MASS:
            raise SettingsError(f"{where}: mass.{name} is unknown{nearest(name, _MASS)}")
        masses = name == "ladder" and isinstance(value, list) and len(value) >= 3
        if masses and all(isinstance(mass, (int, float)) and mass > 0 for mass in value):
            continue
        if not isinstance(value, str):
            raise SettingsError(
                f"{where}: mass.{name} = {value!r} must be a text, or at least three masses for the ladder"
            )
    return dict(section)


def parse_options(text: str, where: str = "study.toml") -> Options:
    """Read the text of a ``study.toml``.

    Raises
    ------
    SettingsError
        It is not TOML, or a name or value in it is unknown.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where}: not TOML ({error})") from error
    group_by = _part(values, "group_by", list, where)
    if not all(isinstance(name, str) for name in group_by):
        raise SettingsError(f"{where}: group_by = {group_by!r} must be a list of texts")
    stages = {name: part for name, part in values.items() if name not in ("title", "control", "group_by", "mass")}
    known = ["title", "control", "group_by", "mass", *Settings().as_dict()]
    for name, part in stages.items():
        if name not in known:
            raise SettingsError(f"{where}: {name!r} is unknown{nearest(name, known)}")
        if not isinstance(part, dict):
            raise SettingsError(f"{where}: {name} = {part!r} must be a section [{name}]")
    try:
        settings = from_mapping(stages)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
    title = _part(values, "title", str, where)
    return Options(title, _controls(values, where), tuple(group_by), _mass(values, where), settings)


def read_options(path: Path) -> Options:
    """Read ``study.toml``; where there is none, everything keeps its default.

    Raises
    ------
    SettingsError
        As in `parse_options`.
    """
    if not path.exists():
        return Options()
    try:
        return parse_options(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: byte {error.start + 1} is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror or error})") from error


def _equal(column: pd.Series[Any], value: Any) -> pd.Series[bool]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return pd.to_numeric(column, errors="coerce") == float(value)
    return column.astype(str) == str(value)


def matching_lanes(samples: pd.DataFrame, name: str, control: Control, where: str = "study.toml") -> pd.Series[bool]:
    """Find the lanes that a control names.

    Parameters
    ----------
    samples : DataFrame
        The checked ``samples.csv``.
    name : str
        ``maximum``, ``minimum`` or ``reference``, for the error.
    control : mapping of column to value
        A lane is meant when every column holds its value.

    Raises
    ------
    TableError
        The control matches no lane; names the column, the value and the nearest one that exists.
    """
    lanes = samples["role"].isin(MEASURED_ROLES)
    found = lanes.copy()
    for column, value in control.items():
        if column not in samples.columns:
            known = [each for each in samples.columns if each != "flags"]
            raise TableError(
                f"{where}: control {name} names column {column!r}, which samples.csv lacks{nearest(column, known)}"
            )
        here = _equal(samples[column], value)
        if not (here & lanes).any():
            hint = nearest(str(value), sorted({str(each) for each in samples.loc[lanes, column]}))
            raise TableError(f"{where}: control {name} matches nothing: no lane has {value!r} in {column!r}{hint}")
        found &= here
    if not found.any():
        pairs = ", ".join(f"{column} = {value!r}" for column, value in control.items())
        raise TableError(f"{where}: control {name} matches nothing: no lane has {pairs} at once")
    return found
