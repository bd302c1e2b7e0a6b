"""The rules of ``samples.csv``: what lies in each lane."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..errors import TableError
from ..flags import Flag, add_flag
from ..roles import MEASURED_ROLES, ROLES, SAMPLE_ROLES
from ..tables import INPUTS, TABLES, nearest
from ..units import canonical_unit, conversion_factor
from .cells import check_choice, check_names, is_number, typed
from .names import lane_role
from .sheets import Sheet

__all__ = ["complete_samples", "further_columns", "mixed_columns"]

_MOST_LANES = 200


def _row(number: object) -> int:
    return int(str(number))


def further_columns(samples: pd.DataFrame) -> list[str]:
    """List the user's own columns, which travel along."""
    return [name for name in samples.columns if name not in INPUTS["samples"].names and name != "flags"]


def _fill_roles(frame: pd.DataFrame) -> pd.DataFrame:
    """Take a lane without a role as a sample, or as what its treatment's name gives away (ladder, empty)."""
    told = frame["treatment"].map(lane_role)
    blank = frame["role"] == ""
    frame["role"] = frame["role"].mask(blank & (told != ""), told).mask(blank & (told == ""), "sample")
    return frame


def _check_cells(sheet: Sheet, frame: pd.DataFrame) -> None:
    check_choice(sheet, frame, "role", ROLES)
    for number, row in frame.iterrows():
        if not row["membrane"]:
            raise sheet.error(_row(number), "membrane", "", "is blank; every lane needs its membrane")
        if not 1 <= row["lane"] <= _MOST_LANES:
            raise sheet.error(_row(number), "lane", row["lane"], f"must be a whole number from 1 to {_MOST_LANES}")
        if not row["treatment"] and row["role"] not in ("ladder", "standard", "calibrator", "empty", "skip"):
            raise sheet.error(_row(number), "treatment", "", "is blank; name it, or give the lane a role such as empty")
        for column in ("dose", "amount_ug"):
            if row[column] < 0:
                raise sheet.error(_row(number), column, row[column], "is below zero")


def _check_places(sheet: Sheet, frame: pd.DataFrame, membranes: Iterable[str]) -> None:
    """Each lane once, each membrane in both tables."""
    known = list(dict.fromkeys(membranes))
    for number, name in frame["membrane"].items():
        if name not in known:
            raise sheet.error(_row(number), "membrane", name, f"has no image in images.csv{nearest(name, known)}")
    seen: dict[tuple[str, int], int] = {}
    for number, name, lane in zip(frame.index, frame["membrane"], frame["lane"], strict=True):
        key = (name, int(lane))
        if key in seen:
            raise sheet.error(
                _row(number), "lane", int(lane), f"of membrane {name!r} stands already in row {seen[key]}"
            )
        seen[key] = _row(number)
    for name in known:
        if name not in set(frame["membrane"]):
            listed = list(frame["membrane"].unique())
            raise TableError(f"{sheet.where}: membrane {name!r} of images.csv has no lanes{nearest(name, listed)}")


def _convert_doses(sheet: Sheet, frame: pd.DataFrame) -> pd.DataFrame:
    """Bring the doses of each treatment to the unit of its first dose; the default unit is nM."""
    units = []
    for number, text in frame["dose_unit"].items():
        try:
            units.append(canonical_unit(text or "nM"))
        except TableError as error:
            raise sheet.error(_row(number), "dose_unit", text, f"refused: {error}") from error
    dosed = frame["dose"].notna().to_numpy()
    first: dict[str, str] = {}
    doses, names = [], []
    for given, number, unit, treatment, dose in zip(
        dosed, frame.index, units, frame["treatment"], frame["dose"], strict=True
    ):
        into = first.setdefault(treatment, unit) if given else ""
        try:
            factor = conversion_factor(unit, into) if given else 1.0
        except TableError as error:
            raise sheet.error(_row(number), "dose_unit", unit, f"of treatment {treatment!r}: {error}") from error
        doses.append(float(f"{dose * factor:.12g}") if given else np.nan)
        names.append(into)
    frame["dose"] = np.array(doses, dtype=np.float64)
    frame["dose_unit"] = np.array(names, dtype=object)
    return frame


def _membrane_groups(frame: pd.DataFrame, joined: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Name, for each membrane, the first membrane of those that hold the same lysates or are paired with it."""
    first = {name: name for name in frame["membrane"]}
    lysates = frame[(frame["sample"] != "") & frame["role"].isin(SAMPLE_ROLES)]
    shared = [tuple(rows.unique()) for _, rows in lysates.groupby("sample", sort=False)["membrane"]]
    for names in [*joined, *shared]:
        together = {first[name] for name in names if name in first}
        head = next((name for name in first if name in together), "")
        first = {name: head if root in together else root for name, root in first.items()}
    return first


def _fill_replicates(frame: pd.DataFrame, joined: Iterable[tuple[str, ...]]) -> pd.DataFrame:
    """Give a lane without a replicate its membrane's; membranes with the same lysates are one replicate."""
    blank = frame["replicate"] == ""
    default = frame["membrane"].map(_membrane_groups(frame, joined))
    frame["replicate"] = frame["replicate"].mask(blank, default).astype(object)
    lysate = frame["role"].isin(MEASURED_ROLES)
    frame["flags"] = add_flag(frame["flags"], blank & lysate, Flag.REPLICATE_ASSUMED)
    return frame


def _number_further(frame: pd.DataFrame) -> pd.DataFrame:
    """Make numbers of a further column in which every lysate has a plain one (``time_min``); ``007`` stays text."""
    lysate = frame["role"].isin(MEASURED_ROLES)
    for name in further_columns(frame):
        texts = frame.loc[lysate, name]
        plain = [is_number(text) and (len(text.split(".")[0]) == 1 or text[0] != "0") for text in texts]
        others = frame.loc[~lysate, name]
        if plain and all(plain) and all(not text or is_number(text) for text in others):
            frame[name] = np.array([float(text) if text else np.nan for text in frame[name]], dtype=np.float64)
    return frame


def mixed_columns(samples: pd.DataFrame, group_by: Iterable[str]) -> dict[str, pd.Series[bool]]:
    """Find further columns that vary inside a group without being asked to part it.

    A column that only renames the replicate, or that is different in every lane, is a label and not meant.

    Returns
    -------
    dict of str to boolean Series
        For each such column the lanes of the groups inside which it varies.
    """
    lanes = samples[samples["role"].isin(MEASURED_ROLES)]
    keys = ["role", "stimulus", "treatment", "dose", *group_by]
    found = {}
    for name in further_columns(samples):
        per_replicate = lanes.groupby("replicate")[name].nunique(dropna=False)
        label = per_replicate.max() == 1 and lanes[name].nunique(dropna=False) == len(per_replicate)
        if name in keys or label or lanes[name].nunique(dropna=False) == len(lanes):
            continue
        varies = lanes.groupby(keys, dropna=False)[name].transform(lambda values: values.nunique(dropna=False)) > 1
        if varies.any():
            found[name] = varies.reindex(samples.index, fill_value=False)
    return found


def complete_samples(sheet: Sheet, membranes: Iterable[str], joined: Iterable[tuple[str, ...]] = ()) -> pd.DataFrame:
    """Check the lanes of a study and fill in what is left to its default.

    Parameters
    ----------
    sheet : Sheet
        ``samples.csv`` as texts.
    membranes : iterable of str
        Membranes of ``images.csv``.
    joined : iterable of tuple of str
        Membranes that a ``pair`` joins: they hold the same replicate unless said otherwise.

    Returns
    -------
    DataFrame
        The declared columns, the user's further columns, and ``flags`` of the lane (``replicate_assumed``).

    Raises
    ------
    TableError
        A rule is broken; names file, row, column, value and the nearest valid one.
    """
    reserved = {*TABLES["folds"].names, "flags", "image"} - set(INPUTS["samples"].names)
    check_names(sheet, INPUTS["samples"], strict=False, reserved=reserved)
    frame = typed(sheet, INPUTS["samples"])
    frame["flags"] = pd.Series("", index=frame.index, dtype=object)
    frame = _fill_roles(frame)
    _check_cells(sheet, frame)
    _check_places(sheet, frame, membranes)
    frame["lane"] = frame["lane"].astype(np.int64)
    frame = _fill_replicates(_convert_doses(sheet, frame), joined)
    return _number_further(frame)
