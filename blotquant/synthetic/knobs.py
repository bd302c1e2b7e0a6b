"""The knobs of a drawn blot: where lanes lie, what the membrane adds, what the camera and the export do.

Every effect is a field of its own and is off by default, so that a test turns on the one it is about.
Lengths are pixels [px], brightness is detector counts [AU].
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Camera", "Export", "Layout", "Membrane"]


@dataclass(frozen=True)
class Layout:
    """Where lanes and rows lie on the membrane and how the membrane lies in the picture.

    Parameters
    ----------
    n_lanes : int
        Wells, empty ones included.
    margin : float
        Space left of the first and right of the last lane, as a share of the picture's width.
    filling : float
        Width of a band as a share of the pitch.
    spacing : float
        Standard deviation of the lanes' places, as a share of the pitch.
    gaps : tuple of int
        Lanes after which `gap` more space is left, as beside a ladder that was cut away.
    gap : float
        That space, as a share of the pitch.
    tilt : float
        Turn of the membrane in the picture, clockwise positive [degree].
    smile : float
        How much higher the rows are at the picture's sides than in its middle [px]; negative: a frown.
    lean : float
        How far every lane drifts to the right from the picture's top to its bottom [px].
    fan : float
        How much more the lanes at the sides drift outwards than the middle one [px]; a trapezoid membrane.
    bow : float
        How far every lane bows to the right in the middle of its length [px].
    right, down : float
        How far the membrane lies off the picture's middle, as when it was put back after stripping [px].
    """

    n_lanes: int = 10
    margin: float = 0.05
    filling: float = 0.7
    spacing: float = 0.0
    gaps: tuple[int, ...] = ()
    gap: float = 0.5
    tilt: float = 0.0
    smile: float = 0.0
    lean: float = 0.0
    fan: float = 0.0
    bow: float = 0.0
    right: float = 0.0
    down: float = 0.0


@dataclass(frozen=True)
class Membrane:
    """What lies on the membrane besides bands; none of it is part of a band's true volume.

    Parameters
    ----------
    base : float
        Brightness of the bare membrane [AU].
    unevenness : float
        Standard deviation of slow unevenness, as a share of `base`.
    waves : float
        Number of half-waves of the finest unevenness across the longer side of the picture.
    gradient : float
        Rise from one corner to the opposite one, as a share of `base`.
    haze : float
        Brightness of the haze along loaded lanes, as a share of the median band height.
    bleed : float
        Share of every band's light that spreads around it, with a standard deviation of `bleed_px`.
    bleed_px : float
        How far bleed reaches [px].
    dust : int
        Number of bright dust grains, 2–6 px wide, anywhere.
    dust_on_bands : int
        Number of further grains that lie on bands.
    dust_height : float
        Typical brightness of a grain [AU].
    specks : int
        Number of single hot pixels.
    scratches : int
        Number of thin lines, bright or dark.
    bubbles : int
        Number of round pale patches where the membrane was not wetted.
    edge : float
        Width of the black surround of the membrane [px]; 0: the membrane fills the picture.
    burn : float
        Signal from which substrate runs out and bands turn hollow [AU]; infinite: never.
    """

    base: float = 300.0
    unevenness: float = 0.0
    waves: float = 5.0
    gradient: float = 0.0
    haze: float = 0.0
    bleed: float = 0.0
    bleed_px: float = 30.0
    dust: int = 0
    dust_on_bands: int = 0
    dust_height: float = 3000.0
    specks: int = 0
    scratches: int = 0
    bubbles: int = 0
    edge: float = 0.0
    burn: float = float("inf")


@dataclass(frozen=True)
class Camera:
    """How light becomes counts.

    Parameters
    ----------
    gain : float
        Counts a photo-electron [AU]; 0: no photon noise.
    read_noise : float
        Standard deviation of the read noise [AU].
    offset : float
        Counts of a dark pixel [AU]; a negative one clips dark pixels at zero.
    ceiling : float
        Counts at which the detector clips [AU].
    exposure : float
        Factor on all light, signal and membrane alike.
    """

    gain: float = 1.0
    read_noise: float = 6.0
    offset: float = 200.0
    ceiling: float = 65535.0
    exposure: float = 1.0


@dataclass(frozen=True)
class Export:
    """What was done to the counts before the file was saved; the defaults do nothing.

    Parameters
    ----------
    bits : int
        Bits a pixel: 8, 12 or 16.
    inverted : bool
        Dark bands on a bright ground.
    stretched : bool
        Contrast stretched so that 0.1 % of the pixels are black and 0.1 % white.
    gamma : float
        Exponent of a gamma curve; 1: none.
    jpeg : int
        JPEG quality, 1–95; 0: no JPEG. Needs 8 bits.
    """

    bits: int = 16
    inverted: bool = False
    stretched: bool = False
    gamma: float = 1.0
    jpeg: int = 0
