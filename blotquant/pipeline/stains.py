"""Images of a stain: measured as whole lanes."""

from __future__ import annotations

import pandas as pd

from ..conditions import complete
from ..tables import check

__all__ = ["whole_lanes"]


def whole_lanes(lanes: pd.DataFrame) -> pd.DataFrame:
    """Return the bands of a stain: one a lane, as large as the lane."""
    known = {name: lanes[name] for name in ("image", "lane", "left", "right", "top", "bottom", "flags")}
    middle_row, middle_col = (lanes["top"] + lanes["bottom"]) / 2, (lanes["left"] + lanes["right"]) / 2
    bands = pd.DataFrame({**known, "band": "lane", "centre_row": middle_row, "centre_col": middle_col})
    bands["curve"] = [f"{row:.2f}:{col:.2f}" for row, col in zip(middle_row, middle_col, strict=True)]
    return check(complete(bands, "bands"), "bands")
