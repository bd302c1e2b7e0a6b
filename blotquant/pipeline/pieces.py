"""Cut pieces of one membrane: pictures of strips that differ in size; their lanes are the same, told by number."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..blot import Blot
from ..errors import DetectionError

__all__ = ["Pairs", "check_pieces", "cut_pieces"]

Pairs = list[tuple[Blot, Blot]]


def cut_pieces(pairs: Pairs, images: pd.DataFrame) -> list[Pairs]:
    """Part the images of a membrane that was cut into those of each piece: they have one size when they are upright.

    Parameters
    ----------
    pairs : list of (Blot, Blot)
        Each image as read and upright.
    images : DataFrame
        Their rows of images.csv, with ``mode``.
    """
    if not (images["mode"] == "cut").any():
        return [pairs]
    pieces: dict[tuple[int, int], Pairs] = {}
    for pair in pairs:
        pieces.setdefault(pair[1].frame.upright_shape, []).append(pair)
    return list(pieces.values())


def check_pieces(pieces: Sequence[Pairs], lanes: pd.DataFrame, membrane: str) -> None:
    """Refuse pieces that show different numbers of lanes.

    Raises
    ------
    DetectionError
        It names an image of each, and both numbers.
    """
    first, *others = (piece[0][0].name for piece in pieces)
    counts = lanes.groupby("image")["lane"].nunique()
    for name in others:
        if counts[name] != counts[first]:
            raise DetectionError(
                f"membrane {membrane!r}: {first} shows {counts[first]} lanes and {name}, another piece of it, "
                f"{counts[name]}; give their number with n_lanes in images.csv"
            )
