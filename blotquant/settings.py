"""Every setting of every stage: its default, what it may be, and what it means.

``study.toml``, ``--set section.name=value``, ``blotquant init`` and the settings page of the docs all read
these classes. Verbs that a notebook calls take what they need as keyword-only options, as a rule of the same names;
what several stages or none of them need (``by_ladder``, ``doublets``, ``exposures``, ``mass_tolerance``, ``report``,
``batch``) is handed on by the pipeline.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_type_hints

from .errors import SettingsError, nearest

__all__ = ["Setting", "Settings", "describe", "from_mapping", "override"]


def _setting(
    default: Any, meaning: str, *, choices: tuple[str, ...] = (), low: float | None = None, high: float | None = None
) -> Any:
    """Declare a setting; ``low`` and ``high`` bound a number, inclusive."""
    return field(default=default, metadata={"meaning": meaning, "choices": choices, "low": low, "high": high})


@dataclass(frozen=True)
class Orientation:
    """How a picture is brought upright."""

    polarity: str = _setting("auto", "What protein is in the file.", choices=("auto", "bright", "dark"))
    rotate: int = _setting(0, "Quarter turns clockwise that bring the picture upright [degree].", low=-270, high=270)
    mirror: bool = _setting(False, "Swap left and right.")
    by_ladder: bool = _setting(
        False,
        "Turn a membrane that lies on its side or upside down as its ladder tells; needs mass.ladder and a lane of "
        "role ladder.",
    )
    crop: bool = _setting(True, "Crop to the membrane where its edges are seen.")


@dataclass(frozen=True)
class Lanes:
    """How lanes are found."""

    n_lanes: int | None = _setting(
        None, "Number of lanes, ladders and empty ones included; none: found.", low=1, high=200
    )


@dataclass(frozen=True)
class Bands:
    """How bands are found."""

    min_score: float = _setting(5.0, "Evidence in units of noise from which a peak counts as a band.", low=2, high=100)


@dataclass(frozen=True)
class Integration:
    """How a band is measured."""

    background: str = _setting("joint", "Background of the family, or 'joint': band and background fitted together.")


@dataclass(frozen=True)
class Matching:
    """How phospho and total become ratios."""

    saturated: str = _setting(
        "exclude", "Ratios of saturated bands: NaN with a bound, or used all the same.", choices=("exclude", "use")
    )
    doublets: str = _setting(
        "sum",
        "STAT1 and STAT3 where α and β are seen as two rows side by side: their sum, or split, the stronger alone.",
        choices=("sum", "split"),
    )
    force: bool = _setting(False, "Give ratios also where the dilution series is not proportional.")
    exposures: str = _setting(
        "merge",
        "Several exposures of one image: merged into one, or the longest that is not saturated.",
        choices=("merge", "best"),
    )
    mass_tolerance: float = _setting(0.15, "A band is the target when its mass is within this share.", low=0.01, high=1)


@dataclass(frozen=True)
class Normalisation:
    """How ratios become folds and percent activity."""

    within: str = _setting(
        "block", "A fold is relative to the reference of its block, or of its membrane.", choices=("block", "membrane")
    )
    across: str = _setting(
        "reference",
        "How membranes are brought to one scale.",
        choices=("reference", "alignment", "calibrator", "sum", "fixed", "none"),
    )
    use_below_loq: bool = _setting(False, "Divide by a reference below its limit of quantification all the same.")


@dataclass(frozen=True)
class Comparison:
    """How groups are compared."""

    method: str = _setting(
        "auto",
        "Test: auto (paired t for two groups, Dunnett for more), dunnett, tukey, holm.",
        choices=("auto", "dunnett", "tukey", "holm"),
    )
    level: float = _setting(0.95, "Confidence level of every interval.", low=0.5, high=0.999)
    min_replicates: int = _setting(3, "Fewer biological replicates than this give no p value.", low=2, high=100)


@dataclass(frozen=True)
class DoseResponse:
    """How a dose-response curve is fitted."""

    model: str = _setting("4pl", "Curve.", choices=("3pl", "4pl", "5pl"))
    weights: str = _setting(
        "auto",
        "Weights of the points; auto: error for blots, none for fit.",
        choices=("auto", "none", "error", "relative"),
    )
    interval: str = _setting("profile", "Interval of the parameters.", choices=("profile", "wald"))
    se: str = _setting(
        "jacobian",
        "Convention of standard errors: jacobian (nls, Prism) or hessian (R drc).",
        choices=("jacobian", "hessian"),
    )
    ic50: str = _setting(
        "relative",
        "IC50 half-way between the fitted plateaus, or at half of the controls.",
        choices=("relative", "absolute"),
    )


@dataclass(frozen=True)
class Report:
    """What is drawn and written beside the tables."""

    figures: bool = _setting(True, "Write figures/ as SVG, PDF and PNG.")
    sensitivity: bool = _setting(True, "Quantify again under other backgrounds, normalisations and controls.")
    most_images: int = _setting(200, "A batch of more images has a page of figures, and no workbook.", low=0, high=5000)
    dpi: int = _setting(600, "Resolution of PNG figures.", low=72, high=1200)
    style: str = _setting(
        "journal", "Look of figures/: of a journal, or of your own matplotlibrc.", choices=("journal", "matplotlib")
    )


@dataclass(frozen=True)
class Batch:
    """How much one image may take."""

    max_megapixels: float = _setting(300.0, "Larger pictures are refused [10^6 px].", low=1, high=2000)
    time_limit_s: float = _setting(600.0, "An image that takes longer is given up [s].", low=1, high=86400)


@dataclass(frozen=True)
class Settings:
    """All settings of a run, one section a stage."""

    orientation: Orientation = field(default_factory=Orientation)
    lanes: Lanes = field(default_factory=Lanes)
    bands: Bands = field(default_factory=Bands)
    integration: Integration = field(default_factory=Integration)
    matching: Matching = field(default_factory=Matching)
    normalisation: Normalisation = field(default_factory=Normalisation)
    comparison: Comparison = field(default_factory=Comparison)
    dose_response: DoseResponse = field(default_factory=DoseResponse)
    report: Report = field(default_factory=Report)
    batch: Batch = field(default_factory=Batch)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return plain dictionaries, for run.json and for keyword arguments."""
        return dataclasses.asdict(self)


_OF_STUDY = {
    "mass": 'as ladder = "…" and buffer = "…" under [mass]',
    "control": "as maximum, minimum or reference under [control]",
}


def _parse_text(text: str, kind: Any) -> Any:
    """Turn the text of ``--set a.b=text`` into the setting's kind; a text that does not fit stays text."""
    plain = text.strip()
    if plain.lower() in ("none", "") and kind == (int | None):
        return None
    if kind is bool:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(plain.lower(), text)
    try:
        return int(plain) if kind in (int, int | None) else float(plain) if kind is float else text
    except ValueError:
        return text


def _checked(section: str, setting: dataclasses.Field[Any], kind: Any, value: Any) -> Any:
    name = f"{section}.{setting.name}"
    rules = setting.metadata
    if isinstance(value, str) and kind is not str:
        value = _parse_text(value, kind)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    number = kind in (int, float, int | None)
    if not isinstance(value, kind) or (number and isinstance(value, bool)):
        wanted = getattr(kind, "__name__", str(kind))
        raise SettingsError(f"setting {name} = {value!r}: must be {wanted}; default {setting.default!r}")
    if rules["choices"] and value not in rules["choices"]:
        raise SettingsError(f"setting {name} = {value!r}: must be one of {', '.join(rules['choices'])}")
    if (
        number
        and value is not None
        and not ((rules["low"] is None or value >= rules["low"]) and (rules["high"] is None or value <= rules["high"]))
    ):
        raise SettingsError(f"setting {name} = {value!r}: must lie between {rules['low']} and {rules['high']}")
    return value


def from_mapping(values: Mapping[str, Mapping[str, Any]], base: Settings | None = None) -> Settings:
    """Build settings from sections of names and values; what is not named keeps its default.

    Parameters
    ----------
    values : mapping of section to mapping of name to value
        As read from ``study.toml``; texts are converted to the setting's kind.
    base : Settings, optional
        What is changed; the defaults when left out.

    Raises
    ------
    SettingsError
        A section or name is unknown, or a value is of the wrong kind or out of range.
    """
    settings = base or Settings()
    sections = {part.name: part for part in dataclasses.fields(settings)}
    for section, named in values.items():
        if section in _OF_STUDY:
            raise SettingsError(
                f"{section} is no setting but part of the study; write it in study.toml, {_OF_STUDY[section]}, and run "
                "quantify on the study (measure reads no study.toml)"
            )
        if section not in sections:
            raise SettingsError(f"settings section {section!r} is unknown{nearest(section, list(sections))}")
        if not isinstance(named, Mapping):
            raise SettingsError(f"settings section {section!r} = {named!r}: write it as [{section}] with name = value")
        old = getattr(settings, section)
        kinds = get_type_hints(type(old))
        known = {part.name: part for part in dataclasses.fields(old)}
        new = {}
        for name, value in named.items():
            if name not in known:
                raise SettingsError(f"setting {section}.{name} is unknown{nearest(name, list(known))}")
            new[name] = _checked(section, known[name], kinds[name], value)
        settings = dataclasses.replace(settings, **{section: dataclasses.replace(old, **new)})
    return settings


def override(settings: Settings, assignments: list[str]) -> Settings:
    """Apply ``section.name=value`` texts, as given by ``--set``.

    Raises
    ------
    SettingsError
        A text is not of that form, or as in `from_mapping`.
    """
    for text in assignments:
        path, equals, value = text.partition("=")
        section, dot, name = path.strip().partition(".")
        if not (equals and dot):
            raise SettingsError(f"--set {text!r}: write it as section.name=value, for example dose_response.model=3pl")
        settings = from_mapping({section: {name: value}}, settings)
    return settings


class Setting(NamedTuple):
    """One setting as it is told to people and programs.

    Parameters
    ----------
    section, name : str
        Where it stands: ``section.name``.
    default : object
        What it is when nobody says.
    meaning : str
        A sentence.
    choices : tuple of str
        What it may be; empty for other kinds.
    low, high : float or None
        Bounds of a number, inclusive.
    """

    section: str
    name: str
    default: Any
    meaning: str
    choices: tuple[str, ...]
    low: float | None
    high: float | None

    @property
    def allowed(self) -> str:
        """What it may be, in words; empty where its kind says enough."""
        return ", ".join(self.choices) if self.low is None else f"{self.low:g} to {self.high:g}"


def describe() -> list[Setting]:
    """List every setting, in the order of the pipeline."""
    return [
        Setting(section.name, part.name, part.default, **part.metadata)
        for section in dataclasses.fields(Settings)
        for part in dataclasses.fields(getattr(Settings(), section.name))
    ]
