"""What was edited by hand in lanes.csv and bands.csv between two runs: seen by marks, applied and told as corrections.

A run marks where each lane and band lies. A row that lies elsewhere when the tables come back was moved, one without a
mark was added, a mark without a row was deleted. The rest follows as it follows an edit on ``review.html``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..blot import Frame
from ..errors import TableError
from ..flags import Flag, add_flag
from ..geometry import curve_text, evaluate_curve, geometry_marks, parse_curve, parse_region, to_file, to_upright
from ..tables import check, empty
from .added import lean_at
from .applying import Corrected, apply_corrections
from .boxes import box_of, box_text, moved

__all__ = ["edits_by_hand"]

_Key = tuple[str, int, str]  # image, lane, band; a lane's band is blank


def _keyed(marks: Mapping[str, str]) -> dict[_Key, str]:
    parts = (name.rsplit("|", 2) for name in marks)
    return {(image, int(lane), band): mark for (image, lane, band), mark in zip(parts, marks.values(), strict=True)}


@dataclass
class _Seen:
    """What was edited: edits that lanes and bands are to follow, those that stand as they are, curves of lanes."""

    before: dict[_Key, str]
    now: dict[_Key, str]
    frames: Mapping[str, Frame]
    follow: list[dict[str, Any]] = field(default_factory=list)
    stand: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[tuple[str, int], str] = field(default_factory=dict)

    def edits(self, *whats: str) -> pd.DataFrame:
        """Edits that lanes or bands are to follow."""
        chosen = [edit for edit in self.follow if edit["what"] in whats]
        return check(pd.DataFrame(chosen), "corrections") if chosen else empty("corrections")

    def edit(self, action: str, key: _Key, old: str = "", new: str = "") -> dict[str, Any]:
        image, lane, band = key
        file = "bands.csv" if band else "lanes.csv"
        edit = {"image": image, "what": "band" if band else "lane", "lane": lane, "band": band, "action": action}
        return {**edit, "old": old, "new": new, "who": "by hand", "when": "", "why": f"edited in {file}"}

    def changed(self, table: pd.DataFrame) -> list[tuple[Any, _Key, dict[str, Any]]]:
        """Rows that do not lie where they were written to, with their places in the table."""
        rows = zip(table.index, _keys(table), table.to_dict("records"), strict=True)
        return [
            (index, key, {str(name): value for name, value in row.items()})
            for index, key, row in rows
            if self.before.get(key) != self.now[key]
        ]


def _keys(table: pd.DataFrame) -> list[_Key]:
    bands = table["band"] if "band" in table else [""] * len(table)
    return list(zip(table["image"], table["lane"], bands, strict=True))


def _place(key: _Key) -> str:
    band = f"band {key[2]} of " if key[2] else ""
    return f"{'bands' if key[2] else 'lanes'}.csv: {band}lane {key[1]} of {key[0]!r}"


def _refuse_doubles(*tables: pd.DataFrame) -> None:
    for table in tables:
        keys = _keys(table)
        if len(set(keys)) < len(keys):
            twice = next(key for number, key in enumerate(keys) if key in keys[:number])
            raise TableError(f"{_place(twice)} stands there twice; leave one row")


def _box(seen: _Seen, key: _Key, row: Mapping[str, Any]) -> str:
    """Write the box of a row that was edited, once it is known to lie in the picture."""
    box = box_of(row)
    text = box_text(box)
    if parse_region(text) is None:
        raise TableError(f"{_place(key)}: its box {text} is empty; top is to be above bottom, left before right")
    frame = seen.frames.get(key[0])
    if frame is None:  # refused when all edits are known
        return text
    was = parse_region(seen.before.get(key, "").split(";")[0]) or {}
    for edge, value in box.items():
        end = frame.rows if edge in ("top", "bottom") else frame.cols
        # lanes of images that were brought into register may be found to reach beyond it
        if not 0 <= value <= end and value != was.get(edge):
            size = f"{frame.rows} rows and {frame.cols} columns"
            raise TableError(f"{_place(key)}, column {edge!r}: {value:g} is outside the picture, which has {size} [px]")
    return text


def _lane_edits(seen: _Seen, lanes: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Take the lanes back to where they were written, and note where they are to go."""
    lanes = lanes.copy()
    owners = set(zip(bands["image"], bands["lane"], strict=True))
    for index, key, row in seen.changed(lanes):
        new = _box(seen, key, row)
        if key not in seen.before:
            whole = bool(parse_curve(str(row["curve"])).size) and np.isfinite(row["centre"])
            stands = whole and key[:2] in owners
            (seen.stand if stands else seen.follow).append(seen.edit("add", key, new=new))
            lanes = lanes if stands else lanes.drop(index=index)
            continue
        old, centre, width, tilt, curve = seen.before[key].split(";")
        if old == new and curve == row["curve"]:
            raise TableError(
                f"{_place(key)}: centre, width and tilt follow from box and curve; change left, right or curve"
            )
        written: dict[str, Any] = {"centre": float(centre), "width": float(width), "tilt": float(tilt), "curve": curve}
        for name, value in {**(parse_region(old) or {}), **written}.items():
            lanes.loc[index, name] = value
        edit = seen.edit("move", key, old, new)
        (seen.stand if old == new else seen.follow).append(edit)
        if row["curve"] != curve:
            seen.curves[key[:2]] = str(row["curve"])
    return lanes


def _in_its_box(row: Mapping[str, Any]) -> bool:
    """Tell whether a band's centre and ridge lie in its box, so that they are to be believed."""
    points = parse_curve(str(row["curve"]))
    row_in, col_in = row["top"] <= row["centre_row"] < row["bottom"], row["left"] <= row["centre_col"] < row["right"]
    return bool(row_in and col_in and len(points) and row["top"] <= points[:, 0].mean() < row["bottom"])


def _refuse_blanks(key: _Key, row: Mapping[str, Any]) -> None:
    """Refuse a band of which nothing tells where it lies; without a ridge it would be measured at the rim."""
    for column in ("centre_row", "centre_col", "lean", "sigma", "curve"):
        if row[column] == "" or row[column] != row[column]:
            raise TableError(
                f"{_place(key)}: column {column!r} is blank; leave it as it was written, it follows the band's box"
            )


def _refuse_names(key: _Key) -> None:
    """Refuse a band that is put into no row: rows are numbered, and the lane of a stain is one band."""
    if not (key[2].isdigit() and int(key[2]) > 0) and key[2] != "lane":
        raise TableError(f"{_place(key)}: column 'band' is the number of its row; write a whole number from 1")


def _band_edits(seen: _Seen, bands: pd.DataFrame, lanes: set[tuple[str, int]]) -> pd.DataFrame:
    """Take the bands back of which the box alone was edited; of the others every cell stands."""
    bands = bands.copy()
    for index, key, row in seen.changed(bands):
        if key[:2] not in lanes:
            raise TableError(f"{_place(key)}: lanes.csv has no such lane; add it there, or delete the band")
        new = _box(seen, key, row)
        if key not in seen.before:
            _refuse_names(key)
            stands = _in_its_box(row) and np.isfinite(row["sigma"])
            (seen.stand if stands else seen.follow).append(seen.edit("add", key, new=new))
            bands = bands if stands else bands.drop(index=index)
            continue
        old, told = seen.before[key].split(";")
        stands = told != seen.now[key].split(";")[1]
        if stands:
            _refuse_blanks(key, row)
        (seen.stand if stands else seen.follow).append(seen.edit("move", key, old, new))
        for name, value in ({} if stands else parse_region(old) or {}).items():
            bands.loc[index, name] = value
    return bands


def _without_deleted(seen: _Seen, bands: pd.DataFrame, lanes: set[tuple[str, int]]) -> pd.DataFrame:
    """Note what was deleted; a lane takes its bands along."""
    gone = [key for key in seen.before if key not in seen.now and (not key[2] or key[:2] in lanes)]
    seen.stand += [seen.edit("delete", key, seen.before[key].split(";")[0]) for key in gone]
    return bands[[key[:2] in lanes for key in _keys(bands)]]


def _bent(lanes: pd.DataFrame, bands: pd.DataFrame, frame: Frame, curve: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give one lane the line that was drawn by hand; its bands go along sideways, each by what it shifts at its row."""
    lane, line = (to_upright(each, frame) for each in (lanes, lanes.assign(curve=curve)))
    was, now = (parse_curve(str(each["curve"].iloc[0])) for each in (lane, line))
    box = box_of(line.iloc[0])
    top, bottom = box["top"], box["bottom"] - 1
    if not len(now):  # left blank: straight down the middle of the lane
        middle = (box["left"] + box["right"]) / 2 - 0.5
        now = np.array([[top, middle], [bottom, middle]])
        line = line.assign(curve=curve_text(now[:, 0], now[:, 1]))
    head, centre, foot = evaluate_curve(now[:, 0], now[:, 1], [top, (top + bottom) / 2, bottom])
    tilt = round(float(np.degrees(np.arctan2(head - foot, bottom - top))), 3)
    line = line.assign(centre=round(float(centre), 2), tilt=tilt)
    followed = []
    for record in to_upright(bands, frame).to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        place, at = box_of(row), float(row["centre_row"])
        old, new = (float(evaluate_curve(each[:, 0], each[:, 1], [at])[0]) for each in (was, now))
        aside = {edge: place[edge] + round(new - old) for edge in ("left", "right")}
        followed.append({**moved(row, place, {**place, **aside}), "lean": lean_at(now, at)})
    rows = pd.DataFrame(followed, columns=bands.columns) if followed else bands
    return to_file(line, frame), to_file(rows, frame)


def _follow_curves(seen: _Seen, found: Corrected, frames: Mapping[str, Frame]) -> Corrected:
    """Lay the lanes along the curves that were edited; where a curve went along with its box nothing is left to do."""
    lanes, bands = found.lanes, found.bands
    for (image, number), curve in seen.curves.items():
        one, of_it = ((table["image"] == image) & (table["lane"] == number) for table in (lanes, bands))
        if lanes.loc[one, "curve"].item() != curve:
            lane, rows = _bent(lanes[one], bands[of_it], frames[image], curve)
            lanes = pd.concat([lanes[~one], lane], ignore_index=True)
            bands = pd.concat([bands[~of_it], rows], ignore_index=True)
    return Corrected(lanes, bands, found.corrections)


def _finished(table: pd.DataFrame, edited: Collection[_Key], images: list[str]) -> pd.DataFrame:
    """Flag what was edited, and put the rows in order: images as they stood, then lanes, then bands."""
    keys = _keys(table)
    out = table.assign(flags=add_flag(table["flags"], [key in edited for key in keys], Flag.EDITED))
    place = {image: number for number, image in enumerate(images)}
    order = sorted(range(len(keys)), key=lambda i: (place[keys[i][0]], keys[i][1], len(keys[i][2]), keys[i][2]))
    return out.iloc[order].reset_index(drop=True)


def edits_by_hand(
    lanes: pd.DataFrame, bands: pd.DataFrame, marks: Mapping[str, str], frames: Mapping[str, Frame]
) -> Corrected:
    """See what was edited by hand in the tables since they were marked, and let lanes and bands follow it.

    A lane that was moved takes its bands along, as on ``review.html``; a band whose box alone was edited takes its
    ridge along; where the ridge was edited too every cell stands as it was written. A lane without a curve runs
    straight down the middle of its box. All that was edited is flagged.

    Parameters
    ----------
    lanes, bands : DataFrame
        Tables as they came back [px of the files as given]; not changed.
    marks : mapping of str to str
        What `geometry_marks` said of them when they were written; without any nothing is known of edits.
    frames : mapping of str to Frame
        How each image lies in its file.

    Returns
    -------
    Corrected
        The tables, and the edits that were seen.

    Raises
    ------
    TableError
        A row stands twice, a band lies in no lane or in no row, a box is empty or outside its picture, a band's place
        is blank, only what follows from a lane's box was edited, or the marks are none of `geometry_marks`.
    """
    _refuse_doubles(lanes, bands)
    now = geometry_marks(lanes, bands)
    if not marks or dict(marks) == now:
        return Corrected(lanes, bands, empty("corrections"))
    if not all(";" in mark for mark in marks.values()):
        raise TableError("run.json: does not say where lanes and bands lay; make the result anew with this version")
    seen = _Seen(_keyed(marks), _keyed(now), frames)
    places = set(zip(lanes["image"], lanes["lane"], strict=True))
    old_lanes, old_bands = _lane_edits(seen, lanes, bands), _band_edits(seen, bands, places)
    old_bands = _without_deleted(seen, old_bands, places)
    lost = [image for image, *_ in (*map(_edit_key, seen.follow), *seen.curves) if image not in frames]
    if lost:
        raise TableError(f"lanes.csv, bands.csv: {lost[0]!r} was edited, but how it lies is not kept; measure it alone")
    # bands that were edited themselves do not follow their lane, but are where their own row says
    own = {_edit_key(edit) for edit in (*seen.follow, *seen.stand)}
    alone = np.array([key in own for key in _keys(old_bands)], dtype=bool)
    done = apply_corrections(old_lanes, old_bands[~alone], seen.edits("lane"), frames)
    done = _follow_curves(seen, done, frames)
    along = [key not in own for key in _keys(done.bands)]
    parts = [table for table in (done.bands[along], old_bands[alone]) if len(table)]
    rows = pd.concat(parts or [old_bands[:0]], ignore_index=True)
    done = apply_corrections(done.lanes, rows, seen.edits("band"), frames)
    bent = {key for key in _keys(done.bands) if key[:2] in seen.curves and key not in own}
    images = list(dict.fromkeys([*lanes["image"], *done.lanes["image"]]))
    return Corrected(
        check(_finished(done.lanes, own, images), "lanes"),
        check(_finished(done.bands, own | bent, images), "bands"),
        check(pd.DataFrame([*seen.follow, *seen.stand]), "corrections"),
    )


def _edit_key(edit: Mapping[str, Any]) -> _Key:
    return str(edit["image"]), int(edit["lane"]), str(edit["band"])
