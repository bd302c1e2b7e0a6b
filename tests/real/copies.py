"""Change the annotated real blots a little, and see whether they keep their lanes.

``python -m tests.real.copies`` resizes, mirrors, crops, tilts, blurs and compresses each, changes its grey scale, adds
noise, and prints in how many of the copies the number of lanes is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import blotquant as bq
from blotquant.blot import Blot, Source
from blotquant.errors import DetectionError
from tests.real.scoring import ANNOTATED, BLOTS, MORE_LADDERS

__all__ = ["Copy", "count_lanes", "draw_copies", "is_right"]

_SIZES = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0)
_CROPS, _QUALITIES, _CLIPPED = 12, (40, 60, 75, 85, 95), (0.1, 0.35, 1.0)
_GAMMAS, _NOISE, _BLURS, _TILTS = (0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5), (0.5, 1.0, 2.0), (1, 2), (-1.5, -0.7, 0.7, 1.5)
_SIDE = 0.25  # distance of a lane from the picture's side below which it is cut off, as a share of the pitch


@dataclass(frozen=True)
class Copy:
    """A changed picture: what was done, its pixels and depth, and where a column of the file lies in it.

    `across` holds factor and offset: column → factor * (column + 0.5) − 0.5 + offset.
    """

    change: str
    pixels: np.ndarray
    depth: int
    across: tuple[float, float] = (1.0, 0.0)


def _stretched(pixels: np.ndarray, clipped: float = 0.0) -> np.ndarray:
    low, high = np.percentile(pixels, [clipped, 100.0 - clipped])
    return np.round(np.clip((pixels - low) / (high - low), 0.0, 1.0) * 255.0)


def _compressed(pixels: np.ndarray, quality: int) -> np.ndarray:
    _, file = cv2.imencode(".jpg", _stretched(pixels).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(file, cv2.IMREAD_GRAYSCALE).astype(float)


def _tilted(pixels: np.ndarray, angle: float) -> np.ndarray:
    rows, cols = pixels.shape
    turn = cv2.getRotationMatrix2D((cols / 2, rows / 2), angle, 1.0)
    return cv2.warpAffine(pixels, turn, (cols, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _moved(pixels: np.ndarray, depth: int, rng: np.random.Generator) -> Iterator[Copy]:
    rows, cols = pixels.shape
    for size in _SIZES:
        how = cv2.INTER_AREA if size < 1.0 else cv2.INTER_CUBIC
        resized = cv2.resize(pixels, (round(cols * size), round(rows * size)), interpolation=how)
        yield Copy(f"size {size}", resized, depth, (resized.shape[1] / cols, 0.0))
    yield Copy("mirrored", pixels[:, ::-1], depth, (-1.0, float(cols)))
    yield Copy("upside down", pixels[::-1], depth)
    for number in range(_CROPS):
        top, bottom = (round(share * rows) for share in rng.uniform(0, 0.05, 2))
        left, right = (round(share * cols) for share in rng.uniform(0, 0.04, 2))
        yield Copy(f"crop {number}", pixels[top : rows - bottom, left : cols - right], depth, (1.0, -float(left)))
    for angle in _TILTS:
        yield Copy(f"tilt {angle}", _tilted(pixels, angle), depth)


def draw_copies(pixels: np.ndarray, depth: int) -> Iterator[Copy]:
    """Change a picture in 58 ways, the first of which is none."""
    rng = np.random.default_rng(1)
    low, high = pixels.min(), pixels.max()
    yield Copy("none", pixels, depth)
    yield from _moved(pixels, depth, rng)
    for quality in _QUALITIES:
        yield Copy(f"JPEG {quality}", _compressed(pixels, quality), 8)
    for clipped in _CLIPPED:
        yield Copy(f"stretched {clipped}", _stretched(pixels, clipped), 8)
    for gamma in _GAMMAS:
        yield Copy(f"gamma {gamma}", ((pixels - low) / (high - low)) ** gamma * (high - low) + low, depth)
    for times in _NOISE:
        sd = times * np.percentile(np.abs(np.diff(pixels, axis=1)), 60)
        yield Copy(f"noise {times}", pixels + rng.normal(0, sd, pixels.shape), depth)
    for sigma in _BLURS:
        yield Copy(f"blur {sigma}", cv2.GaussianBlur(pixels, (0, 0), sigma), depth)


def count_lanes(copy: Copy) -> int:
    """Lanes found in a copy without help; 0 where it is refused."""
    counts = np.clip(np.round(copy.pixels), 0, 2**copy.depth - 1)
    try:
        return len(bq.find_lanes(bq.orient(Blot(copy.change, counts, source=Source(depth=copy.depth)))))
    except DetectionError:
        return 0


def is_right(copy: Copy, lanes: int, name: str, known: dict) -> bool:
    """Whether a number of lanes fits the annotation; ladders count or not, lanes cut off do not."""
    factor, offset = copy.across
    at = factor * (np.array(known["lanes"], float) + 0.5) - 0.5 + offset
    room = _SIDE * float(np.median(np.diff(np.sort(at))))
    inside = (at > room) & (at < copy.pixels.shape[1] - room)
    inside[known["ladder_lanes"]] = False
    return bool(inside.sum() <= lanes <= len(at) + MORE_LADDERS.get(name, 0))


def main() -> None:
    right = total = 0
    for path in ANNOTATED:
        blot, name = bq.read_blot(BLOTS / path), Path(path).name
        known = json.loads((BLOTS / f"{path.removesuffix('.1sc')}.annotation.json").read_text(encoding="utf-8"))
        copies = [*draw_copies(np.asarray(blot.pixels, float), blot.source.depth or 16)]
        counts = [count_lanes(copy) for copy in copies]
        wrong = [
            f"{copy.change} ({count})"
            for copy, count in zip(copies, counts, strict=True)
            if not is_right(copy, count, name, known)
        ]
        right, total = right + len(copies) - len(wrong), total + len(copies)
        print(f"{name}: {len(copies) - len(wrong)} of {len(copies)} right; wrong: {', '.join(wrong) or 'none'}")
    print(f"lane count right in {right} of {total} copies")


if __name__ == "__main__":
    main()
