"""Where lanes and rows lie: from the membrane's coordinates to pixels and back.

On the membrane, ``u`` runs across the lanes and ``v`` along the run, both in pixels from the picture's centre;
the picture is the membrane turned by the tilt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import FloatArray
from ..geometry import curve_text
from .knobs import Layout

__all__ = ["Grid"]


@dataclass(frozen=True)
class Grid:
    """Lanes of a layout in a picture of a given shape.

    Parameters
    ----------
    layout : Layout
        The knobs.
    shape : tuple of int
        Rows and columns of the picture [px].
    centres : ndarray of shape (n_lanes,)
        Lane centres on the membrane at the picture's middle row, ``u`` [px].
    pitch : float
        Mean distance of neighbouring lanes [px].
    """

    layout: Layout
    shape: tuple[int, int]
    centres: FloatArray
    pitch: float

    @classmethod
    def lay(cls, layout: Layout, shape: tuple[int, int], rng: np.random.Generator) -> Grid:
        """Place the lanes, unevenly by `spacing`, with gaps where the layout asks for them."""
        steps = np.ones(layout.n_lanes)
        steps[0] = 0.5
        for lane in layout.gaps:
            if 0 < lane < layout.n_lanes:
                steps[lane] += layout.gap
        places = np.cumsum(steps)
        pitch = shape[1] * (1.0 - 2.0 * layout.margin) / (places[-1] + 0.5)
        jitter = np.clip(rng.standard_normal(layout.n_lanes), -2.0, 2.0) * layout.spacing * pitch
        left = shape[1] * (layout.margin - 0.5)
        return cls(layout, shape, left + pitch * places + jitter, float(pitch))

    def to_membrane(self, row: npt.ArrayLike, col: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return ``u, v`` of points of the picture [px]."""
        angle = np.deg2rad(self.layout.tilt)
        y = np.asarray(row, float) - 0.5 * (self.shape[0] - 1) - self.layout.down
        x = np.asarray(col, float) - 0.5 * (self.shape[1] - 1) - self.layout.right
        return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)

    def to_picture(self, u: npt.ArrayLike, v: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return row and column of points of the membrane [px]; the inverse of `to_membrane`."""
        angle = np.deg2rad(self.layout.tilt)
        across, along = np.asarray(u, float), np.asarray(v, float)
        row = across * np.sin(angle) + along * np.cos(angle) + 0.5 * (self.shape[0] - 1) + self.layout.down
        col = across * np.cos(angle) - along * np.sin(angle) + 0.5 * (self.shape[1] - 1) + self.layout.right
        return row, col

    def lane_line(self, centre: npt.ArrayLike, v: npt.ArrayLike) -> FloatArray:
        """Place ``u`` of a lane's centre line at ``v`` [px]."""
        along = np.asarray(v, float) / self.shape[0]
        middle = np.asarray(centre, float)
        outward = self.layout.fan * 2.0 * middle / self.shape[1]
        line: FloatArray = middle + (self.layout.lean + outward) * along + self.layout.bow * (1.0 - (2.0 * along) ** 2)
        return line

    def row_line(self, row: npt.ArrayLike, u: npt.ArrayLike) -> FloatArray:
        """Place ``v`` of a row's ridge at ``u`` [px]; `row` is its height in the picture's middle column."""
        smile = self.layout.smile * (2.0 * np.asarray(u, float) / self.shape[1]) ** 2
        ridge: FloatArray = np.asarray(row, float) - 0.5 * (self.shape[0] - 1) - smile
        return ridge

    def lanes(self, image: str) -> pd.DataFrame:
        """Return the true lanes, with the columns of a lanes table that a drawing knows."""
        rows = np.linspace(0.0, self.shape[0] - 1.0, 3)
        v = np.linspace(-0.7, 0.7, 141) * self.shape[0]
        records = []
        for number, centre in enumerate(self.centres, 1):
            row, col = self.to_picture(self.lane_line(centre, v), v)
            cols = np.interp(rows, row, col)
            half = 0.5 * self.layout.filling * self.pitch
            records.append((image, number, cols[1] - half, cols[1] + half, cols[1], curve_text(rows, cols)))
        return pd.DataFrame(records, columns=["image", "lane", "left", "right", "centre", "curve"])
