"""Blot: counts stay counts, and cannot be changed by a slip."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from blotquant.blot import Blot, Frame, Source, Step


@pytest.fixture
def counts() -> np.ndarray:
    return np.arange(12, dtype=np.uint16).reshape(3, 4)


def test_pixels_are_the_file_s_counts_as_floats(counts: np.ndarray) -> None:
    blot = Blot("one", counts)

    assert blot.pixels.dtype == np.float64
    assert blot.shape == (3, 4)
    np.testing.assert_array_equal(blot.pixels, counts)


def test_pixels_cannot_be_written_to(counts: np.ndarray) -> None:
    with pytest.raises(ValueError, match="read-only"):
        Blot("one", counts).pixels[0, 0] = 1.0


def test_a_change_of_the_array_that_was_given_does_not_reach_the_blot() -> None:
    given = np.zeros((2, 2))
    blot = Blot("one", given)

    given[:] = 7

    assert blot.pixels.sum() == 0


@pytest.mark.parametrize("shape", [(4,), (2, 2, 3)])
def test_a_blot_has_two_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"not {len(shape)}"):
        Blot("one", np.zeros(shape))


def test_a_new_blot_lies_as_its_file_does(counts: np.ndarray) -> None:
    assert Blot("one", counts).frame == Frame(3, 4)


def test_a_step_is_remembered_and_the_old_blot_stays(counts: np.ndarray) -> None:
    blot = Blot("one", counts)

    turned = blot.after(Step("orient", "turned"), blot.pixels[::-1], bright=True)

    assert [step.verb for step in turned.steps] == ["orient"]
    assert turned.bright is True
    assert blot.steps == ()
    assert blot.bright is None
    np.testing.assert_array_equal(turned.pixels, counts[::-1])


def test_a_step_without_pixels_keeps_them(counts: np.ndarray) -> None:
    blot = Blot("one", counts)

    np.testing.assert_array_equal(blot.after(Step("look")).pixels, blot.pixels)


def test_a_blot_travels_to_a_worker_and_stays_read_only(counts: np.ndarray) -> None:
    blot = Blot("one", counts, ceiling=65535.0, source=Source(path="a.tif", tags={"exposure": 3}, notes=("x",)))

    back = pickle.loads(pickle.dumps(blot))

    np.testing.assert_array_equal(back.pixels, blot.pixels)
    assert (back.name, back.ceiling, back.source) == (blot.name, blot.ceiling, blot.source)
    with pytest.raises(ValueError, match="read-only"):
        back.pixels[0, 0] = 1.0


def test_a_blot_equals_itself_and_can_be_a_key(counts: np.ndarray) -> None:
    one, other = Blot("one", counts), Blot("one", counts)

    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_vendor_tags_cannot_be_changed() -> None:
    given = {"exposure": 3}
    source = Source(tags=given)

    given["exposure"] = 4

    assert source.tags["exposure"] == 3
    with pytest.raises(TypeError):
        source.tags["exposure"] = 5
