"""A thousand ways a blot can look, drawn with known polarity: faint, crowded, nearly empty, tilted, 8-bit, JPEG …"""

from __future__ import annotations

import dataclasses

import numpy as np

from blotquant.blot import Blot
from blotquant.synthetic import Camera, Drawn, Export, Layout, Membrane, draw, draw_level

KINDS = ("plain", "faint", "crowded", "nearly empty", "8-bit", "surround", "saturated", "tilted", "faint 8-bit")
SHAPES = ((520, 900), (150, 866), (400, 400), (250, 450), (800, 600), (520, 696))


def _export(kind: str, rng: np.random.Generator) -> Export:
    if kind not in ("8-bit", "faint 8-bit"):
        return Export()
    return Export(bits=8, stretched=True, jpeg=int(rng.choice([0, 60, 85])), gamma=float(rng.choice([1.0, 0.6])))


def _knobs(kind: str, rng: np.random.Generator) -> dict[str, object]:
    burn = float(rng.choice([6000.0, np.inf]))
    tilt = float(rng.uniform(3, 12) * rng.choice([-1, 1])) if kind == "tilted" else float(rng.uniform(-2, 2))
    membrane = Membrane(
        base=float(rng.uniform(20, 1600)),
        unevenness=float(rng.uniform(0, 0.4)),
        gradient=float(rng.uniform(0, 0.3)),
        haze=float(rng.uniform(0, 0.1)),
        dust=int(rng.integers(0, 30)),
        specks=int(rng.integers(0, 15)),
        scratches=int(rng.integers(0, 2)),
        edge=float(rng.uniform(8, 40)) if kind == "surround" else 0.0,
        burn=burn if kind == "saturated" else float("inf"),
    )
    camera = Camera(
        gain=float(rng.choice([0.05, 1.0])), exposure=float(rng.uniform(3, 20)) if kind == "saturated" else 1.0
    )
    lanes = int(rng.integers(16, 27) if kind == "crowded" else rng.integers(4, 19))
    layout = Layout(n_lanes=lanes, tilt=tilt, smile=float(rng.uniform(-12, 12)), spacing=0.02)
    return {"layout": layout, "membrane": membrane, "camera": camera, "export": _export(kind, rng)}


def draw_any(number: int) -> Drawn:
    """Draw the number's picture, bright = protein; its kind is ``KINDS[number % len(KINDS)]``."""
    kind, rng = KINDS[number % len(KINDS)], np.random.default_rng([5, number])
    shape = SHAPES[rng.integers(3) if kind == "crowded" else rng.integers(len(SHAPES))]
    knobs = _knobs(kind, rng)
    layout = knobs["layout"]
    assert isinstance(layout, Layout)
    rows = int(rng.integers(6, 11) if kind == "crowded" else rng.integers(1, 5)) if shape[0] > 250 else 2
    level = str(rng.choice(["clean", "typical", "hard"]))
    bands = draw_level(level, seed=number, n_lanes=layout.n_lanes, n_rows=rows, shape=shape).bands
    table = bands[["lane", "band", "volume", "row", "width", "sigma"]]
    if "faint" in kind:
        table = table.assign(volume=table["volume"].clip(upper=10**5.5) * 10 ** rng.uniform(-1.5, -0.7))
    if kind == "nearly empty":
        kept = rng.permutation(len(table)) < rng.integers(1, 5)
        table = table.assign(volume=np.where(kept, 10 ** rng.uniform(4.8, 6.5, len(table)), 0.0))
    return draw(table, family=str(rng.choice(["flat", "foreign"])), shape=shape, seed=number, **knobs)  # type: ignore[arg-type]  # knobs by name


def inverted(blot: Blot) -> Blot:
    """The same picture as an export with dark bands would hold it."""
    return dataclasses.replace(blot, pixels=2.0**blot.source.depth - 1.0 - blot.pixels, ceiling=None, floor=None)
