"""Which row of a membrane is the target of an image, and why."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..conditions import plain_site
from ..errors import DetectionError, QualityWarning, TableError
from ..tables import Finding, check, quality_table, target_note
from .inputs import filled, lysate_lanes

__all__ = ["assign_targets"]

_WHOLE_LANE = "lane"
_FORMS = ("STAT1", "STAT3")  # run as two forms, α and β, whose sum is the protein
_ONE_FORM = (("STAT1", "S727"),)  # sites that β lacks
_CLOSE = 4.7  # two forms lie no farther apart than twice the width of a band at half its height [sigma]


@dataclass(frozen=True)
class _Choice:
    """The row taken for one target of one image, and why."""

    image: str
    target: str
    form: str
    band: str
    note: str


def _summarise_rows(bands: pd.DataFrame, images: list[str], lanes: pd.Series[int]) -> pd.DataFrame:
    """Sum up each row of some images: volume [AU px], lanes detected, median mass and its limits [kDa].

    A sum and no mean: a row that was put in by hand in one lane is no stronger than it is over all of them.
    """
    here = bands[bands["image"].isin(images) & (bands["band"] != _WHOLE_LANE)]
    signal = here["volume"].where(here["detected"] & here["lane"].isin(lanes), 0.0).clip(lower=0.0)
    table = pd.DataFrame(
        {
            "band": here["band"],
            "strength": signal.fillna(0.0),
            "found": here["detected"] & here["lane"].isin(lanes),
            "mass": here["mass_kda"],
            "low": here["mass_low"],
            "high": here["mass_high"],
        }
    )
    return table.groupby("band", sort=False).agg(
        strength=("strength", "sum"),
        found=("found", "sum"),
        mass=("mass", "median"),
        low=("low", "median"),
        high=("high", "median"),
    )


def _by_mass(rows: pd.DataFrame, entries: pd.DataFrame, tolerance: float) -> tuple[pd.DataFrame, str]:
    """Keep the rows whose mass fits the expected one; all of them, and why, where mass cannot tell."""
    expected = entries["mass_kda"].dropna()
    if expected.empty:
        return rows, ""
    wanted = float(expected.iloc[0])
    if rows["mass"].isna().all():
        return rows, f"no band has a mass to hold against {wanted:g} kDa; "
    fits = rows[np.abs(np.log(rows["mass"] / wanted)) <= np.log1p(tolerance)]
    if fits.empty:
        near = rows.loc[np.abs(np.log(rows["mass"] / wanted)).idxmin(), "mass"]
        return rows, f"no row within {100 * tolerance:g} % of {wanted:g} kDa, the nearest is at {near:.3g} kDa; "
    return fits, f"by mass: expected {wanted:g} kDa, "


def _by_number(rows: pd.DataFrame, entries: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Keep the row that images.csv names, where it names one."""
    given = entries["row"].dropna()
    if given.empty:
        return rows, ""
    name = f"{given.iloc[0]:g}"
    if name not in rows.index:
        raise TableError(
            f"images.csv: target {entries['target'].iloc[0]!r} of {entries['image'].iloc[0]!r}, column 'row': {name!r} "
            f"does not exist; take one of rows {', '.join(map(str, rows.index))} (see the overlay), or leave it blank"
        )
    return rows.loc[[name]], "as images.csv says in column 'row'"


def _by_strength(
    bands: pd.DataFrame, rows: pd.DataFrame, entries: pd.DataFrame, lanes: pd.Series[int]
) -> tuple[str, str]:
    """Take the row that phospho and total share and that is strongest in total."""
    entries = entries[entries["image"].isin(bands["image"])]  # of an image all bands may be taken out by hand
    phospho = list(entries.loc[entries["form"] == "phospho", "image"])
    total = list(entries.loc[entries["form"] == "total", "image"])
    judged = total or list(entries["image"])
    strength = _summarise_rows(bands, judged, lanes).reindex(rows.index).fillna({"strength": 0.0, "found": 0})
    shared, how = strength, "that is strongest in total"
    if phospho and total:
        seen = _summarise_rows(bands, phospho, lanes)["found"].reindex(rows.index, fill_value=0) > 0
        both = seen & (strength["found"] > 0)
        if both.any():
            shared, how = strength[both], "that phospho and total share and that is strongest in total"
        elif not strength["found"].any():
            how = "that comes first, as total shows none"
    best = str(shared.sort_values(["strength", "found"], ascending=False, kind="stable").index[0])
    if len(rows) == 1:
        return best, "the only row"
    if phospho and total:
        return best, f"the row {how}"
    return best, f"the strongest row of the {entries['form'].iloc[0]} image; no partner on this membrane confirms it"


def _apart(bands: pd.DataFrame, entries: pd.DataFrame, lanes: pd.Series[int]) -> list[str]:
    """Say which phospho and total images of a membrane show bands, but no row in common; each is warned of."""
    seen = {}
    for image in entries["image"]:
        found = _summarise_rows(bands, [image], lanes)["found"]
        seen[image] = set(found.index[found > 0])
    phospho, total = (entries.loc[entries["form"] == form, "image"] for form in ("phospho", "total"))
    notes = [
        f"no row is detected in both {one!r} and {other!r}"
        for one in phospho
        for other in total
        if seen[one] and seen[other] and not seen[one] & seen[other]
    ]
    for note in notes:
        warnings.warn(
            f"membrane {entries['membrane'].iloc[0]!r}: {note}, though both show bands; if one picture lies higher "
            "than the other, crop both alike or give both the same region, or give them membranes of their own and "
            "join them by pair",
            QualityWarning,
            stacklevel=2,
        )
    return notes


def _mass_text(rows: pd.DataFrame, band: str) -> str:
    """Write a row's mass with its prediction interval, where there is one."""
    mass, low, high = (float(rows[name].loc[band]) for name in ("mass", "low", "high"))
    return f"{mass:.3g} kDa" + (f" (95 % {low:.3g} to {high:.3g})" if np.isfinite(high - low) else "")


def _choose_row(
    bands: pd.DataFrame, entries: pd.DataFrame, lanes: pd.Series[int], taken: set[str], tolerance: float
) -> tuple[str, str]:
    """Choose the row of one target of one membrane: by mass, by number, by strength."""
    membrane = str(entries["membrane"].iloc[0])
    rows = _summarise_rows(bands, list(entries["image"]), lanes)
    if rows.empty:
        raise DetectionError(
            f"membrane {membrane!r}: no bands were found on any image; look at it with 'blotquant inspect'"
        )
    fits, why = _by_mass(rows, entries, tolerance)
    if not why.startswith("by mass"):
        named, told = _by_number(rows, entries)
        if told:
            return str(named.index[0]), why + told
    free = fits[~fits.index.isin(taken)]
    fits = fits if free.empty else free
    band, how = _by_strength(bands, fits, entries, lanes)
    if why.startswith("by mass"):
        others = "" if len(fits) == 1 else f"; of {len(fits)} rows that fit, {how}"
        return band, f"{why}found {_mass_text(fits, band)}{others}"
    return band, why + how


def _other_form(bands: pd.DataFrame, entries: pd.DataFrame, band: str, taken: set[str]) -> str | None:
    """Return the row of a target's other form: the strongest that lies close beside its row, where it has two."""
    target = str(entries["target"].iloc[0]).strip().upper()
    sites = entries["site"].map(plain_site)
    if target not in _FORMS or entries["row"].notna().any() or any((target, site) in _ONE_FORM for site in sites):
        return None
    here = bands[bands["image"].isin(entries["image"]) & (bands["band"] != _WHOLE_LANE)]
    row, col = (
        here.pivot_table(index=["image", "lane"], columns="band", values=at) for at in ("centre_row", "centre_col")
    )
    if band not in row:  # places are not known, as in a table made by hand
        return None
    # bands of a lane lie apart along its run, which in a picture that lies on its side is across the file
    apart = (row.sub(row[band], axis=0).pow(2) + col.sub(col[band], axis=0).pow(2)).pow(0.5).median()
    near = apart[apart <= _CLOSE * float(here["sigma"].median())].index.difference([band, *taken])
    strength = here[here["detected"] & here["band"].isin(near)].groupby("band")["volume"].sum()
    return str(strength.idxmax()) if len(strength) else None


def _choose_rows(
    bands: pd.DataFrame, images: pd.DataFrame, samples: pd.DataFrame, tolerance: float, doublets: str
) -> list[_Choice]:
    """Choose for every target of every membrane; a row of an image belongs to one target only."""
    choices: list[_Choice] = []
    taken: dict[str, set[str]] = {}
    order = images.assign(order=images["form"].map({"total": 0, "phospho": 0, "loading": 1, "stain": 2}).fillna(3))
    for (membrane, target), entries in order.sort_values("order", kind="stable").groupby(
        ["membrane", "target"], sort=False
    ):
        lanes = lysate_lanes(samples, str(membrane))["lane"]
        probed = entries[entries["form"] != "stain"]
        if len(probed):
            used = set().union(*(taken.get(image, set()) for image in probed["image"]))
            band, note = _choose_row(bands, probed, lanes, used, tolerance)
            note = "; ".join([note, *_apart(bands, probed, lanes)])
            other = _other_form(bands, probed, band, used) if doublets == "sum" else None
            for image, form in zip(probed["image"], probed["form"], strict=True):
                taken.setdefault(image, set()).add(band)
                choices.append(_Choice(image, str(target), form, band, note))
                if other is not None:
                    taken[image].add(other)
                    choices.append(
                        _Choice(image, str(target), form, other, f"its other form, beside row {band}; summed")
                    )
        stains = entries.loc[entries["form"] == "stain", "image"]
        choices += [_Choice(image, str(target), "stain", _WHOLE_LANE, "the whole lane") for image in stains]
    return choices


def _reasons(choices: list[_Choice]) -> pd.DataFrame:
    """Write the choices down as rows of the quality table."""
    return quality_table(
        Finding(
            "image",
            choice.image,
            "target_row",
            np.nan if choice.band == _WHOLE_LANE else float(choice.band),
            target_note(choice.target, choice.form, choice.note),
        )
        for choice in choices
    )


def assign_targets(
    bands: pd.DataFrame,
    images: pd.DataFrame,
    samples: pd.DataFrame,
    *,
    mass_tolerance: float = 0.15,
    doublets: str = "sum",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write each image's target into the bands of its row, and say by which rule the row was taken.

    The row is the one whose mass fits ``mass_kda`` where the membrane's masses are known; else the one that
    ``row`` names; else the one that phospho and total share and that is strongest in total. STAT1 and STAT3 run as two
    forms; where both are seen close together, both rows are the target and their sum is its signal.

    Parameters
    ----------
    bands : DataFrame
        Bands of all images, integrated.
    images, samples : DataFrame
        The study's sheets.
    mass_tolerance : float
        A row fits when its mass is within this share of the expected one. Prestained ladders run 5–10 % off.
    doublets : {"sum", "split"}
        Whether both forms of a target are taken, or the stronger row alone.

    Returns
    -------
    bands : DataFrame
        With ``target`` filled.
    quality : DataFrame
        Rows of the quality table: which row was taken for which target of which image, and why.

    Raises
    ------
    TableError
        ``row`` names a row that the membrane does not have.
    DetectionError
        A membrane has no bands.
    """
    out = bands.copy()
    choices = _choose_rows(bands, filled(images, "images"), filled(samples, "samples"), mass_tolerance, doublets)
    target = pd.Series("", index=out.index, dtype=object)
    for choice in choices:
        target[(out["image"] == choice.image) & (out["band"] == choice.band)] = choice.target
    out["target"] = target
    return check(out, "bands"), _reasons(choices)
