"""Images of one membrane that lie higher or lower than each other: told by their rows, once these are found.

Images probed for other proteins show other rows, so rows that do not coincide are no shift by themselves. It takes
phospho and total of one target that show no row in common, while two rows or more coincide under a shift, or many rows
that coincide under one shift alone. One row of each is none: it may be the target in one image and another protein in
the other.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Collection, Mapping, Sequence, Set

import numpy as np
import pandas as pd

from ..blot import Blot
from ..errors import QualityWarning
from ..geometry import to_upright
from .registration import on_one_grid

__all__ = ["find_drops"]

_CERTAIN = 50.0  # evidence from which the only band of a row is believed, as those of a ladder
_NEAR = 3.0  # shifts up to so many half thicknesses of a band are taken out where rows are united
_SAME, _TIGHT = 1.5, 0.5  # half thicknesses within which two rows are one, and within which all of them must agree
_REACH = 0.2  # shifts are looked for within this share of the height
_MANY = 3  # rows more than as they lie that tell a shift of images of different targets


def _rows(bands: pd.DataFrame, blot: Blot) -> list[pd.Series[float]]:
    """Places of each row that an image shows, lane by lane, the clearest row first [px upright]."""
    mine = bands[(bands["image"] == blot.name) & bands["detected"]]
    mine = to_upright(mine, dataclasses.replace(blot.frame, top=0, left=0))
    rows = []
    for _, row in mine.groupby("band", sort=False):
        if len(row) > 1 or row["score"].max() > _CERTAIN:
            clear = float(np.minimum(row["score"], 10.0 * _CERTAIN).sum())
            rows.append((clear, row.set_index("lane")["centre_row"].astype(float)))
    return [places for _, places in sorted(rows, key=lambda each: -each[0])]


def _apart(one: Sequence[pd.Series[float]], other: Sequence[pd.Series[float]]) -> np.ndarray:
    """How much lower each row of the other image lies than each of the one, where both are seen [px]."""
    return np.array([[float((low - high).median()) for low in other] for high in one]).reshape(len(one), len(other))


def _matched(apart: np.ndarray, drop: float, room: float) -> int:
    """Count the rows that lie on each other under a shift."""
    fits = np.abs(apart - drop) < room  # NaN fits nothing
    return int(min(fits.any(axis=0).sum(), fits.any(axis=1).sum()))


def _drop(apart: np.ndarray, sigma: float, reach: float, *, alike: bool) -> float:
    """Tell how much lower the rows of the other image lie, zero where nothing speaks for a shift [px].

    Parameters
    ----------
    apart : ndarray of shape (n, m)
        Distances of the rows, the clearest first [px].
    sigma : float
        Half thickness of bands [px].
    reach : float
        Largest shift [px].
    alike : bool
        The images are phospho and total of one target.
    """
    size = np.abs(apart)
    far = apart[(size > _NEAR * sigma) & (size < reach)]
    if not far.size:
        return 0.0
    now = max((_matched(apart, drop, _SAME * sigma) for drop in apart[size <= _NEAR * sigma]), default=0)
    counts = np.array([_matched(apart, drop, _SAME * sigma) for drop in far])
    best = far[counts == counts.max()]
    alone = float(np.ptp(best)) < 2 * _SAME * sigma
    drop, most = float(np.median(best)), int(counts.max())
    if alone and most >= now + _MANY:
        return drop
    if not alike:
        return 0.0
    whole = apart.shape[0] == apart.shape[1] == most and _matched(apart, drop, _TIGHT * sigma) == most
    if alone and most >= 2 and (now == 0 or (whole and most > now)):
        return drop
    # several shifts have as many rows: that of the clearest one, if it is among them
    clearest = float(apart[0, 0])
    agrees = most >= 2 and bool((np.abs(best - clearest) < _SAME * sigma).any())
    return clearest if now == 0 and agrees else 0.0


def find_drops(
    bands: pd.DataFrame, blots: Sequence[Blot], targets: Mapping[str, Set[str]], *, still: Collection[str] = ()
) -> dict[str, int]:
    """Find how much lower the images of one membrane lie than its first one [px], those that lie as it does left out.

    Parameters
    ----------
    bands : DataFrame
        Rows as found [px of the file as given].
    blots : sequence of Blot
        Upright pictures.
    targets : Mapping of str to set of str
        What phospho and total images were probed for.
    still : collection of str
        Images that stay as they lie, and tell nothing of others: a marker or a stain, or one whose row is named.
    """
    drops: dict[str, int] = {}
    rows = {blot.name: _rows(bands, blot) for blot in blots}
    sigma = float(bands["sigma"].median()) if len(bands) else 1.0
    for place, blot in enumerate(blots):
        if (
            blot.name in still
            or on_one_grid(blots[0], blot)
            or blot.frame.upright_shape != blots[0].frame.upright_shape
        ):
            continue
        mine = targets.get(blot.name, frozenset())
        before = [each for each in blots[:place] if each.name not in still]
        kin = [each for each in before if mine & targets.get(each.name, frozenset())]
        for anchor in [*kin, *(each for each in before if each not in kin)]:
            apart = _apart(rows[anchor.name], rows[blot.name])
            found = round(_drop(apart, sigma, _REACH * blot.frame.upright_shape[0], alike=anchor in kin))
            if found:
                drops[blot.name] = found + drops.get(anchor.name, 0)
                warnings.warn(
                    f"{blot.name} lies {abs(found)} px {'lower' if found > 0 else 'higher'} than {anchor.name}, as "
                    "their rows tell, and was matched accordingly; if these are rows of different proteins, name the "
                    "right one with row or mass_kda in images.csv",
                    QualityWarning,
                    stacklevel=2,
                )
            if found or anchor in kin:
                drops.setdefault(blot.name, drops.get(anchor.name, 0))
                break
    return {image: drop for image, drop in drops.items() if drop}
