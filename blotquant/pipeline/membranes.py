"""One membrane: its images read and brought upright together, lanes and bands found, every band measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..bands import find_bands
from ..blot import Blot
from ..calibration import Merged, calibrate_mass, ladder_masses, merge_exposures
from ..errors import BlotquantError, DetectionError, SettingsError
from ..figures.pictures import Picture, display_picture
from ..flags import Flag, add_flag, has_flag
from ..geometry import to_upright
from ..integration import integrate
from ..lanes import find_lanes
from ..orientation import orient
from ..readers import read_blot
from ..screening import image_flags, saturation, screen
from ..settings import Settings
from ..tables import Finding, check, empty, quality_table
from .crops import flag_tight_crops
from .drops import find_drops
from .exposures import widened
from .given import Given
from .limits import limits_of_images
from .pieces import Pairs, check_pieces, cut_pieces
from .profiles import lane_profiles
from .registration import Registered, register, show_alike
from .stains import whole_lanes
from .unsure import flag_unsure
from .upright import find_turn, on_its_side

__all__ = ["Measured", "gather", "measure_blots", "measure_membrane", "read_membrane", "united"]


@dataclass(frozen=True)
class Measured:
    """What measuring gave: tables, pictures, the hash of each input, bands under other backgrounds, what was merged."""

    lanes: pd.DataFrame
    bands: pd.DataFrame
    quality: pd.DataFrame
    calibration: pd.DataFrame
    profiles: pd.DataFrame
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    merged: Mapping[str, Sequence[str]] = field(default_factory=dict)


def united(tables: Sequence[pd.DataFrame], name: str) -> pd.DataFrame:
    """Put tables of one kind under each other; an empty table of that kind when none has rows."""
    filled = [table for table in tables if len(table)]
    if len(filled) == 1:
        return check(filled[0], name)
    return check(pd.concat(filled, ignore_index=True), name) if filled else empty(name)


def gather(parts: Sequence[Measured]) -> Measured:
    """Unite what several membranes gave."""
    if len(parts) == 1:
        return parts[0]
    methods = list(dict.fromkeys(method for part in parts for method in part.others))
    return Measured(
        lanes=united([part.lanes for part in parts], "lanes"),
        bands=united([part.bands for part in parts], "bands"),
        quality=united([part.quality for part in parts], "quality"),
        calibration=united([part.calibration for part in parts], "calibration"),
        profiles=united([part.profiles for part in parts], "profiles"),
        pictures={image: picture for part in parts for image, picture in part.pictures.items()},
        inputs={name: digest for part in parts for name, digest in part.inputs.items()},
        others={method: united([part.others[method] for part in parts], "bands") for method in methods},
        merged={image: names for part in parts for image, names in part.merged.items()},
    )


def _named(error: BlotquantError, image: str) -> BlotquantError:
    """Return the error with the image's name in front, where it does not name it already."""
    return error if image in str(error) else type(error)(f"{image}: {error}")


def _read_image(row: pd.Series[Any], folder: Path, settings: Settings) -> Blot:
    try:
        return read_blot(
            folder / row["file"],
            name=row["image"],
            channel=row["channel"] or None,
            region=row["region"] or None,
            max_megapixels=settings.batch.max_megapixels,
        )
    except BlotquantError as error:
        raise _named(error, row["image"]) from error


def _upright(blot: Blot, row: pd.Series[Any], settings: Settings, further: int = 0) -> Blot:
    """Bring an image upright, by further quarter turns [degree]; what its row says goes before the settings."""
    how = settings.orientation
    turned = (row["rotate"] if pd.notna(row["rotate"]) else how.rotate) + further
    polarity = row["polarity"] if row["polarity"] not in ("", "auto") else how.polarity
    mirror = (pd.notna(row["mirror"]) and bool(row["mirror"])) or how.mirror
    try:
        return orient(blot, polarity=polarity, rotate=turned, mirror=mirror, crop=how.crop)
    except BlotquantError as error:
        raise _named(error, row["image"]) from error


def read_membrane(images: pd.DataFrame, folder: Path, settings: Settings) -> list[tuple[Blot, Blot]]:
    """Read the images of one membrane.

    Returns
    -------
    list of (Blot, Blot)
        Each image as read and upright, in the order of the sheet; an image listed for two targets once.

    Raises
    ------
    BlotquantError
        An image cannot be read or brought upright; the message names it.
    """
    rows = [row for _, row in images.drop_duplicates("image").iterrows()]
    blots = [_read_image(row, folder, settings) for row in rows]
    return [(blot, _upright(blot, row, settings)) for blot, row in zip(blots, rows, strict=True)]


def _merge(
    images: pd.DataFrame, folder: Path, given: Given, settings: Settings
) -> tuple[list[tuple[Blot, Blot]], dict[str, Merged], dict[str, str]]:
    """Read the images of one membrane, those taken with several exposures merged into one."""
    pairs, merged, inputs = [], {}, {}
    for _, row in images.drop_duplicates("image").iterrows():
        rows = given.exposures.get(row["image"])
        if rows is None:
            blot = _read_image(row, folder, settings)
            inputs[blot.name] = blot.source.sha256
        else:
            parts = [_read_image(each, folder, settings) for _, each in rows.iterrows()]
            inputs |= {part.name: part.source.sha256 for part in parts}
            merged[row["image"]] = merge_exposures(parts, list(rows["exposure_s"]))
            blot = merged[row["image"]].blot
        pairs.append((blot, _upright(blot, row, settings)))
    return pairs, merged, inputs


def _find_lanes(blots: Sequence[Blot], given: Given, raw: Mapping[str, Blot]) -> pd.DataFrame:
    if given.lanes is not None:
        return given.lanes
    look = f"'blotquant measure {Path(blots[0].source.path).name or blots[0].name} -o look' draws the overlay"
    try:
        lanes = find_lanes(blots, n_lanes=given.n_lanes)
    except DetectionError as error:
        said = f" ({given.n_lanes} lanes: {given.why}; {look})" if given.n_lanes else ""
        # a picture that is measured by itself is its own membrane
        where = "" if str(error).startswith(given.membrane) else f"membrane {given.membrane!r}: "
        besides = "".join(f"; besides, {note}" for note in [saturation(blots[0])] if note)
        besides += on_its_side(raw[blots[0].name], blots[0], given.n_lanes)
        raise DetectionError(f"{where}{error}{said}{besides}") from error
    missing = sorted(set(given.samples["lane"]) - set(lanes["lane"]))
    if missing:
        raise DetectionError(
            f"membrane {given.membrane!r}: samples.csv names lane {missing[0]}, the pictures show "
            f"{lanes['lane'].nunique()} lanes; {look}; correct the sheet, or give the number with n_lanes in images.csv"
        )
    return lanes


def _ladders(given: Given) -> set[int]:
    """Lanes that samples.csv says are ladders."""
    return set(given.samples.loc[given.samples["role"] == "ladder", "lane"])


def _without_markers(bands: pd.DataFrame, ladders: set[int]) -> pd.DataFrame:
    """Leave out of the other lanes what only ladders show: a marker is no protein of theirs."""
    other = ~bands["lane"].isin(ladders)
    seen = bands.loc[other & (bands["score"] > 0), "band"].unique()
    return bands[~other | bands["band"].isin(seen)].reset_index(drop=True) if len(seen) else bands


def _find_bands(blots: Sequence[Blot], lanes: pd.DataFrame, given: Given, settings: Settings) -> pd.DataFrame:
    """Find the rows of all probed images of one part of the run together; a stain is measured as whole lanes."""
    if given.bands is not None:
        return given.bands
    probed = [blot for blot in blots if blot.name not in (*given.stains, *given.markers)]
    parts = [
        find_bands(group, lanes[lanes["image"].isin([blot.name for blot in group])], min_score=settings.bands.min_score)
        for group in show_alike(probed)
    ]
    parts = [_without_markers(rows, _ladders(given)) for rows in parts]
    parts += [whole_lanes(lanes[lanes["image"] == name]) for name in given.stains]
    for blot in [each for each in blots if each.name in given.markers]:
        rows = find_bands(blot, lanes[lanes["image"] == blot.name], min_score=settings.bands.min_score)
        parts.append(rows[rows["lane"].isin(_ladders(given) or set(rows["lane"]))])
    return united(parts, "bands")


def _integrate(
    blots: Sequence[Blot], bands: pd.DataFrame, given: Given, settings: Settings, background: str | None
) -> pd.DataFrame:
    """Measure all bands of all images; a whole lane has its background in the gaps beside it."""
    ladders, parts = _ladders(given), []
    for blot in blots:
        mine = bands[bands["image"] == blot.name]
        whole = mine["band"] == "lane"
        chosen = background or settings.integration.background
        for rows, method in ((mine[~whole], chosen), (mine[whole], "inter_lane")):
            if len(rows):
                measured = integrate(blot, rows, background=method, ladders=ladders)
                doubts = image_flags(blot)
                parts.append(measured.assign(flags=add_flag(measured["flags"], True, doubts)))
    return united(parts, "bands")


def _with_masses(bands: pd.DataFrame, blots: Sequence[Blot], given: Given) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Calibrate masses along the run where the ladder is named; crops differ between images, so they are undone."""
    if "ladder" not in given.mass or bands.empty:
        return bands, empty("calibration")
    upright = [
        to_upright(bands[bands["image"] == blot.name], dataclasses.replace(blot.frame, top=0, left=0)) for blot in blots
    ]
    known = {name: given.mass[name] for name in ("ladder", "buffer", "model") if name in given.mass}
    told, report = calibrate_mass(pd.concat(upright), given.samples, **known)
    order = pd.concat(upright).index
    columns = told.set_index(order)
    changed = {name: columns[name] for name in ("mass_kda", "mass_low", "mass_high", "flags")}
    return check(bands.assign(**changed), "bands"), report


def _find(
    upright: tuple[Blot, ...], given: Given, settings: Settings, raw: Mapping[str, Blot]
) -> tuple[Registered, pd.DataFrame, pd.DataFrame]:
    """Lay the images on one grid, and find lanes and bands there; again where the rows tell that some lie lower."""
    anew = given.lanes is None
    placed = register(upright, n_lanes=given.n_lanes, still=given.markers) if anew else Registered(upright)

    def found(placed: Registered) -> tuple[pd.DataFrame, pd.DataFrame]:
        lanes = placed.check_lanes(_find_lanes(placed.blots, given, raw))
        return lanes, _find_bands(placed.blots, lanes, given, settings)

    lanes, bands = found(placed)
    still = (*given.markers, *given.stains, *given.named)
    lower = placed.lowered(find_drops(bands, placed.blots, given.targets, still=still))
    if not lower.drops:
        return placed, lanes, bands
    return (
        (lower, *found(lower)) if anew else (lower, lower.from_files(lanes, "lanes"), lower.from_files(bands, "bands"))
    )


def _lane_rows(lanes: pd.DataFrame, given: Given) -> pd.DataFrame:
    count = lanes["lane"].nunique()
    sure = float(lanes["confidence"].min())
    reasons = "; ".join(dict.fromkeys(part for reason in lanes["reason"] for part in reason.split("; ") if part))
    note = f"{given.why}; the least sure of them has confidence {sure:.2f} of 1" + (f": {reasons}" if reasons else "")
    unsure = bool(has_flag(lanes["flags"], Flag.LANE_UNSURE).any())
    return quality_table([Finding("membrane", given.membrane, "lanes", count, note, "worry" if unsure else "good")])


def measure_blots(
    pairs: Sequence[tuple[Blot, Blot]], given: Given, settings: Settings, *, others: Sequence[str] = ()
) -> Measured:
    """Measure the images of one membrane.

    Parameters
    ----------
    pairs : sequence of (Blot, Blot)
        Each image as read and upright.
    given : Given
        What is known of the membrane.
    settings : Settings
        Settings of the stages.
    others : sequence of str
        Backgrounds under which the bands are measured once more, for the sensitivity.

    Raises
    ------
    DetectionError
        No lanes are found, or the pictures contradict what is known.
    """
    # markers come last: the grid is that of the first image that shows the samples
    upright = tuple(sorted((blot for _, blot in pairs), key=lambda blot: blot.name in given.markers))
    placed, lanes, found = _find(upright, given, settings, {shown.name: raw for raw, shown in pairs})
    blots = placed.blots
    measured = flag_tight_crops(_integrate(blots, found, given, settings, None), blots)
    others_found = {method: _integrate(blots, found, given, settings, method) for method in others}
    bands, calibration = _with_masses(flag_unsure(measured, others_found), blots, given)
    notes = [*(screen(blot) for blot in upright), placed.quality(), _lane_rows(lanes, given)]
    notes.append(limits_of_images(blots, bands))
    in_files = placed.to_files(lanes, "lanes")
    return Measured(
        lanes=in_files,
        bands=placed.to_files(bands, "bands"),
        quality=united(notes, "quality"),
        calibration=calibration,
        profiles=united([lane_profiles(blot, in_files) for blot in upright], "profiles"),
        pictures={raw.name: display_picture(raw, shown) for raw, shown in pairs},
        inputs={raw.name: raw.source.sha256 for raw, _ in pairs},
        others={method: placed.to_files(table, "bands") for method, table in others_found.items()},
    )


def _targets(images: pd.DataFrame) -> dict[str, set[str]]:
    """Tell what phospho and total images were probed for; one image may be listed for several targets."""
    probed = images[images["form"].isin(["phospho", "total"]) & (images["mode"] != "two_colour")]
    return {str(image): set(rows["target"]) for image, rows in probed.groupby("image", sort=False)}


def measure_membrane(
    images: pd.DataFrame, folder: Path, given: Given, settings: Settings, *, others: Sequence[str] = ()
) -> Measured:
    """Read the images of one membrane, merge their exposures and measure them, piece by piece; as `measure_blots`."""
    pairs, merged, inputs = _merge(images, folder, given, settings)
    pairs, turned = _by_ladder(pairs, images, given, settings)
    named = images.loc[images["row"].notna() | images["mass_kda"].notna(), "image"]
    given = dataclasses.replace(given, targets=_targets(images), named=tuple(dict.fromkeys(named)))
    pieces = cut_pieces(pairs, images)
    measured = gather([measure_blots(piece, _of_piece(given, piece), settings, others=others) for piece in pieces])
    check_pieces(pieces, measured.lanes, given.membrane)
    return dataclasses.replace(
        measured,
        bands=widened(measured.bands, merged),
        others={method: widened(table, merged) for method, table in measured.others.items()},
        calibration=united([measured.calibration, *(each.calibration for each in merged.values())], "calibration"),
        quality=united([measured.quality, turned], "quality"),
        inputs=inputs,
        merged={image: each.exposures for image, each in merged.items()},
    )


def _of_piece(given: Given, piece: Pairs) -> Given:
    """Restrict what is known of a membrane to one of its pieces: of tables that were given, the rows of its images."""
    names = [raw.name for raw, _ in piece]
    lanes, bands = (
        None if table is None else table[table["image"].isin(names)].reset_index(drop=True)
        for table in (given.lanes, given.bands)
    )
    return dataclasses.replace(given, lanes=lanes, bands=bands)


def _by_ladder(
    pairs: list[tuple[Blot, Blot]], images: pd.DataFrame, given: Given, settings: Settings
) -> tuple[list[tuple[Blot, Blot]], pd.DataFrame]:
    """Turn the images as the ladder tells, where that is asked for; lanes that were given lie as they were found."""
    if not settings.orientation.by_ladder or given.lanes is not None:
        return pairs, empty("quality")
    if "ladder" not in given.mass or not _ladders(given):
        raise SettingsError(
            f"orientation.by_ladder: membrane {given.membrane!r} needs the ladder's name in study.toml ([mass] ladder) "
            "and a lane of role ladder in samples.csv"
        )
    rows = [row for _, row in images.drop_duplicates("image").iterrows()]

    def upright(degrees: int) -> list[Blot]:
        return [_upright(raw, row, settings, degrees) for (raw, _), row in zip(pairs, rows, strict=True)]

    masses = ladder_masses(given.mass["ladder"], given.mass.get("buffer", ""))
    turn = find_turn(upright, given.samples, masses, n_lanes=given.n_lanes)
    turned = [(raw, shown) for (raw, _), shown in zip(pairs, upright(turn.degrees), strict=True)]
    return turned, turn.quality(given.membrane)
