"""make_blot(): a table of true bands → a Blot whose every band's volume is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..blot import Blot, FloatArray, Source, Step
from ..errors import SettingsError
from ..geometry import parse_curve
from ..tables import TABLES, check
from .background import draw_dirt, draw_glow, draw_surround
from .camera import burn_out, export_counts, expose
from .knobs import Camera, Export, Layout, Membrane
from .placement import Grid
from .rendering import complete, render
from .shapes import FAMILIES, SHAPE_DEFAULTS

__all__ = ["Drawn", "draw", "make_blot"]

_TRUTH = (
    *("image", "lane", "band", "volume", "present", "centre_row", "centre_col", "top", "bottom", "left", "right"),
    *("curve", "lean", "height", "sigma", "width", "split", "share", "row"),
)


@dataclass(frozen=True)
class Drawn:
    """A drawn blot and everything that is true of it.

    Parameters
    ----------
    blot : Blot
        The picture as a camera and an export would have saved it.
    bands : DataFrame
        Truth, one row a band of the table drawn, absent ones included: `image`, `lane`, `band`; `volume`, the
        noise-free, unclipped sum of the band's pixels [AU px]; `present`; centre of gravity; the box that holds
        99.5 % of it along the run and across (half-open) [px]; `height` [AU]; `sigma`, `width`, `split` [px].
    lanes : DataFrame
        True lanes: `image`, `lane`, `left`, `right`, `centre`, `curve`, `empty`.
    signal : ndarray of shape (H, W)
        Light of the bands alone [AU].
    background : ndarray of shape (H, W)
        Light of everything else [AU], offset included.
    """

    blot: Blot
    bands: pd.DataFrame
    lanes: pd.DataFrame
    signal: FloatArray
    background: FloatArray

    def places(self) -> pd.DataFrame:
        """Return a bands table that says exactly where the bands are, as if found, with no measured column filled."""
        lanes = self.lanes.set_index("lane")
        width = (lanes["right"] - lanes["left"]).reindex(self.bands["lane"]).to_numpy()
        curves = [parse_curve(text) for text in self.bands["curve"]]
        middle = np.array([curve[len(curve) // 2, 1] for curve in curves])
        found = self.bands[["image", "lane", "band", "curve"]].assign(
            target="",
            detected=self.bands["present"],
            centre_row=self.bands["centre_row"].round(2),
            centre_col=self.bands["centre_col"].round(2),
            top=np.floor(self.bands["top"]),
            bottom=np.ceil(self.bands["bottom"]),
            left=np.round(middle - 0.5 * width),
            right=np.round(middle + 0.5 * width) + 1.0,
            lean=self.bands["lean"].round(4),
            sigma=self.bands["sigma"].round(2),
            score=np.where(self.bands["present"], 100.0, 0.0),
            saturated=0,
            flags="",
        )
        measured = [name for name in TABLES["bands"].names if name not in found.columns]
        return check(found.assign(**dict.fromkeys(measured, np.nan)), "bands")


def _truth(bands: pd.DataFrame, camera: Camera, name: str) -> pd.DataFrame:
    out = bands.assign(
        image=name,
        volume=bands["volume"] * camera.exposure,
        height=bands["height"] * camera.exposure,
        present=bands["volume"] > 0,
    )
    further = [column for column in bands.columns if column not in _TRUTH and column not in SHAPE_DEFAULTS]
    return out[[*_TRUTH, *further]].reset_index(drop=True)


def _blot(counts: FloatArray, camera: Camera, export: Export, name: str, detail: str) -> Blot:
    plain = export == Export()
    return Blot(
        name=name,
        pixels=export_counts(counts, camera.ceiling, export),
        bright=not export.inverted,
        ceiling=camera.ceiling if plain else 2.0**export.bits - 1.0,
        source=Source(reader="drawn", depth=export.bits, lossy=export.jpeg > 0),
        steps=(Step("draw", detail),),
    )


def draw(
    bands: pd.DataFrame,
    *,
    layout: Layout | None = None,
    membrane: Membrane | None = None,
    camera: Camera | None = None,
    export: Export | None = None,
    family: str = "flat",
    shape: tuple[int, int] = (520, 900),
    seed: int = 0,
    image_seed: int | None = None,
    noise_seed: int | None = None,
    name: str = "drawn",
) -> Drawn:
    """Draw a blot and return it with its truth.

    Parameters
    ----------
    bands : DataFrame
        One row a band: `lane` (from 1), `band` (row of the membrane) and `volume` [AU px]; optionally `row`, the
        height of its ridge in the picture's middle column [px], `width` across the lane [px] and the columns of
        `SHAPE_DEFAULTS`. Further columns travel along to the truth.
    layout, membrane, camera, export
        The knobs; each is off by default.
    family : str
        Band shapes, a key of `FAMILIES`.
    shape : tuple of int
        Rows and columns of the picture [px].
    seed : int
        Seed of where lanes lie.
    image_seed : int, optional
        Seed of the membrane's glow and dirt; `seed` when left out. Pictures of one seed and several image seeds are
        one membrane probed several times.
    noise_seed : int, optional
        Seed of the camera's noise; `image_seed` when left out. Pictures that differ in nothing else are several
        exposures of one probing.
    name : str
        The image's id.

    Raises
    ------
    SettingsError
        The family is unknown.
    TableError
        The table lacks a column or names a lane that is not there.
    """
    if family not in FAMILIES:
        raise SettingsError(f"family {family!r} is unknown; known: {', '.join(FAMILIES)}")
    layout, membrane, camera = layout or Layout(), membrane or Membrane(), camera or Camera()
    image_seed = seed if image_seed is None else image_seed
    ground, dirt = np.random.default_rng([image_seed, 1]), np.random.default_rng([image_seed, 2])
    grid = Grid.lay(layout, shape, np.random.default_rng([seed, 0]))
    signal, drawn = render(complete(bands, grid), grid, family)
    glow = draw_glow(drawn, signal, grid, membrane, ground) + draw_dirt(drawn, shape, membrane, dirt)
    light = burn_out(signal, membrane.burn) + np.maximum(glow, 0.0)
    if membrane.edge:
        light = light * draw_surround(grid, membrane)
    noise = np.random.default_rng([image_seed if noise_seed is None else noise_seed, 3])
    counts = expose(light, camera, noise)
    truth = _truth(drawn, camera, name)
    loaded = truth.loc[truth["present"], "lane"].unique()
    return Drawn(
        blot=_blot(counts, camera, export or Export(), name, f"family={family} seed={seed}"),
        bands=truth,
        lanes=grid.lanes(name).assign(empty=lambda lanes: ~lanes["lane"].isin(loaded)),
        signal=signal * camera.exposure,
        background=np.maximum(glow, 0.0) * camera.exposure + camera.offset,
    )


def make_blot(
    bands: pd.DataFrame,
    *,
    layout: Layout | None = None,
    membrane: Membrane | None = None,
    camera: Camera | None = None,
    export: Export | None = None,
    family: str = "flat",
    shape: tuple[int, int] = (520, 900),
    seed: int = 0,
    name: str = "drawn",
) -> Blot:
    """Draw a blot from a table of true bands; `draw` returns its truth as well and explains the options.

    Examples
    --------
    >>> bands = pd.DataFrame({"lane": [1, 2], "band": "1", "volume": [1e5, 2e5]})
    >>> make_blot(bands, layout=Layout(n_lanes=2), shape=(60, 120))
    Blot(name='drawn', ...)
    """
    return draw(
        bands,
        layout=layout,
        membrane=membrane,
        camera=camera,
        export=export,
        family=family,
        shape=shape,
        seed=seed,
        name=name,
    ).blot
