"""Figures as papers print them: strips cut from membranes and pasted on a white page, framed, with labels and ticks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SIX = tuple(40.0 * k + 20.0 for k in range(6))


def strip(
    rows: int = 40,
    cols: int = 240,
    ground: float = 215.0,
    seed: int = 0,
    *,
    lanes: Sequence[float] = SIX,
    depth: float = 150.0,
) -> np.ndarray:
    """Dark bands on a grey ground, six where nothing is said."""
    y, x = np.mgrid[:rows, :cols]
    bands = sum(np.exp(-0.5 * ((y - rows / 2) / 3.0) ** 2) * (np.abs(x - lane) < 13) for lane in lanes)
    return (ground - depth * bands + np.random.default_rng(seed).normal(0, 2, (rows, cols))).clip(0, 255)


def page_of(
    strips: Sequence[np.ndarray], tops: Sequence[int], *, frame: int = 2, ticks: bool = False, left: int = 60
) -> np.ndarray:
    """A white page with strips at the given rows, framed, with labels beside them, ticks and a line above the lanes."""
    page = np.full((max(220, tops[-1] + 60), 380), 255.0)
    for picture, top in zip(strips, tops, strict=True):
        high, wide = picture.shape
        page[top - frame : top + high + frame, left - frame : left + wide + frame] = 20.0
        page[top : top + high, left : left + wide] = picture
        page[top + 15 : top + 25, 8:40] = np.where(np.indices((10, 32)).sum(axis=0) % 3 == 0, 10.0, 255.0)
        if ticks:
            page[top + 18 : top + 20, left + wide : left + wide + 22] = 0.0
            page[top + 12 : top + 26, left + wide + 22 : left + wide + 60 : 4] = 0.0
    return page


def figure(
    tops: tuple[int, ...], *, frame: int = 2, ticks: bool = False, ground: float = 215.0, left: int = 60
) -> np.ndarray:
    """A white page with strips of 40 × 240 px and six bands each."""
    strips = [strip(ground=ground, seed=number) for number in range(len(tops))]
    return page_of(strips, tops, frame=frame, ticks=ticks, left=left)
