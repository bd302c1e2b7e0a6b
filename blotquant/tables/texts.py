"""How pandas keeps texts while we work: as Python's own, which short tables are made of sooner."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pandas as pd

__all__ = ["plain_texts"]


def plain_texts() -> AbstractContextManager[None]:
    """Keep the texts of new tables as Python's own until the end of a ``with``.

    Where pyarrow is installed pandas packs every column of texts into Arrow's buffers and takes it out again cell by
    cell: a tenth of the time of a picture, whose tables have a few dozen rows. What the tables hold is the same.

    Examples
    --------
    >>> with plain_texts():
    ...     kind = pd.Series(["a"]).dtype
    """
    return pd.option_context("mode.string_storage", "python")
