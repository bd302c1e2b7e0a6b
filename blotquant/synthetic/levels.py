"""simulate(): blots of three levels of difficulty, drawn at random with known truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..blot import Blot
from ..errors import SettingsError
from .drawing import Drawn, draw
from .knobs import Camera, Export, Layout, Membrane
from .shapes import FAMILIES

__all__ = ["EFFECTS", "LEVELS", "LEVEL_CAMERA", "Level", "draw_level", "simulate"]


@dataclass(frozen=True)
class Level:
    """How rough a drawn blot is: the largest value of each effect, drawn anew for every picture.

    Signed effects (tilt, smile, lean …) get a random sign and at least half of this size; shares are as in the knobs.

    Parameters
    ----------
    tilt, smile, lean, fan, bow, spacing
        As in `Layout`.
    unevenness, waves, gradient, haze, bleed
        As in `Membrane`.
    dust, dust_on_bands, specks, scratches, bubbles : int
        As in `Membrane`.
    skew, curl, slant, lopsided, tail : float
        Shape of bands, as in `SHAPE_DEFAULTS`; tails occur in every third row.
    jitter : float
        Standard deviation of a band's place against its row [px].
    doublets : float
        Probability that a row is a close doublet, counted as one.
    extra_rows : int
        Rows that only some lanes have.
    absent : float
        Probability that a band of a row is not there.
    empty : float
        Probability that an inner lane is empty.
    gap : float
        Probability of a wider space between two lanes.
    """

    tilt: float
    smile: float
    lean: float
    fan: float
    bow: float
    spacing: float
    unevenness: float
    waves: float
    gradient: float
    haze: float
    bleed: float
    dust: int
    dust_on_bands: int
    specks: int
    scratches: int
    bubbles: int
    skew: float
    curl: float
    slant: float
    lopsided: float
    tail: float
    jitter: float
    doublets: float
    extra_rows: int
    absent: float
    empty: float
    gap: float


LEVELS: dict[str, Level] = {
    "clean": Level(
        tilt=0.2, smile=1.5, lean=1.0, fan=1.0, bow=0.5, spacing=0.01,
        unevenness=0.01, waves=5.0, gradient=0.02, haze=0.0, bleed=0.0,
        dust=0, dust_on_bands=0, specks=0, scratches=0, bubbles=0,
        skew=0.06, curl=0.4, slant=0.2, lopsided=0.05, tail=0.0, jitter=0.3,
        doublets=0.0, extra_rows=0, absent=0.05, empty=0.0, gap=0.0,
    ),
    "typical": Level(
        tilt=1.0, smile=5.0, lean=4.0, fan=3.0, bow=1.5, spacing=0.025,
        unevenness=0.12, waves=6.0, gradient=0.1, haze=0.15, bleed=0.003,
        dust=10, dust_on_bands=0, specks=5, scratches=0, bubbles=0,
        skew=0.12, curl=1.2, slant=0.6, lopsided=0.1, tail=0.06, jitter=0.7,
        doublets=0.0, extra_rows=0, absent=0.08, empty=0.02, gap=0.1,
    ),
    "hard": Level(
        tilt=2.0, smile=14.0, lean=10.0, fan=8.0, bow=4.0, spacing=0.04,
        unevenness=0.35, waves=6.0, gradient=0.3, haze=0.3, bleed=0.01,
        dust=25, dust_on_bands=3, specks=12, scratches=2, bubbles=1,
        skew=0.2, curl=3.0, slant=1.5, lopsided=0.2, tail=0.12, jitter=1.2,
        doublets=0.35, extra_rows=1, absent=0.12, empty=0.04, gap=0.25,
    ),
}  # fmt: skip
"""Levels of difficulty; `typical` and `hard` are what feasibility trials called so."""

EFFECTS: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "saturated": {"camera": {"exposure": 6.0}},
    "plateau": {"camera": {"exposure": 4.0, "ceiling": 50000.0}},
    "hollow": {"membrane": {"burn": 6000.0}},
    "clipped": {"membrane": {"base": 900.0}, "camera": {"offset": -1000.0}},
    "surround": {"membrane": {"edge": 25.0}, "layout": {"margin": 0.11}},
    "8-bit": {"export": {"bits": 8}},
    "12-bit": {"export": {"bits": 12}},
    "inverted": {"export": {"inverted": True}},
    "stretched": {"export": {"bits": 8, "stretched": True}},
    "gamma": {"export": {"gamma": 0.6}},
    "jpeg": {"export": {"bits": 8, "stretched": True, "jpeg": 75}},
    "blank": {"bands": {"volume": 0.0}},
}
"""What else can happen to a blot: name → knob → fields that it sets."""

_DECADES = (4.15, 7.4)  # log10 of the weakest and the strongest volume of a band `_WIDTH` wide [AU px]
_WIDTH = 54.0  # [px]
LEVEL_CAMERA = Camera(gain=0.15, read_noise=2.0)
"""The camera that `simulate` draws with."""
_DOUBLET = (1.1, 1.7)  # distance of a doublet's two parts in half thicknesses; nearer than 0.9 FWHM, so that it is one


def _either(size: float, rng: np.random.Generator) -> float:
    """Draw a value of either sign, between half of the size and the size."""
    return float(size * rng.uniform(0.5, 1.0) * rng.choice((-1.0, 1.0)))


def _layout(level: Level, n_lanes: int, rng: np.random.Generator) -> Layout:
    gap = (int(rng.integers(1, n_lanes)),) if n_lanes > 2 and rng.random() < level.gap else ()
    return Layout(
        n_lanes=n_lanes,
        margin=float(rng.uniform(0.04, 0.08)),
        filling=float(rng.uniform(0.62, 0.76)),
        spacing=level.spacing,
        gaps=gap,
        gap=float(rng.uniform(0.3, 0.8)),
        tilt=_either(level.tilt, rng),
        smile=_either(level.smile, rng),
        lean=_either(level.lean, rng),
        fan=_either(level.fan, rng),
        bow=_either(level.bow, rng),
    )


def _heights(level: Level, n_rows: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Heights of the rows, evenly spread with some play, clear of the picture's ends by the smile and the tilt [px]."""
    bend = level.smile + np.deg2rad(level.tilt) * 0.5 * shape[1]
    margin = min(0.1 * shape[0] + 0.6 * bend, 0.3 * shape[0])
    step = (shape[0] - 2.0 * margin) / n_rows
    play = rng.uniform(-0.22, 0.22, n_rows)
    heights: np.ndarray = margin + step * (np.arange(n_rows) + 0.5 + play)
    return heights


def _rows(level: Level, n_rows: int, shape: tuple[int, int], rng: np.random.Generator) -> pd.DataFrame:
    """One row a protein: its height and the shape that its bands share."""
    total = n_rows + level.extra_rows
    sigma = rng.uniform(2.8, 4.6, total)
    double = rng.random(total) < level.doublets
    third = rng.random(total) < 1.0 / 3.0
    return pd.DataFrame(
        {
            "band": [str(number) for number in range(1, total + 1)],
            "row": _heights(level, total, shape, rng),
            "sigma": sigma,
            "edge": rng.uniform(1.5, 2.5, total),
            "skew": rng.uniform(-level.skew, level.skew, total),
            "curl": rng.uniform(-level.curl, level.curl, total),
            "tail": np.where(third, level.tail, 0.0),
            "tail_px": rng.uniform(8.0, 14.0, total),
            "split": np.where(double, sigma * rng.uniform(*_DOUBLET, total), 0.0),
            "share": rng.uniform(0.3, 0.6, total),
            "power": rng.uniform(1.6, 2.6, total),
            "wing": rng.uniform(0.06, 0.2, total),
            "extra": rng.permutation(np.arange(total)) < level.extra_rows,
        }
    )


def _bands(level: Level, rows: pd.DataFrame, n_lanes: int, width: float, rng: np.random.Generator) -> pd.DataFrame:
    """One row a band: its volume over three decades and its own deviations from the row's shape."""
    bands = rows.merge(pd.DataFrame({"lane": np.arange(1, n_lanes + 1)}), how="cross")
    count = len(bands)
    empty = rng.random(n_lanes) < level.empty
    empty[[0, -1]] = False
    gone = rng.random(count) < np.where(bands["extra"], 0.6, level.absent)
    gone |= empty[bands["lane"].to_numpy() - 1]
    weak, strong = _DECADES
    abundance = 0.5 * (rng.uniform(weak, strong, count) + rng.uniform(weak, strong, count)) + np.log10(width / _WIDTH)
    return bands.assign(
        volume=np.where(gone, 0.0, 10.0**abundance),
        sigma=bands["sigma"] * rng.uniform(0.96, 1.04, count),
        slant=rng.uniform(-level.slant, level.slant, count),
        lopsided=rng.uniform(-level.lopsided, level.lopsided, count),
        shift=rng.normal(0.0, level.jitter, count),
        horn=rng.uniform(0.0, 0.45, count),
        lump=rng.uniform(0.05, 0.2, count),
        phase=rng.uniform(-np.pi, np.pi, count),
    )


def _membrane(level: Level, rng: np.random.Generator) -> Membrane:
    return Membrane(
        base=float(rng.uniform(650.0, 1150.0)),
        unevenness=level.unevenness,
        waves=level.waves,
        gradient=level.gradient,
        haze=level.haze,
        bleed=level.bleed,
        bleed_px=30.0,
        dust=level.dust,
        dust_on_bands=level.dust_on_bands,
        specks=level.specks,
        scratches=level.scratches,
        bubbles=level.bubbles,
    )


def _loaded(bands: pd.DataFrame) -> pd.DataFrame:
    """Give the first and the last lane a band at least, so that the number of lanes can be told from the picture."""
    out = bands.copy()
    for lane in (out["lane"].min(), out["lane"].max()):
        own = out.index[out["lane"] == lane]
        if not (out.loc[own, "volume"] > 0).any():
            out.loc[own[0], "volume"] = 10.0 ** (0.5 * sum(_DECADES))
    return out


def _check_names(level: str, family: str, effects: Sequence[str]) -> None:
    for kind, name, known in (("level", level, LEVELS), ("family", family, FAMILIES)):
        if name not in known:
            raise SettingsError(f"{kind} {name!r} is unknown; known: {', '.join(known)}")
    for effect in effects:
        if effect not in EFFECTS:
            raise SettingsError(f"effect {effect!r} is unknown; known: {', '.join(EFFECTS)}")


def _merged(effects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Unite the fields that several effects set; the later one wins."""
    changes: dict[str, dict[str, Any]] = {}
    for effect in effects:
        for knob, fields in EFFECTS[effect].items():
            changes.setdefault(knob, {}).update(fields)
    return changes


def draw_level(
    level: str = "typical",
    *,
    seed: int = 0,
    n_lanes: int = 10,
    n_rows: int = 3,
    family: str = "flat",
    shape: tuple[int, int] = (520, 900),
    effects: Sequence[str] = (),
    name: str = "drawn",
) -> Drawn:
    """Draw a blot of a level of difficulty and return it with everything that is true of it.

    Options as in `simulate`.

    Raises
    ------
    SettingsError
        The level, the family or an effect is unknown.
    """
    _check_names(level, family, effects)
    rough = LEVELS[level]
    rng = np.random.default_rng([seed, list(LEVELS).index(level), list(FAMILIES).index(family), n_lanes, n_rows])
    layout = _layout(rough, n_lanes, rng)
    width = layout.filling * shape[1] * (1.0 - 2.0 * layout.margin) / n_lanes
    bands = _loaded(_bands(rough, _rows(rough, n_rows, shape, rng), n_lanes, width, rng))
    changes = _merged(effects)
    return draw(
        bands.assign(**changes.get("bands", {})),
        layout=dataclasses.replace(layout, **changes.get("layout", {})),
        membrane=dataclasses.replace(_membrane(rough, rng), **changes.get("membrane", {})),
        camera=dataclasses.replace(LEVEL_CAMERA, **changes.get("camera", {})),
        export=dataclasses.replace(Export(), **changes.get("export", {})),
        family=family,
        shape=shape,
        seed=seed,
        name=name,
    )


def simulate(
    *,
    level: str = "typical",
    seed: int = 0,
    n_lanes: int = 10,
    n_rows: int = 3,
    family: str = "flat",
    shape: tuple[int, int] = (520, 900),
    effects: Sequence[str] = (),
) -> tuple[Blot, pd.DataFrame]:
    """Draw a blot of a level of difficulty: `clean`, `typical` or `hard`.

    Parameters
    ----------
    level : str
        Key of `LEVELS`.
    seed : int
        The same seed draws the same picture.
    n_lanes, n_rows : int
        Lanes, and rows that all lanes share (`hard` adds a row that only some have).
    family : str
        Band shapes: ``flat`` or ``foreign``.
    shape : tuple of int
        Rows and columns of the picture [px].
    effects : sequence of str
        What else happens, keys of `EFFECTS`: ``saturated``, ``hollow``, ``surround``, ``8-bit``, ``jpeg`` …

    Returns
    -------
    blot : Blot
        16-bit counts, bright = protein.
    truth : DataFrame
        The true bands, absent ones with volume 0: `image`, `lane`, `band`, `volume` [AU px], `present`,
        `centre_row`, `centre_col`, box, `height` [AU] …

    Examples
    --------
    >>> blot, truth = simulate(level="clean", seed=1, n_lanes=6)
    >>> blot.shape, len(truth)
    ((520, 900), 18)
    """
    drawn = draw_level(level, seed=seed, n_lanes=n_lanes, n_rows=n_rows, family=family, shape=shape, effects=effects)
    return drawn.blot, drawn.bands
