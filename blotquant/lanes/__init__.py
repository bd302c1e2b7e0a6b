"""find_lanes(): one blot, or the blots of one membrane → lanes table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..blot import Blot
from ..errors import DetectionError
from ..evidence import Seen, align
from ..sides import by_lane, from_behind, mirrored, mirrored_table
from .counting import settle
from .doubts import refuse_dots
from .search import search
from .table import lanes_table

__all__ = ["find_lanes"]


def find_lanes(blots: Blot | Sequence[Blot], *, n_lanes: int | None = None) -> pd.DataFrame:
    """Find the lanes of a membrane.

    The pitch is the one at which rows of bands stand out from the gaps between lanes; the lanes are the most regular
    chain of such places over all rows of all images, found by dynamic programming, so that an image whose bands are
    all gone still has its lanes. Wells left empty inside a regular comb are lanes too. Assumes an upright picture,
    bands wider than thick, and a pitch that changes slowly across the membrane.

    Parameters
    ----------
    blots : Blot or sequence of Blot
        One upright blot, bright = protein, or the blots of one membrane on one pixel grid (crops may differ).
    n_lanes : int, optional
        Number of lanes, ladder and empty ones included; found when left out.

    Returns
    -------
    DataFrame
        The `lanes` table [px of the file as given], one row a lane of each image. `confidence` is lowered by what
        `reason` says.

    Raises
    ------
    DetectionError
        Nothing in the pictures looks like lanes (blank, dots, noise), or the pictures contradict `n_lanes`; the
        message names both numbers. Also when the images do not lie on one pixel grid.
    """
    images = [blots] if isinstance(blots, Blot) else list(blots)
    behind = from_behind(images)
    images = [mirrored(blot) for blot in images] if behind else images
    canvas = align(images)
    found = search([Seen.of(blot) for blot in images], canvas)
    name = images[0].name
    if len(found.comb.centre) == 0:
        raise DetectionError(f"{name}: no lanes found, nothing in the picture looks like a row of bands")
    refuse_dots(found, name, n_lanes)
    lanes = lanes_table(images, canvas, settle(found, n_lanes, name))
    return by_lane(mirrored_table(lanes, int(lanes["lane"].max()) + 1)) if behind else lanes
