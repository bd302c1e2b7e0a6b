"""Pictures of two to four membranes that lie apart on a dark ground, drawn with known places."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from blotquant.blot import FloatArray
from blotquant.synthetic import draw_level

LEVELS = ("clean", "typical", "hard")


@dataclass(frozen=True)
class Apart:
    """A picture and where each membrane truly lies in it, upright boxes around what is turned [px]."""

    pixels: FloatArray
    boxes: list[tuple[int, int, int, int]]
    kind: str


def _pasted(page: FloatArray, membrane: FloatArray, top: int, left: int, angle: float, blur: float) -> tuple[int, ...]:
    """Lay a membrane on the page, turned a little and with a soft edge; returns top, bottom, left, right."""
    rows, cols = membrane.shape
    turn = cv2.getRotationMatrix2D(((cols - 1) / 2.0, (rows - 1) / 2.0), angle, 1.0)
    corners = np.array([[0, 0, 1], [cols, 0, 1], [0, rows, 1], [cols, rows, 1]], dtype=np.float64) @ turn.T
    turn[:, 2] += (left, top) - corners.min(axis=0)
    size = (page.shape[1], page.shape[0])
    lies = cv2.warpAffine(np.ones_like(membrane), turn, size, flags=cv2.INTER_LINEAR)
    shown = cv2.warpAffine(membrane, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(lies, (0, 0), blur) if blur > 0 else lies
    page += soft * (shown - page)
    wide, high = np.ptp(corners, axis=0)
    return top, round(top + high), left, round(left + wide)


def draw_apart(number: int) -> Apart:
    """Draw the number's picture: membranes of their own levels, beside or below one another.

    The ground is dark with noise, some dust and in every other picture a glow; membranes differ in brightness by up to
    three times, are turned by up to 3°, and hold faint to strong bands.
    """
    rng = np.random.default_rng([77, number])
    level = LEVELS[number % 3]
    count = int(rng.choice([2, 2, 2, 3, 4]))
    beside = bool(rng.random() < 0.5)
    gap = int(rng.integers(14, 60))
    page = np.zeros((700, 900))
    membranes, places, angles, at = [], [], [], int(rng.integers(20, 60))
    room = ((page.shape[1] if beside else page.shape[0]) - 2 * 60 - (count - 1) * gap) // count - 20
    for k in range(count):
        along, across = (
            int(room * rng.uniform(0.75, 0.95)),
            int(rng.uniform(0.45, 0.8) * page.shape[0 if beside else 1]),
        )
        shape = (across, along) if beside else (along, across)
        lanes, rows = int(rng.integers(4, max(5, min(12, shape[1] // 28)))), int(rng.integers(1, 4))
        drawn = draw_level(
            level, seed=100 * number + k, n_lanes=lanes, n_rows=rows if shape[0] > 140 else 1, shape=shape
        )
        membranes.append(drawn.blot.pixels)
        across_at = int(rng.integers(20, max(21, page.shape[0 if beside else 1] - across - 40)))
        places.append((across_at, at) if beside else (at, across_at))
        angles.append(float(rng.uniform(-3, 3)))
        at += along + round(abs(np.sin(np.deg2rad(angles[-1]))) * across) + gap  # turned, it takes more room
    low = min(float(np.median(each)) for each in membranes)
    ground = low * float(rng.uniform(0.05, 0.45))
    y, x = np.mgrid[: page.shape[0], : page.shape[1]] / max(page.shape)
    glow = float(rng.uniform(0.0, 0.3)) * (number % 2)
    page += ground * (1.0 + glow * (x * np.cos(number) + y * np.sin(number)))
    blur = float(rng.uniform(0.0, 2.0))
    boxes = []
    for membrane, (top, left), angle in zip(membranes, places, angles, strict=True):
        bright = membrane * float(rng.uniform(1.0, 3.0)) ** float(rng.choice([0.0, 1.0]))
        boxes.append(_pasted(page, bright, top, left, angle, blur))
    page += rng.normal(0.0, np.maximum(0.02 * ground, 3.0), page.shape)
    for _ in range(int(rng.integers(0, 12))):
        cv2.circle(page, (int(rng.integers(0, 900)), int(rng.integers(0, 700))), int(rng.integers(1, 4)), 3.0 * low, -1)
    kind = f"{level}, {count} {'beside' if beside else 'below'} one another, glow {glow:.2f}"
    return Apart(page.clip(0, 65535).round(), [tuple(box) for box in boxes], kind)  # type: ignore[misc]  # four each
