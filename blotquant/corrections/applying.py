"""apply_corrections(): lanes and bands as a person wants them, with every edit on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..blot import Frame
from ..errors import TableError
from ..flags import Flag, add_flag
from ..geometry import to_file, to_upright
from ..tables import check, nearest
from .added import new_band, new_lane, new_lane_bands
from .boxes import box_of, box_text, cut_to, moved, parse_box, same_box

__all__ = ["Corrected", "apply_corrections"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Corrected:
    """Lanes and bands after the edits [px of the files as given], and the edits that were applied."""

    lanes: pd.DataFrame
    bands: pd.DataFrame
    corrections: pd.DataFrame


def _file_box(text: str, frame: Frame) -> dict[str, float]:
    box = parse_box(text, frame)
    if box is None:
        raise TableError(f"{text!r} is no box; write top:bottom,left:right in pixels of the file")
    return box


def _upright_box(text: str, frame: Frame) -> dict[str, float]:
    """Read a box of the file's pixels and turn it upright."""
    return box_of(to_upright(pd.DataFrame([_file_box(text, frame)]), frame).iloc[0])


def _new_box(text: str, frame: Frame, old: str = "") -> dict[str, float]:
    """Read where a box is to lie, and turn it upright; what was dragged over the edge of the picture is cut off.

    Sides that lay outside before, as they may where images were registered, stay there.
    """
    asked, before = _file_box(text, frame), parse_box(old, frame) or {}
    box = cut_to(asked, frame.rows, frame.cols)
    if box is None:
        whole = f"0:{frame.rows},0:{frame.cols}"
        raise TableError(f"box {text} lies outside the picture, which is {whole}; place it inside")
    box = {side: asked[side] if asked[side] == before.get(side) else at for side, at in box.items()}
    return box_of(to_upright(pd.DataFrame([box]), frame).iloc[0])


class _Editor:
    """The tables of one image, upright, while edits are applied to them one after the other."""

    def __init__(self, image: str, lanes: pd.DataFrame, bands: pd.DataFrame, frame: Frame) -> None:
        self.image, self.frame = image, frame
        self.lanes, self.bands = to_upright(lanes, frame), to_upright(bands, frame)
        self.renamed: list[Row] = []
        self.added: set[int] = set()
        tables = (("lane", self.lanes.assign(band="")), ("band", self.bands))
        rows = [(what, row) for what, table in tables for row in _records(table)]
        self.before = {(what, row["lane"], row["band"]): box_of(row) for what, row in rows}

    def _mask(self, table: pd.DataFrame, edit: Row) -> pd.Series[bool]:
        mine: pd.Series[bool] = table["lane"] == edit["lane"]
        if edit["band"] and "band" in table:
            mine &= table["band"] == edit["band"]
        return mine

    def _place(self, edit: Row) -> tuple[pd.DataFrame, Any]:
        """Find the row that an edit means, and its index."""
        table = self.bands if edit["what"] == "band" else self.lanes
        where = table.index[self._mask(table, edit)]
        if len(where) != 1:
            raise TableError(f"there is no such {edit['what']} in {self.image!r}; it has {self._known(edit)}")
        return table, where[0]

    def _known(self, edit: Row) -> str:
        if edit["what"] == "band" and (self.lanes["lane"] == edit["lane"]).any():
            rows = ", ".join(self.bands.loc[self.bands["lane"] == edit["lane"], "band"])
            return f"bands {rows or '(none)'} in that lane"
        return f"lanes {', '.join(map(str, self.lanes['lane']))}"

    def _check_old(self, row: Row, edit: Row) -> None:
        # what was there before the first edit of the file: a lane that moved has taken its bands along since
        before = self.before.get((edit["what"], edit["lane"], edit["band"]), box_of(row))
        if not same_box(before, _upright_box(edit["old"], self.frame)):
            now = box_text(box_of(to_file(pd.DataFrame([before]), self.frame).iloc[0]))
            raise TableError(
                f"its box is {now}, not {edit['old']} as the correction says; make the correction from this result"
            )

    def _put(self, table: pd.DataFrame, index: Any, row: Row) -> None:
        for name, value in row.items():
            table.loc[index, name] = value
        table.loc[[index], "flags"] = add_flag(table.loc[[index], "flags"], True, Flag.EDITED)

    def move(self, edit: Row) -> None:
        """Move a box; a lane takes its bands with it sideways. Where it lies there already, nothing is done."""
        table, index = self._place(edit)
        row, new = table.loc[index].to_dict(), _new_box(edit["new"], self.frame, edit["old"])
        if same_box(box_of(row), new):
            return
        self._check_old(row, edit)
        old = box_of(row)
        self._put(table, index, moved(row, old, new))
        if edit["what"] == "lane":
            self._take_along(int(edit["lane"]), old, new)
        else:  # what finding saw was elsewhere; here a person sees a band
            table.loc[index, "score"] = np.nan

    def _take_along(self, lane: int, old: Mapping[str, float], new: Mapping[str, float]) -> None:
        stretch = (new["right"] - new["left"]) / (old["right"] - old["left"])
        for index in self.bands.index[self.bands["lane"] == lane]:
            row = self.bands.loc[index].to_dict()
            left, right = (float(np.rint(new["left"] + stretch * (row[e] - old["left"]))) for e in ("left", "right"))
            self._put(self.bands, index, moved(row, box_of(row), {**box_of(row), "left": left, "right": right}))

    def add(self, edit: Row) -> None:
        """Add a band, or a lane with every row of the image expected in it."""
        table = self.bands if edit["what"] == "band" else self.lanes
        lane, box = int(edit["lane"]), _new_box(edit["new"], self.frame)
        if edit["what"] == "band" and lane in self.added:  # drawn, where it was only expected
            self.bands = self.bands[~self._mask(self.bands, edit)]
        elif self._mask(table, edit).any():
            raise TableError(f"{self.image!r} has that {edit['what']} already; move it, or choose another number")
        if edit["what"] == "lane":
            self.added.add(lane)
            self.lanes = _with_rows(self.lanes, [new_lane(self.image, lane, box, self.lanes)])
            self.bands = _with_rows(self.bands, new_lane_bands(self.image, lane, box, self.bands))
        elif lane not in set(self.lanes["lane"]):
            raise TableError(f"there is no lane {lane} in {self.image!r}; it has {self._known(edit)}")
        else:
            self.bands = _with_rows(self.bands, [new_band(self.image, lane, edit["band"], box, self.lanes)])

    def delete(self, edit: Row) -> None:
        """Delete a band, or a lane with its bands."""
        table, index = self._place(edit)
        self._check_old(table.loc[index].to_dict(), edit)
        self.bands = self.bands[~self._mask(self.bands, edit)]
        if edit["what"] == "lane":
            self.lanes = self.lanes.drop(index=index)

    def exclude(self, edit: Row) -> None:
        """Keep a lane or a band out of groups, tests and curves; it is measured all the same."""
        self._place(edit)
        tables = [self.bands] if edit["what"] == "band" else [self.lanes, self.bands]
        for table in tables:
            mine = self._mask(table, edit)
            table["flags"] = add_flag(add_flag(table["flags"], mine, Flag.EXCLUDED), mine, Flag.EDITED)

    def rename(self, edit: Row) -> None:
        """Remember a new number; numbers change all at once in the end, so that two can be swapped."""
        self._place(edit)
        self.renamed.append(edit)

    def finish(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give the new numbers and return lanes and bands in pixels of the file."""
        chosen = [(edit, [self._mask(table, edit) for table in (self.lanes, self.bands)]) for edit in self.renamed]
        for edit, (in_lanes, in_bands) in chosen:
            if edit["what"] == "band":
                self.bands.loc[in_bands, "band"] = str(int(edit["new"]))
            else:
                self.lanes.loc[in_lanes, "lane"] = self.bands.loc[in_bands, "lane"] = int(edit["new"])
                self.lanes["flags"] = add_flag(self.lanes["flags"], in_lanes, Flag.EDITED)
            self.bands["flags"] = add_flag(self.bands["flags"], in_bands, Flag.EDITED)
        twice = self.bands[["lane", "band"]].duplicated() if len(self.bands) else pd.Series(dtype=bool)
        if twice.any() or self.lanes["lane"].duplicated().any():
            row = self.bands[twice].iloc[0] if twice.any() else self.lanes[self.lanes["lane"].duplicated()].iloc[0]
            where = f"lane {row['lane']}" + (f", band {row['band']}" if twice.any() else "")
            raise TableError(f"{self.image!r} has {where} twice after renaming; give each a number of its own")
        lanes, bands = self.lanes.sort_values("lane"), self.bands.sort_values(["lane", "band"], key=_in_order)
        return to_file(lanes, self.frame), to_file(bands, self.frame)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _with_rows(table: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Append rows; columns keep their kinds."""
    if not rows:
        return table
    return pd.DataFrame([*_records(table), *rows], columns=table.columns)


def _in_order(column: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_numeric(column, errors="coerce")


def _described(edit: Row, number: int) -> str:
    band = f", band {edit['band']}" if edit["band"] else ""
    return f"corrections: row {number} ({edit['action']} of lane {edit['lane']}{band} in {edit['image']!r})"


def _edit_image(editor: _Editor, edits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    verbs: Mapping[str, Callable[[Row], None]] = {
        "move": editor.move, "add": editor.add, "delete": editor.delete,
        "exclude": editor.exclude, "rename": editor.rename,
    }  # fmt: skip
    edit: dict[str, Any] = {}
    number = 0
    try:
        for number, edit in zip(edits.index + 2, _records(edits), strict=True):  # noqa: B007 - row of the file, named below
            verbs[str(edit["action"])](edit)
        return editor.finish()
    except TableError as error:
        raise TableError(f"{_described(edit, int(number))}: {error}") from error


def apply_corrections(
    lanes: pd.DataFrame, bands: pd.DataFrame, corrections: pd.DataFrame, frames: Mapping[str, Frame]
) -> Corrected:
    """Apply edits to the tables of lanes and bands; nothing is measured.

    Parameters
    ----------
    lanes, bands : DataFrame
        Tables as found [px of the files as given]; not changed.
    corrections : DataFrame
        Edits, as `read_corrections` gives them; numbers of lanes and bands are those before any renaming.
    frames : mapping of str to Frame
        How each image lies in its file: quarter turns and mirror.

    Returns
    -------
    Corrected
        The tables with the edits; what was edited carries the flag ``edited``, what was left out ``excluded``.

    Raises
    ------
    TableError
        An edit names what is not there, or what it says was there before is not what stands in the tables.
    """
    names = list(frames)
    unknown = [name for name in corrections["image"] if name not in frames]
    if unknown:
        raise TableError(f"corrections: image {unknown[0]!r} is not in this result{nearest(unknown[0], names)}")
    edited = set(corrections["image"])
    parts: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    for image in dict.fromkeys([*lanes["image"], *corrections["image"]]):
        mine = lanes[lanes["image"] == image].copy(), bands[bands["image"] == image].copy()
        if image in edited:
            editor = _Editor(str(image), *mine, frames[str(image)])
            mine = _edit_image(editor, corrections[corrections["image"] == image])
        parts.append(mine)
    kept = [[table for table in tables if len(table)] for tables in zip(*parts, strict=True)]
    united = [pd.concat(tables, ignore_index=True) if tables else whole.iloc[:0]
              for tables, whole in zip(kept, (lanes, bands), strict=True)]  # fmt: skip
    return Corrected(check(united[0], "lanes"), check(united[1], "bands"), check(corrections, "corrections"))
