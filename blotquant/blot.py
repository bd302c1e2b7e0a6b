"""Blot: pixels and what is known about them.

Pixels are detector counts, never rescaled, and read-only: a slip that would change them raises at once.
A blot that was turned, mirrored or cropped remembers how in its `Frame`, so that tables can speak of
pixels of the file as given.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

__all__ = ["Blot", "CountArray", "FloatArray", "Frame", "Source", "Step", "once_a_blot", "whole_counts"]

FloatArray = npt.NDArray[np.float64]
CountArray = npt.NDArray[Any]  # counts as 32-bit whole numbers, or as float64
Kind = TypeVar("Kind")

_LARGEST = 2.0**28  # whole numbers up to it can be added up by the dozen in 32 bits


@dataclass(frozen=True)
class Source:
    """Where the pixels came from, for the record.

    Parameters
    ----------
    path : str
        The file as it was given.
    sha256 : str
        Hash of the file's bytes, hexadecimal.
    reader : str
        Name of the reader in ``READERS`` that took the file.
    depth : int
        Bits a pixel as stored.
    lossy : bool
        The file went through lossy compression.
    tags : Mapping
        The vendor's own tags, untouched.
    notes : tuple of str
        What the reader had to decide, in words ("colour channels are equal; one was taken").
    exposure_s : float or None
        Exposure time as the file states it [s].
    imager, acquired : str
        Instrument and date as the file states them.
    channel : str
        Which of the file's pictures it is; empty where the file holds one.
    """

    path: str = ""
    sha256: str = ""
    reader: str = ""
    depth: int = 0
    lossy: bool = False
    tags: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    exposure_s: float | None = None
    imager: str = ""
    acquired: str = ""
    channel: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy does not pickle; workers need it to
        named = {part.name: getattr(self, part.name) for part in dataclasses.fields(self)}
        return (Source, tuple({**named, "tags": dict(self.tags)}.values()))


@dataclass(frozen=True)
class Step:
    """One thing that was done to the pixels, for the record.

    Parameters
    ----------
    verb : str
        What was done.
    detail : str
        How, in words; for people alone.
    told : mapping of str to float
        What others ask of it, by name.
    """

    verb: str
    detail: str = ""
    told: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Frame:
    """How an upright blot lies in its file: quarter turns, then a mirror, then a crop; a tilt kept as angle.

    A point ``(row, col)`` is in pixel indices: the centre of pixel ``i`` is ``i``. A box is half-open.

    Parameters
    ----------
    rows, cols : int
        Shape of the file's picture [px].
    turns : int
        Quarter turns clockwise that bring the file's picture upright (0–3).
    mirror : bool
        Left and right were swapped after turning.
    top, left : int
        Where the crop starts in the turned and mirrored picture [px].
    tilt : float
        Angle by which the lanes lean in the upright picture, clockwise positive [degree].
    """

    rows: int
    cols: int
    turns: int = 0
    mirror: bool = False
    top: int = 0
    left: int = 0
    tilt: float = 0.0

    @property
    def upright_shape(self) -> tuple[int, int]:
        """Shape of the whole picture when it is turned upright [px]."""
        return (self.rows, self.cols) if self.turns % 2 == 0 else (self.cols, self.rows)

    @property
    def as_in_file(self) -> bool:
        """The blot lies as its file does, from the same corner on."""
        return not (self.turns % 4 or self.mirror or self.top or self.left)

    def to_file(self, row: npt.ArrayLike, col: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Map points of the upright blot to the file's pixels [px]."""
        r = np.asarray(row, dtype=np.float64) + self.top
        c = np.asarray(col, dtype=np.float64) + self.left
        if self.mirror:
            c = self.upright_shape[1] - 1 - c
        turns = self.turns % 4
        if turns == 1:
            return self.rows - 1 - c, r
        if turns == 2:
            return self.rows - 1 - r, self.cols - 1 - c
        if turns == 3:
            return c, self.cols - 1 - r
        return r, c

    def to_upright(self, row: npt.ArrayLike, col: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Map points of the file to the upright blot's pixels [px]; the inverse of `to_file`."""
        fr = np.asarray(row, dtype=np.float64)
        fc = np.asarray(col, dtype=np.float64)
        turns = self.turns % 4
        r, c = fr, fc
        if turns == 1:
            r, c = fc, self.rows - 1 - fr
        elif turns == 2:
            r, c = self.rows - 1 - fr, self.cols - 1 - fc
        elif turns == 3:
            r, c = self.cols - 1 - fc, fr
        if self.mirror:
            c = self.upright_shape[1] - 1 - c
        return r - self.top, c - self.left


def _is_frozen(pixels: Any) -> bool:
    """Tell read-only counts that own their memory, as a blot holds them."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.float64 or pixels.base is not None:
        return False
    return pixels.flags.c_contiguous and not pixels.flags.writeable


@dataclass(frozen=True, eq=False)  # pixels have no single yes or no, so a blot is equal to itself alone
class Blot:
    """A picture of a membrane: pixels in detector counts and what is known about them.

    Parameters
    ----------
    name : str
        The image's id: path relative to the study, with ``#channel`` and ``@region`` where one file gives several.
    pixels : ndarray of shape (H, W)
        Detector counts [AU], bright = protein once `bright` is True. Copied to float64 and made read-only.
    bright : bool or None
        Protein is bright; None before `orient` has looked.
    ceiling : float or None
        Counts at which the detector clips [AU]; None when not known.
    floor : float or None
        Counts at which the picture is cut from below [AU]; None when not known.
    pixel_um : float or None
        Side of a pixel [µm].
    source : Source
        File, hash, reader and vendor tags.
    steps : tuple of Step
        What was done to the pixels since reading.
    frame : Frame
        How this blot lies in its file; left out, it lies as the file does.

    Examples
    --------
    >>> blot = Blot("one", np.zeros((4, 6)))
    >>> blot.shape
    (4, 6)
    >>> blot.pixels[0, 0] = 1.0
    Traceback (most recent call last):
    ...
    ValueError: assignment destination is read-only
    """

    name: str
    pixels: FloatArray
    bright: bool | None = None
    ceiling: float | None = None
    floor: float | None = None
    pixel_um: float | None = None
    source: Source = field(default_factory=Source)
    steps: tuple[Step, ...] = ()
    frame: Frame = Frame(0, 0)

    def __post_init__(self) -> None:
        pixels = self.pixels
        if not _is_frozen(pixels):  # pixels of another blot are shared, since neither can change them
            pixels = np.array(pixels, dtype=np.float64, order="C")
        if pixels.ndim != 2:
            raise ValueError(f"a blot has two axes (rows, columns), not {pixels.ndim}")
        pixels.setflags(write=False)
        object.__setattr__(self, "pixels", pixels)
        if self.frame.rows == 0:
            object.__setattr__(self, "frame", Frame(*pixels.shape))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.pixels.setflags(write=False)  # pickling forgets it, and workers must not change pixels either

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns [px]."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @functools.cached_property
    def middle(self) -> float:
        """Median of the pixels [AU]: the membrane's level, from which an offset cancels."""
        return _median(self.pixels.ravel())

    @functools.cached_property
    def counts(self) -> CountArray:
        """The pixels as whole numbers where all of them are whole, else as they are [AU]: the same values.

        Sorting and counting whole numbers takes a tenth of the time.
        """
        return whole_counts(self.pixels)

    def after(self, step: Step, pixels: FloatArray | None = None, **changes: Any) -> Blot:
        """Return a new blot with one more step on record; the only way to changed pixels.

        Parameters
        ----------
        step : Step
            What was done.
        pixels : ndarray of shape (H, W), optional
            The new counts [AU]; the old ones when left out.
        **changes
            Other fields that change with it (``bright``, ``ceiling``, ``frame`` …).
        """
        new = self.pixels if pixels is None else pixels
        return dataclasses.replace(self, pixels=new, steps=(*self.steps, step), **changes)

    def _repr_html_(self) -> str:
        """Show the blot in a notebook, to be looked at whole or pixel by pixel."""
        from .figures.pictures import display_html

        return display_html(self)

    def _repr_png_(self) -> bytes:
        """Show the blot in a notebook, dark bands on white, without touching the counts."""
        from .figures.pictures import display_png

        return display_png(self)


def whole_counts(pixels: FloatArray) -> CountArray:
    """Return pixels as whole numbers, read-only, or as they are where one is not whole or too large.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts [AU].
    """
    if not pixels.size or not -_LARGEST < float(pixels.min()) <= float(pixels.max()) < _LARGEST:
        return pixels
    whole = pixels.astype(np.int32)
    if not np.array_equal(whole, pixels):
        return pixels
    whole.setflags(write=False)
    return whole


def _median(values: FloatArray) -> float:
    """Return what `numpy.median` does in a third of its time: a sample tells between which values it must lie."""
    sample = np.sort(values[:: max(1, len(values) // 5000)])
    low, high = sample[int(0.45 * len(sample))], sample[int(0.55 * len(sample))]
    below = int(np.count_nonzero(values < low))
    inside = values[(values >= low) & (values <= high)]
    middle = ((len(values) - 1) // 2 - below, len(values) // 2 - below)
    if middle[0] < 0 or middle[1] >= len(inside):
        return float(np.median(values))
    ordered = np.partition(inside, middle[0])  # one place is several times quicker than two
    upper = ordered[middle[0]] if middle[0] == middle[1] else ordered[middle[1] :].min()
    return 0.5 * (float(ordered[middle[0]]) + float(upper))


def once_a_blot(tell: Callable[[Blot], Kind]) -> Callable[[Blot], Kind]:
    """Remember what a function tells of a blot for as long as the blot lives: its pixels never change.

    Parameters
    ----------
    tell : callable
        A function of a blot alone, whose answer nobody changes.
    """
    known: WeakKeyDictionary[Blot, Kind] = WeakKeyDictionary()

    @functools.wraps(tell)
    def remembered(blot: Blot) -> Kind:
        if blot not in known:
            known[blot] = tell(blot)
        return known[blot]

    return remembered
