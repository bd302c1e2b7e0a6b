"""The background of a lane: cosines along the run times smooth functions across, with a plateau for haze.

Haze ends at the lane's sides where the bands do, about as softly; how far it is wider, softer or farther to one side
is part of the fit.

How strongly each kind of term may vary is learnt from all lanes of the picture, so that the background is as stiff as
the picture allows and goes on straight under a band.
"""

from __future__ import annotations

import copy

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from ..blot import FloatArray
from .strips import Places, Strips

__all__ = ["Ground"]

IntArray = npt.NDArray[np.int64]

_FINEST = 8.2  # shortest wave along the run [band sigmas], less for margins
_MOST = 44  # waves along the run, at most
_MARGIN = 1.0  # how far beyond the ends of the lanes waves go [half windows]
_ACROSS = 8  # degree of the polynomials across the lane
_SHARES = (1.0, 1.0, 0.9, 0.7, 0.4, 0.3, 0.25, 0.25, 0.25)  # of the waves along, by degree across
_HAZE = 1.05  # of the waves along what is seen of the lanes, for the haze
_ROOM = 2.5  # … but for so much of the margins
_DIFFERENCE = 0.3  # of the waves along, for the difference between its edges
_WIDTH, _BLUR, _SHIFT = 0.4, 0.4, 0.4  # and for how much wider, softer and farther right it is
_KINDS = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9])  # functions across that vary alike along the run
_ROUGH = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 1, 2, 3, 3, 3])  # how much less they are expected to vary, to start with
_SOFT = 0.075  # softness of a haze's edges [pitch]


def _scale(number: IntArray) -> IntArray:
    """Return the half octave of wave numbers: 0, 1, 2, 3–4, 5, 6–8, 9–11, 12–16, 17–22 and so on."""
    return np.maximum(np.ceil(2 * np.log2(np.maximum(number, 0.5)) - 1e-9), -1).astype(np.int64) + 1


class Ground:
    """Basis of the background of all lanes: products of a cosine along the run and a function across.

    Since products of cosines are sums of two, all normal equations follow from few moments of the weights; no design
    matrix is made.

    Parameters
    ----------
    strips : Strips
        The cells.
    places : Places
        Bands, for the edges of the haze and the shortest wave.
    """

    def __init__(self, strips: Strips, places: Places) -> None:
        lanes, rows, _ = strips.light.shape
        seen = np.flatnonzero(strips.usable.any(axis=(0, 2))) if strips.usable.any() else np.arange(rows)
        # waves end level: a little beyond what is seen of the lanes, for farther out nothing holds them and they swing
        margin = _MARGIN * strips.pad
        span = int(seen[-1]) - int(seen[0]) + 1 + 2 * margin
        # much of a short strip's waves is margin: no more of them than what is seen tells, and still fewer for the haze
        waves = 2 * (span - margin) * strips.height / (_FINEST * float(np.median(places.sigma)))
        self.top = int(np.clip(np.ceil(waves), 2, _MOST))
        haze = _HAZE * max(span - _ROOM * margin, 0.0) / span
        shares = [*_SHARES, haze, _DIFFERENCE, _WIDTH, _BLUR, _SHIFT]
        terms = [(k, j) for j, share in enumerate(shares) for k in range(int(self.top * share) + 1)]
        self.along: IntArray = np.array([k for k, _ in terms])
        self.across: IntArray = np.array([j for _, j in terms])
        octave = _scale(self.along)
        group = octave * len(_KINDS) + _KINDS[self.across]
        self.group: IntArray = np.unique(group, return_inverse=True)[1].astype(np.int64)
        self.order = octave / 2 + _ROUGH[self.across]
        phase = np.pi * np.clip((np.arange(rows) - seen[0] + margin + 0.5) / span, 0.0, 1.0)[:, None]
        self._rows = np.cos(phase * np.arange(2 * self.top + 1))
        # cells of a row lie off the lane's line by less than a pixel: a first-order term follows it
        self._drift = (strips.start + (len(strips.cols) * strips.width - 1) / 2 - strips.line)[:, :, None]
        self._cols, self._bend = self._functions(strips, places, lanes)
        self._both = np.concatenate([self._cols, self._bend], axis=1).transpose(0, 2, 1)
        # what windows see of both, row by row, so that few large products do
        windows = places.windows
        drift = self._drift[places.lane[:, None], windows][..., None]
        self._window_cols = self._cols[places.lane][:, None] + drift * self._bend[places.lane][:, None]
        self._window_rows = np.ascontiguousarray(self._rows[windows, : self.top + 1].transpose(0, 2, 1))
        # products of two functions across, each pair once, by the drift's powers 0, 1 and 2
        one, other = np.triu_indices(len(shares))
        value, slope = self._cols, self._bend
        mixed = value[..., one] * slope[..., other] + slope[..., one] * value[..., other]
        pairs = [value[..., one] * value[..., other], mixed, slope[..., one] * slope[..., other]]
        self._pairs = np.concatenate(pairs, axis=1) / 2
        self._powers = self._drift[:, :, None] ** np.arange(3)[:, None]
        number = np.zeros((len(shares), len(shares)), dtype=np.int64)
        number[one, other] = number[other, one] = np.arange(len(one))
        which = number[self.across[:, None], self.across]
        self._sums = (self.along[:, None] + self.along) * len(one) + which
        self._differences = np.abs(self.along[:, None] - self.along) * len(one) + which

    @staticmethod
    def _functions(strips: Strips, places: Places, lanes: int) -> tuple[FloatArray, FloatArray]:
        """Functions across the lane and their slopes [1/px], shape (L, K, J)."""
        span = float(np.abs(strips.cols).max()) or 1.0
        half = np.array([np.median(places.half[places.lane == number]) for number in range(lanes)])[:, None]
        soft = _SOFT * span / 0.56 * np.sqrt(2.0)

        def functions(at: FloatArray) -> FloatArray:
            smooth = np.polynomial.legendre.legvander(at / span, _ACROSS)
            left, right = (at + half) / soft, (at - half) / soft
            rise, fall, at_left, at_right = erf(left), erf(right), np.exp(-left * left), np.exp(-right * right)
            plateau, step = (rise - fall) / 2, (rise + fall) / 2
            wider, softer, shifted = at_left + at_right, left * at_left - right * at_right, at_left - at_right
            haze = np.stack([plateau, step, wider, softer, shifted], axis=2)
            return np.concatenate([np.broadcast_to(smooth, (lanes, *smooth.shape)), haze], axis=2)

        return functions(strips.cols), functions(strips.cols + 0.5) - functions(strips.cols - 0.5)

    def __len__(self) -> int:
        return len(self.along)

    def only(self, kept: npt.NDArray[np.bool_]) -> Ground:
        """Make a basis of some of the terms, given as a mask of shape (n,)."""
        less = copy.copy(self)
        for name in ("along", "across", "order"):
            setattr(less, name, getattr(self, name)[kept])
        less.group = np.unique(self.group[kept], return_inverse=True)[1].astype(np.int64)
        less.top = int(less.along.max())
        less._rows = self._rows[:, : 2 * less.top + 1]
        less._window_rows = np.ascontiguousarray(self._window_rows[:, : less.top + 1])
        less._sums, less._differences = (which[np.ix_(kept, kept)] for which in (self._sums, self._differences))
        return less

    def gram(self, weight: FloatArray) -> FloatArray:
        """Weighted products of all pairs of terms, shape (L, n, n)."""
        heavy = (weight[:, :, None] * self._powers).reshape(*weight.shape[:2], -1)
        moments = np.matmul(np.matmul(self._rows.T, heavy), self._pairs).reshape(len(weight), -1)
        gram: FloatArray = np.take(moments, self._sums, axis=1)
        gram += np.take(moments, self._differences, axis=1)
        return gram

    def project(self, image: FloatArray) -> FloatArray:
        """Products of every term with images of the strips, shape (L, n)."""
        rows = self._rows[:, : self.top + 1].T
        both = np.concatenate([np.matmul(rows, image), np.matmul(rows, image * self._drift)], axis=2)
        moments = np.matmul(both, self._both.transpose(0, 2, 1))
        products: FloatArray = moments[:, self.along, self.across]
        return products

    def project_windows(self, images: FloatArray) -> FloatArray:
        """Products of every term with images of the bands' windows, shape (B, m, tall, K) to (B, m, n)."""
        return self.of_tables(self.tables_of_windows(images, slice(None), slice(None)))

    def tables_of_windows(self, images: FloatArray, bands: slice, rows: slice | IntArray) -> FloatArray:
        """Products of waves along and functions across with images of some rows of some windows.

        Shape (B, m, R, K) to (B, waves, m, functions).
        """
        parts = np.matmul(images.transpose(0, 2, 1, 3), self._window_cols[bands, rows])
        count, some, many, functions = parts.shape
        waves = self._window_rows[bands, :, rows]
        products = np.matmul(waves, parts.reshape(count, some, many * functions))
        return np.asarray(products.reshape(count, waves.shape[1], many, functions))

    def of_tables(self, tables: FloatArray) -> FloatArray:
        """Products of every term, shape (B, waves, m, functions) to (B, m, n)."""
        return np.asarray(tables[:, self.along, :, self.across].transpose(1, 2, 0))

    def image(self, coefficients: FloatArray) -> FloatArray:
        """Background of the strips [AU] from coefficients of shape (L, n)."""
        table = np.zeros((len(coefficients), self.top + 1, self._cols.shape[2]))
        table[:, self.along, self.across] = coefficients
        straight, bent = np.split(np.matmul(np.matmul(self._rows[:, : self.top + 1], table), self._both), 2, axis=2)
        return np.asarray(straight + self._drift * bent)
