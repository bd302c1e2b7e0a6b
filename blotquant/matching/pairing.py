"""Lanes of two membranes that hold the same lysate, joined by sample and replicate."""

from __future__ import annotations

import difflib

import pandas as pd

from ..errors import TableError
from ..roles import MEASURED_ROLES
from .inputs import filled

__all__ = ["pair_lanes", "partner_image"]

_HELD = (*MEASURED_ROLES, "skip")  # a lane that is skipped still holds its lysate


def partner_image(images: pd.DataFrame, phospho: pd.Series[str]) -> pd.Series[str] | None:
    """Find the total image of a phospho image: on its own membrane, else in its pair; None where there is none.

    Raises
    ------
    TableError
        The pair holds totals of the target on two other membranes.
    """
    totals = images[(images["form"] == "total") & (images["target"] == phospho["target"])]
    here = totals[totals["membrane"] == phospho["membrane"]]
    if len(here):
        return here.iloc[0]
    joined = totals[(totals["pair"] == phospho["pair"]) & (phospho["pair"] != "")]
    others = list(dict.fromkeys(joined["membrane"]))
    if len(others) > 1:
        raise TableError(
            f"images.csv: pair {phospho['pair']!r} joins {phospho['image']!r} to totals on membranes "
            f"{', '.join(others)}; give each phospho its own pair"
        )
    return joined.iloc[0] if len(joined) else None


def _lysate(row: pd.Series[str]) -> str:
    """Name the lysate of a lane: its sample, or its condition where no sample was named."""
    if row["sample"]:
        return str(row["sample"])
    dose = "" if pd.isna(row["dose"]) else f"{row['dose']:g} {row['dose_unit']}"
    return " ".join(filter(None, (str(row["stimulus"]), str(row["treatment"]), dose)))


def _keys(samples: pd.DataFrame, membrane: str, roles: tuple[str, ...]) -> pd.DataFrame:
    lanes = samples[(samples["membrane"] == membrane) & samples["role"].isin(roles)].sort_values("lane")
    names = [_lysate(row) for _, row in lanes.iterrows()]
    return pd.DataFrame(
        {
            "lane": lanes["lane"].to_numpy(),
            "lysate": names,
            "replicate": lanes["replicate"].to_numpy(),
            "technical": lanes["technical"].to_numpy(),
        }
    )


def _partners(lane: pd.Series[str], own: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Lanes of the other membrane with the same lysate: the same repeat, else the same place, else all of them."""
    same = other[(other["lysate"] == lane["lysate"]) & (other["replicate"] == lane["replicate"])]
    exact = same[same["technical"] == lane["technical"]]
    if len(exact) == 1:
        return exact
    mine = own[(own["lysate"] == lane["lysate"]) & (own["replicate"] == lane["replicate"])]
    if len(mine) == len(same):
        return same.iloc[[list(mine["lane"]).index(lane["lane"])]]
    return same


def _join(samples: pd.DataFrame, membrane: str, other: str) -> list[tuple[str, int, str, int]]:
    own, theirs = _keys(samples, membrane, MEASURED_ROLES), _keys(samples, other, _HELD)
    found = []
    for _, lane in own.iterrows():
        same = _partners(lane, own, theirs)
        if same.empty:
            near = difflib.get_close_matches(lane["lysate"], list(theirs["lysate"]), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it holds {', '.join(sorted(set(theirs['lysate'])))}"
            raise TableError(
                f"samples.csv: membrane {membrane!r} lane {lane['lane']}: sample {lane['lysate']!r}, replicate "
                f"{lane['replicate']!r} is not on membrane {other!r}, which a pair joins to it{hint}"
            )
        found += [(membrane, int(lane["lane"]), other, int(partner)) for partner in same["lane"]]
    return found


def pair_lanes(images: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Join the lanes of phospho membranes to the lanes of the total membranes that ``pair`` names.

    Returns
    -------
    DataFrame
        ``membrane, lane, partner, partner_lane``; a lane whose lysate was repeated on the partner has several rows.

    Raises
    ------
    TableError
        A lane's sample and replicate are not on the partner.
    """
    images, samples = filled(images, "images"), filled(samples, "samples")
    joins = []
    for _, phospho in images[images["form"] == "phospho"].iterrows():
        total = partner_image(images, phospho)
        if total is not None and total["membrane"] != phospho["membrane"]:
            joins.append((str(phospho["membrane"]), str(total["membrane"])))
    rows = [row for one, other in dict.fromkeys(joins) for row in _join(samples, one, other)]
    return pd.DataFrame(rows, columns=["membrane", "lane", "partner", "partner_lane"])
