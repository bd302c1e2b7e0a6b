"""Image and lane sheets as matching needs them, also when a notebook made them with a few columns only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import TableError
from ..roles import MEASURED_ROLES
from ..tables import INPUTS

__all__ = ["filled", "lysate_lanes"]


def filled(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return an input table with every declared column, blank where it was left out.

    Parameters
    ----------
    frame : DataFrame
        ``images`` or ``samples``, as `read_study` gives them or made by hand.
    name : str
        Key of ``INPUTS``.

    Raises
    ------
    TableError
        A required column is missing.
    """
    out, blank = frame.copy(), {}
    for column in INPUTS[name].columns:
        if column.name not in out.columns:
            if column.required:
                raise TableError(
                    f"{name}: column {column.name!r} is missing; found {', '.join(map(str, frame.columns))}"
                )
            text = column.kind == "text"
            blank[column.name] = pd.Series("" if text else np.nan, frame.index, object if text else float)
        elif column.kind == "text":
            texts = ["" if pd.isna(value) else str(value) for value in out[column.name]]
            out[column.name] = pd.Series(texts, frame.index, object)
        elif column.kind == "float":
            out[column.name] = out[column.name].astype(np.float64)
    out = pd.concat([out, pd.DataFrame(blank, frame.index)], axis=1)
    if name == "samples":
        out["role"] = out["role"].mask(out["role"] == "", "sample").astype(object)
        out["replicate"] = out["replicate"].mask(out["replicate"] == "", out["membrane"]).astype(object)
        out["flags"] = out["flags"].astype(object) if "flags" in out.columns else ""
    return out.reset_index(drop=True)


def lysate_lanes(samples: pd.DataFrame, membrane: str) -> pd.DataFrame:
    """Return the lanes of a membrane that hold lysate, in order."""
    rows = samples[(samples["membrane"] == membrane) & samples["role"].isin(MEASURED_ROLES)]
    return rows.sort_values("lane", kind="stable")
