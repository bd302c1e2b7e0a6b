"""estimate_background(): what the membrane would show without its bands, by one method of a family.

Every method has one signature, ``estimate(pixels, places, **options)`` → ndarray of shape (H, W), and stands in
`BACKGROUNDS`, which the command line, the docs and the contract tests read. Only the pixels under the bands'
boxes are promised to be estimated; elsewhere methods that look at bands give the level of the open membrane.
"""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd

from ..blot import Blot, FloatArray
from ..errors import SettingsError
from ..geometry import to_upright
from ..tables import nearest, require
from .border import BORDER_MEAN, BORDER_MEDIAN
from .family import Background, Places
from .gaps import INTER_LANE
from .profiles import RUBBER_BAND, SNIP, VALLEY
from .rolling import PARABOLOID, ROLLING_BALL
from .surface import LINE, PLANE, QUADRATIC
from .whole import GLOBAL

__all__ = ["BACKGROUNDS", "Background", "Places", "estimate_background"]

BACKGROUNDS: dict[str, Background] = {
    method.name: method
    for method in (
        PLANE,
        QUADRATIC,
        LINE,
        BORDER_MEAN,
        BORDER_MEDIAN,
        VALLEY,
        RUBBER_BAND,
        SNIP,
        INTER_LANE,
        GLOBAL,
        ROLLING_BALL,
        PARABOLOID,
    )
}
"""The family of backgrounds by name; the first is the default of `estimate_background`."""


def estimate_background(blot: Blot, bands: pd.DataFrame, *, method: str = "plane", **options: Any) -> FloatArray:
    """Estimate the background of an upright blot by one method of `BACKGROUNDS`.

    Parameters
    ----------
    blot : Blot
        An upright picture with bright bands.
    bands : DataFrame
        Bands table; the rows of this image are taken [px of the file as given].
    method : str
        Key of `BACKGROUNDS`.
    **options
        Further options of the method (``width``, ``edge``, ``radius`` …).

    Returns
    -------
    ndarray of shape (H, W)
        Background on the pixel grid of the upright blot [AU].

    Raises
    ------
    SettingsError
        The method or an option is unknown.
    TableError
        A column of the bands' places is missing.
    """
    require(bands, "bands", ("image", "lane", "top", "bottom", "left", "right"))
    if method not in BACKGROUNDS:
        raise SettingsError(f"background {method!r} is unknown{nearest(method, list(BACKGROUNDS))}")
    known = list(inspect.signature(BACKGROUNDS[method].estimate).parameters)[2:]
    for option in options:
        if option not in known:
            raise SettingsError(f"background {method}: option {option!r} is unknown{nearest(option, known)}")
    mine = to_upright(bands[bands["image"] == blot.name], blot.frame)
    return BACKGROUNDS[method].estimate(blot.pixels, Places.of(mine, blot.shape), **options)
