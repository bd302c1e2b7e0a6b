"""Fixtures that many tests share: one small drawn blot, its truth, and its bands where they truly are."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pandas as pd
import pytest

from blotquant.blot import Blot
from blotquant.synthetic import Drawn, draw_level


@pytest.fixture(scope="session", autouse=True)
def hasty_disk() -> Iterator[None]:
    """Let no test wait for the disk: what tests write need not outlive the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    """Draw a typical blot of six lanes and three rows, with everything that is true of it."""
    return draw_level("typical", seed=7, n_lanes=6, n_rows=3, shape=(320, 480), name="drawn.tif")


@pytest.fixture(scope="session")
def blot(drawn: Drawn) -> Blot:
    """Return the picture of `drawn`, bright = protein."""
    return drawn.blot


@pytest.fixture(scope="session")
def truth(drawn: Drawn) -> pd.DataFrame:
    """Return the true bands of `drawn`, absent ones included."""
    return drawn.bands


@pytest.fixture(scope="session")
def bands(drawn: Drawn) -> pd.DataFrame:
    """Return a bands table that says exactly where the bands of `drawn` are, measured columns empty."""
    return drawn.places()
