"""integrate(): bands with volumes, their errors, limits of detection and doubts."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..background import BACKGROUNDS, Places, estimate_background
from ..blot import Blot, FloatArray
from ..errors import BlotquantError, SettingsError
from ..geometry import to_file, to_upright
from ..noise import NoiseModel, estimate_noise
from ..sides import from_behind, mirrored, mirrored_table
from ..surround import off_membrane
from ..tables import TABLES, check, nearest, require
from .boxes import box_sums, integrate_box
from .bubbles import find_bubbles, inside
from .doubts import flagged, is_quantified, limits, saturated_pixels
from .fit import fit_bands
from .volumes import Measured, measure

__all__ = ["integrate", "integrate_box"]

_FILLED = (
    "raw",
    "background",
    "volume",
    "volume_se",
    "snr",
    "height",
    "lod",
    "loq",
    "saturated",
    "rejected",
    "detected",
)
_NEEDED = [name for name in TABLES["bands"].names if name not in _FILLED]
_ROWS, _BESIDE = 12, 3  # rows fitted together where there are many, and further ones on either side


def integrate(
    blot: Blot,
    bands: pd.DataFrame,
    *,
    background: str = "joint",
    ladders: Collection[int] = (),
) -> pd.DataFrame:
    """Measure the volume of every band of a blot: its counts above the background, summed [AU px].

    ``joint`` fits each lane as bands on a background: the background goes on smoothly under a band, as stiff as the
    picture allows, and a band is shaped as the others of its row rather are. Assumes that the light of bands and
    background adds up in the counts, and that bands of a row resemble each other.

    Parameters
    ----------
    blot : Blot
        An upright picture with bright bands, as `orient` returns it.
    bands : DataFrame
        Bands table; the rows of this image are measured [px of the file as given].
    background : str
        ``joint`` fits band and background together; else a key of ``BACKGROUNDS``.
    ladders : collection of int
        Lanes of ladders: their bands are other proteins and tell nothing about the shapes of the samples' bands.

    Returns
    -------
    DataFrame
        Bands table with ``raw``, ``background``, ``volume``, ``volume_se`` and the other measured columns filled.

    Raises
    ------
    BlotquantError
        The blot is not upright with bright bands.
    SettingsError
        The background is unknown.
    TableError
        A column is missing that is not filled here.

    References
    ----------
    MacKay 1992, Neural Comput 4:415, doi 10.1162/neco.1992.4.3.415 (how stiff the background is); the rest is ours.
    """
    require(bands, "bands", _NEEDED)
    if blot.bright is not True:
        raise BlotquantError(f"{blot.name}: bring the blot upright with `orient` before integrating it")
    if background != "joint" and background not in BACKGROUNDS:
        raise SettingsError(f"background {background!r} is unknown{nearest(background, ['joint', *BACKGROUNDS])}")
    own = bands[bands["image"] == blot.name].reset_index(drop=True)
    if own.empty:
        return check(own.copy(), "bands")
    behind = from_behind([blot])
    seen, side = (mirrored(blot), mirrored_table(own, 0)) if behind else (blot, own)
    # in one order, however the table is sorted: sums of the same numbers in another order differ in the last digit
    rows, _ = seen.frame.to_upright(side["centre_row"], side["centre_col"])
    order = np.lexsort((side["band"].astype(str), rows.round(6), side["lane"]))
    side = side.iloc[order].reset_index(drop=True)
    measured = _measured(seen, side, background, [-lane for lane in ladders] if behind else ladders)
    measured = mirrored_table(measured, 0) if behind else measured
    return measured.iloc[np.argsort(order)].reset_index(drop=True)


def _measured(blot: Blot, bands: pd.DataFrame, background: str, ladders: Collection[int]) -> pd.DataFrame:
    """Measure the bands of a blot from the side from which it is looked at."""
    mine = to_upright(bands, blot.frame)
    # a table read back from CSV has ten digits; measured again it must give the same bytes
    mine = mine.assign(**{name: mine[name].round(6) for name in ("sigma", "lean", "centre_row", "centre_col")})
    places, noise = Places.of(mine, blot.shape), estimate_noise(blot)
    if background == "joint":
        numbers = _joint(blot, mine, places, noise, ladders)
    else:
        numbers = _above(blot, places, estimate_background(blot, bands, method=background), noise)
    lod, loq = limits(numbers.pop("blank", numbers["volume_se"]))
    out = mine.assign(**numbers, saturated=saturated_pixels(blot, places, mine["centre_row"].to_numpy(float)))
    # what finding saw no sign of is background, unless the fit, which knows its surroundings, is sure of its volume
    seen = out["score"].fillna(np.inf) > 0
    if background == "joint":
        seen |= is_quantified(numbers["volume"], numbers["volume_se"])
    out = out.assign(snr=out["volume"] / out["volume_se"], lod=lod, loq=loq, detected=seen & (out["volume"] > lod))
    out["flags"] = flagged(out, blot, places, float(np.sqrt(noise.variance(blot.middle))))
    return check(to_file(out, blot.frame), "bands")


def _joint(
    blot: Blot, bands: pd.DataFrame, places: Places, noise: NoiseModel, ladders: Collection[int]
) -> dict[str, FloatArray]:
    """Band and background fitted together; the background is what the volume leaves of the box's sum."""
    species: pd.Series[str] = bands["band"].astype(str) + np.where(
        bands["lane"].isin(list(ladders)), " of a ladder", ""
    )
    numbers = np.unique(species, return_inverse=True)[1].astype(np.int64)
    found = _in_slabs(blot, bands, noise, numbers)
    raw = box_sums(blot.pixels, places)
    return {"raw": raw, "background": raw - found.volume, "volume": found.volume, "volume_se": found.error,
            "blank": found.blank, "height": found.height, "rejected": found.rejected}  # fmt: skip


def _in_slabs(blot: Blot, bands: pd.DataFrame, noise: NoiseModel, species: npt.NDArray[np.int64]) -> Measured:
    """Fit all rows together; where there are many, a dozen at a time with their neighbours, so that time is bounded."""
    rows = bands.groupby("band")["centre_row"].transform("median").to_numpy(float)
    order = np.unique(rows, return_inverse=True)[1]
    hidden = off_membrane(blot) | inside(find_bubbles(blot, bands, noise), blot.shape)
    slabs = 1 if order.max() < _ROWS + 2 * _BESIDE else -(-(int(order.max()) + 1) // _ROWS)
    out = np.zeros((len(Measured._fields), len(bands)))
    for slab in range(slabs):
        first, last = (slab * _ROWS, (slab + 1) * _ROWS) if slabs > 1 else (0, int(order.max()) + 1)
        seen = np.flatnonzero((order >= first - _BESIDE) & (order < last + _BESIDE))
        kinds = np.unique(species[seen], return_inverse=True)[1].astype(np.int64)
        fit = fit_bands(blot, bands.iloc[seen].reset_index(drop=True), noise, species=kinds, hidden=hidden)
        own = (order[seen] >= first) & (order[seen] < last)
        out[:, seen[own]] = np.array(measure(fit))[:, own]
    return Measured(*out)


def _above(blot: Blot, places: Places, surface: FloatArray, noise: NoiseModel) -> dict[str, FloatArray]:
    """Sum the boxes above a background; its own error counts as much as the box's."""
    raw, under = box_sums(blot.pixels, places), box_sums(surface, places)
    chance = box_sums(noise.variance(blot.pixels) + noise.variance(surface), places) * noise.clumping
    above = blot.pixels - surface
    height = np.array([float(np.max(above[places.box(i)])) for i in range(len(places))])
    smallest = np.finfo(float).tiny
    return {"raw": raw, "background": under, "volume": raw - under, "volume_se": np.sqrt(np.maximum(chance, smallest)),
            "height": height, "rejected": np.zeros(len(places))}  # fmt: skip
