"""What is known of a membrane before its images are looked at, and what said how many lanes it has."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..settings import Settings

__all__ = ["Given"]

_FOUND, _TAKEN = "found in the pictures", "taken from the tables given"


def _count(settings: Settings, images: pd.DataFrame | None, samples: pd.DataFrame | None) -> tuple[int | None, str]:
    """Return the number of lanes and what says it: settings, then images.csv, then samples.csv of every lane."""
    if settings.lanes.n_lanes is not None:
        return settings.lanes.n_lanes, "given by the settings"
    told = [] if images is None else images["n_lanes"].dropna().tolist()
    if told:
        return int(told[0]), "given by n_lanes in images.csv"
    numbers = [] if samples is None else sorted(int(lane) for lane in samples["lane"])
    if numbers and numbers == list(range(1, len(numbers) + 1)):
        return len(numbers), "given by the rows of samples.csv"
    return None, _FOUND


@dataclass(frozen=True)
class Given:
    """What is known of a membrane before its images are looked at.

    Parameters
    ----------
    membrane : str
        Its name.
    n_lanes : int or None
        Number of lanes, when something said it.
    why : str
        What said it.
    samples : DataFrame
        Its lanes; may be without rows.
    stains : tuple of str
        Images measured as whole lanes.
    mass : Mapping
        ``ladder``, ``buffer``, ``model`` of the mass calibration, where named.
    markers : tuple of str
        Images that show the ladder alone, as by visible light, on the same grid as the first of the others.
    lanes, bands : DataFrame or None
        Tables to take instead of finding them.
    exposures : Mapping of str to DataFrame
        For an image that is merged from several exposures: their rows of images.csv.
    targets : Mapping of str to set of str
        What phospho and total images were probed for.
    named : tuple of str
        Images whose row is named by number or mass: they stay as they lie, since rows are counted as they lie.
    """

    membrane: str = ""
    n_lanes: int | None = None
    why: str = _FOUND
    samples: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"membrane": [], "lane": [], "role": []}))
    stains: tuple[str, ...] = ()
    mass: Mapping[str, Any] = field(default_factory=dict)
    markers: tuple[str, ...] = ()
    lanes: pd.DataFrame | None = None
    bands: pd.DataFrame | None = None
    exposures: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    targets: Mapping[str, Set[str]] = field(default_factory=dict)
    named: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        membrane: str,
        settings: Settings,
        images: pd.DataFrame | None = None,
        samples: pd.DataFrame | None = None,
        **further: Any,
    ) -> Given:
        """Collect what is known of a membrane.

        Parameters
        ----------
        membrane : str
            Its name.
        settings : Settings
            Settings of the stages.
        images, samples : DataFrame, optional
            The membrane's rows of images.csv and samples.csv.
        **further
            Other fields; lanes that are given are not found, and said to be taken.
        """
        count, why = _count(settings, images, samples)
        if further.get("lanes") is not None:
            why = _TAKEN
        if samples is not None:
            further["samples"] = samples
        if images is not None:
            further["markers"] = tuple(dict.fromkeys(images.loc[images["form"] == "marker", "image"]))
        return cls(membrane, count, why, **further)
