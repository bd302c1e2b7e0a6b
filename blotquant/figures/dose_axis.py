"""A logarithmic dose axis that keeps the zero dose, left of an axis break."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .names import number
from .style import text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DoseAxis"]

_ZERO_GAP = 0.13  # distance of the zero dose from the lowest dose, as a share of the doses' span


class DoseAxis:
    """Places of doses along an axis: the logarithm, and the zero dose at a place of its own.

    Parameters
    ----------
    doses : array
        Every dose that is shown [unit]; zero and missing ones belong to the zero place.
    """

    def __init__(self, doses: npt.ArrayLike) -> None:
        values = np.asarray(doses, dtype=float)
        positive = values[np.isfinite(values) & (values > 0)]
        low, high = (float(positive.min()), float(positive.max())) if positive.size else (1.0, 10.0)
        self.low, self.high = math.log10(low), math.log10(high)
        if self.high - self.low < 0.5:
            self.low, self.high = self.low - 0.3, self.high + 0.3
        self.has_zero = bool(positive.size < values.size)
        self.gap = max(0.25, _ZERO_GAP * (self.high - self.low))
        self.zero = self.low - 2.0 * self.gap

    def place(self, doses: npt.ArrayLike) -> FloatArray:
        """Return where doses lie along the axis."""
        values = np.asarray(doses, dtype=float)
        positive = np.isfinite(values) & (values > 0)
        return np.where(positive, np.log10(np.where(positive, values, 1.0)), self.zero)

    def _ticks(self, room: float, size: float) -> list[float]:
        """Doses with a label: decades, every second or third of them where labels would touch."""
        first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        if last - first < 1:
            return self._within_a_decade()
        widest = max(text_size(number(10.0**power), size)[0] for power in range(first, last + 1)) + 4.0
        a_decade = room / (self.high - self.low + 3.0 * self.gap)
        step = max(1, math.ceil(widest / a_decade))
        return [10.0**power for power in range(first, last + 1, step)]

    def _within_a_decade(self) -> list[float]:
        power = math.floor(self.low)
        steps = [lead * 10.0 ** (power + more) for more in (0, 1) for lead in (1, 2, 5)]
        return [dose for dose in steps if self.low <= math.log10(dose) <= self.high]

    def _minor(self) -> list[float]:
        powers = range(math.floor(self.low) - 1, math.ceil(self.high) + 1)
        doses = [lead * 10.0**power for power in powers for lead in range(2, 10)]
        return [dose for dose in doses if self.low <= math.log10(dose) <= self.high]

    def draw(self, ax: Axes, room: float, *, size: float = 6.5) -> None:
        """Set limits, ticks and the break of an axis that is so many points wide."""
        ticks = self._ticks(room, size)
        places, labels = list(np.log10(ticks)), [number(dose) for dose in ticks]
        if self.has_zero:
            places, labels = [self.zero, *places], ["0", *labels]
        ax.set_xticks(places, labels)
        ax.set_xticks(list(np.log10(self._minor())), minor=True)
        ax.tick_params(axis="x", which="minor", length=1.5, width=0.4)
        left = self.zero - 0.6 * self.gap if self.has_zero else self.low - 0.6 * self.gap
        ax.set_xlim(left, self.high + 0.8 * self.gap)
        if self.has_zero:
            self._draw_break(ax)

    def _draw_break(self, ax: Axes) -> None:
        """White out a piece of the axis line and set two slanted strokes at its ends."""
        from matplotlib.transforms import blended_transform_factory

        middle, half, lean = self.zero + self.gap, 0.10 * self.gap, 0.06 * self.gap
        where = blended_transform_factory(ax.transData, ax.transAxes)
        look: dict[str, Any] = {"transform": where, "clip_on": False, "solid_capstyle": "butt", "in_layout": False}
        ax.plot([middle - half, middle + half], [0.0, 0.0], color="white", linewidth=2.0, zorder=9, **look)
        for at in (middle - half, middle + half):
            ax.plot([at - lean, at + lean], [-0.018, 0.018], color="black", linewidth=0.6, zorder=10, **look)
