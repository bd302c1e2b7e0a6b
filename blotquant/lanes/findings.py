"""What the search for the lanes of a membrane saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..blot import FloatArray
from ..evidence import Canvas
from .centre_lines import Comb, Marks

__all__ = ["Search"]


@dataclass(frozen=True)
class Search:
    """What the search saw.

    Parameters
    ----------
    comb : Comb
        The lanes that rows of bands speak for.
    pitch : float
        Distance between lanes [px].
    counts : ndarray of shape (W,)
        Votes of every column, lanes made upright.
    streaks : ndarray of shape (W,)
        And how many of them are of lanes that show along their whole length.
    marks : Marks
        Bands seen in the lanes.
    worth, runner_up : float
        Votes gained less the prices of lanes and uneven steps; the same of the best other pitch that was looked at.
    """

    comb: Comb
    pitch: float
    counts: FloatArray
    streaks: FloatArray
    marks: Marks
    worth: float
    runner_up: float

    @classmethod
    def nothing(cls, canvas: Canvas) -> Search:
        """Return a search that saw no lane."""
        comb = Comb(np.empty(0), 0.0, 0.0, 0.0, canvas.shape)
        return cls(comb, float(canvas.cols), np.zeros(canvas.cols), np.zeros(canvas.cols), Marks.none(), 0.0, 0.0)

    @property
    def votes(self) -> FloatArray:
        """Votes for each lane."""
        return self._at_lanes(self.counts)

    @property
    def streaked(self) -> FloatArray:
        """Votes of streaks for each lane."""
        return self._at_lanes(self.streaks)

    def _at_lanes(self, counts: FloatArray) -> FloatArray:
        place = np.clip(np.round(self.comb.centre).astype(np.intp), 0, len(counts) - 1)
        return np.asarray(counts[place])
