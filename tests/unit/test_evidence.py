"""Evidence for bands: images of a membrane on one canvas, and a picture in strips as coarse as a search needs."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.blot import Blot, Frame
from blotquant.errors import DetectionError
from blotquant.evidence import Seen, align, narrow

GROUND = np.random.default_rng(2).normal(800.0, 12.0, (60, 90))


def cut(name: str, top: int, left: int, rows: int, cols: int) -> Blot:
    return Blot(name, GROUND[top : top + rows, left : left + cols], frame=Frame(60, 90, top=top, left=left))


def test_crops_of_one_membrane_lie_on_one_canvas_that_holds_them_all() -> None:
    canvas = align([cut("a", 10, 5, 40, 60), cut("b", 0, 20, 60, 70)])
    assert canvas.offsets == ((10, 0), (0, 15))
    assert canvas.shape == (60, 85)


def test_pictures_of_unlike_size_are_not_of_one_grid_and_none_is_none() -> None:
    with pytest.raises(DetectionError, match="b and a are of one membrane but not on one pixel grid"):
        align([Blot("a", GROUND), Blot("b", GROUND[:, :80])])
    with pytest.raises(DetectionError, match="no image was given"):
        align([])


def test_an_image_is_seen_with_its_noise_and_only_once() -> None:
    blot = Blot("a", GROUND)
    seen = Seen.of(blot)
    assert seen.shape == (60, 90)
    sd = float(np.sqrt(seen.noise.variance(np.array(0.0)))) * np.ptp(GROUND)  # at the median, in units of the span
    assert sd == pytest.approx(12.0, rel=0.15)
    assert not seen.off.any()
    assert Seen.of(blot) is seen


def test_strips_average_columns_and_rows_and_a_brighter_strip_stays_where_it_is() -> None:
    pixels = GROUND.copy()
    pixels[:, 30:40] += 500.0
    found = narrow(Seen.of(Blot("a", pixels)), 9, step=3)
    assert found.pixels.shape == (20, 9)
    assert (found.width, found.step) == (10.0, 3.0)
    means = found.pixels.mean(axis=0)
    assert int(np.argmax(means)) == 3
    assert (means[3] - np.median(means)) * np.ptp(pixels) == pytest.approx(500.0, rel=0.05)


def test_more_strips_than_columns_are_one_a_column() -> None:
    found = narrow(Seen.of(Blot("a", GROUND)), 1000)
    assert (found.pixels.shape, found.width, found.step) == ((60, 90), 1.0, 1.0)
