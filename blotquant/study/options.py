"""``study.toml``: title, controls, grouping, mass ladder, and settings of each stage."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..conditions import control
from ..errors import SettingsError, TableError
from ..settings import Settings, from_mapping
from ..tables import nearest

__all__ = ["CONTROLS", "Control", "Options", "check_controls", "parse_options", "read_options"]

Control = Mapping[str, Any]
"""Column of samples.csv → the value, or the values, that it holds in the control's lanes."""

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
    for name, condition in section.items():
        if name not in CONTROLS:
            raise SettingsError(f"{where}: control {name!r} is unknown{nearest(name, CONTROLS)}")
        if not isinstance(condition, dict) or not condition:
            example = f'{name} = {{ treatment = "vehicle" }}'
            raise SettingsError(
                f"{where}: control {name} = {condition!r} must name columns and values, as in {example}"
            )
        for column, value in condition.items():
            if not all(isinstance(each, (str, int, float)) for each in (value if isinstance(value, list) else [value])):
                raise SettingsError(f"{where}: control {name}.{column} = {value!r} must be texts or numbers")
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


def check_controls(samples: pd.DataFrame, controls: Mapping[str, Control], where: str = "study.toml") -> None:
    """Check that every control that is named has lanes.

    Parameters
    ----------
    samples : DataFrame
        The checked ``samples.csv``.
    controls : mapping of str to mapping
        ``maximum``, ``minimum`` and ``reference`` by column and value.
    where : str
        File that names them, for the error.

    Raises
    ------
    TableError
        A control matches no lane; names the column, the value and the nearest one that exists.
    """
    for name, condition in controls.items():
        try:
            control(samples, condition, name)
        except TableError as error:
            raise TableError(f"{where}: {error}") from error
