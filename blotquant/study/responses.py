"""read_responses(): the table of ``blotquant fit``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import TableError
from ..roles import SAMPLE_ROLES
from ..tables import INPUTS, texts_as_objects
from ..units import canonical_unit, conversion_factor
from .cells import check_choice, check_names, typed
from .sheets import Sheet, read_csv_sheet, read_workbook_sheet

__all__ = ["read_responses"]

_RESERVED = ("percent_activity", "percent_inhibition", "response_se")
_NO_RESPONSE = ("blank", "empty", "skip", "skipped", "ladder", "standard", "calibrator", "marker", "none")


def _read(path: Path) -> Sheet:
    if not path.exists():
        raise TableError(f"{path}: no such file")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_workbook_sheet(path, None)
    return read_csv_sheet(path, INPUTS["responses"].names)


def _check_cells(sheet: Sheet, frame: pd.DataFrame) -> None:
    for number, role in frame["role"].items():
        if role in _NO_RESPONSE:
            problem = (
                f"is no role of a response ({', '.join(SAMPLE_ROLES)}); wells without enzyme or stimulus are minimum, "
                "and a row that is no response is left out"
            )
            raise sheet.error(int(str(number)), "role", role, problem)
    check_choice(sheet, frame, "role", SAMPLE_ROLES)
    for number, row in frame.iterrows():
        place = int(str(number))
        if np.isnan(row["response"]):
            raise sheet.error(place, "response", "", "is blank; leave out a row that was not measured")
        if row["role"] == "sample" and not row["treatment"]:
            raise sheet.error(place, "treatment", "", "is blank; name the compound, or give the row a role")
        if row["dose"] < 0:
            raise sheet.error(place, "dose", row["dose"], "is below zero")
        if row["role"] == "sample" and np.isnan(row["dose"]):
            raise sheet.error(place, "dose", "", "is blank; write 0 for no compound, or give the row a role")


def _convert_doses(sheet: Sheet, frame: pd.DataFrame) -> pd.DataFrame:
    first: dict[str, str] = {}
    doses, units = [], []
    for number, row in frame.iterrows():
        try:
            unit = canonical_unit(row["dose_unit"] or "nM")
            into = first.setdefault(row["treatment"], unit) if row["role"] == "sample" else unit
            doses.append(float(f"{row['dose'] * conversion_factor(unit, into):.12g}"))
        except TableError as error:
            raise sheet.error(int(str(number)), "dose_unit", row["dose_unit"], f"refused: {error}") from error
        units.append(into)
    return frame.assign(dose=np.array(doses, dtype=np.float64), dose_unit=np.array(units, dtype=object))


def read_responses(path: str | Path) -> pd.DataFrame:
    """Read a tidy table of responses, CSV or the first sheet of an ``.xlsx``.

    Parameters
    ----------
    path : str or Path
        Columns ``treatment, dose, response``; optional ``role`` (``sample``, ``maximum``, ``minimum``),
        ``replicate``, ``plate``, ``target``, ``stimulus``, ``dose_unit``; further columns travel along.

    Returns
    -------
    DataFrame
        With every declared column; doses of one treatment in one unit.

    Raises
    ------
    TableError
        A rule is broken; names file, row, column and value.
    """
    sheet = _read(Path(path))
    check_names(sheet, INPUTS["responses"], strict=False, edits=1, reserved=_RESERVED)
    frame = typed(sheet, INPUTS["responses"])
    frame["role"] = frame["role"].where(frame["role"] != "", "sample")
    _check_cells(sheet, frame)
    return texts_as_objects(_convert_doses(sheet, frame).reset_index(drop=True))
