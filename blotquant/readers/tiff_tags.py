"""What the tags of a TIFF say about the blot: pixel size, exposure, imager, date, channel names."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .planes import SCREENS

if TYPE_CHECKING:
    import tifffile

__all__ = ["Facts", "channel_names", "facts_of", "pixel_size_um"]

_UNIT_UM = {"um": 1.0, "µm": 1.0, "μm": 1.0, "micron": 1.0, "microns": 1.0, "mm": 1e3, "cm": 1e4, "inch": 25400.0}
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "min": 60.0}
_EXPOSURE = re.compile(
    r"exposure[ _]?(?:time)?\s*\(?(s|sec|ms|min)?\)?\s*[:=]\s*([0-9]*\.?[0-9]+)\s*(s|sec|seconds|ms|msec|min)?\b", re.I
)
_COARSEST = 2000.0  # side of a pixel above which a resolution is a placeholder [µm]


@dataclass(frozen=True)
class Facts:
    """What is known of how the picture was taken."""

    exposure_s: float | None = None
    imager: str = ""
    acquired: str = ""


def _tag(page: tifffile.TiffPage, code: int) -> Any:
    return page.tags.valueof(code)


def _rational(value: Any) -> float | None:
    if isinstance(value, tuple) and len(value) == 2 and value[1]:
        return float(value[0]) / float(value[1])
    return float(value) if isinstance(value, int | float) else None


def _ome(tif: tifffile.TiffFile) -> ElementTree.Element | None:
    """Parse OME-XML; entity declarations, which OME has no use for, are refused unread (billion laughs)."""
    text = tif.ome_metadata
    if not text or "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None


def _first(root: ElementTree.Element | None, name: str) -> dict[str, str]:
    if root is None:
        return {}
    return next((dict(part.attrib) for part in root.iter() if part.tag.rpartition("}")[2] == name), {})


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def pixel_size_um(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> float | None:
    """Side of a pixel [µm] from OME-XML, ImageJ's unit, or the resolution tags; None when nobody knew."""
    pixels = _first(_ome(tif), "Pixels")
    size = _number(pixels.get("PhysicalSizeX"))
    unit_um = _UNIT_UM.get(pixels.get("PhysicalSizeXUnit", "µm"))
    if size and unit_um:
        return size * unit_um
    per_unit = _rational(_tag(page, 282))
    if not per_unit:
        return None
    name = str((tif.imagej_metadata or {}).get("unit", "")) if tif.is_imagej else ""
    named_um = _UNIT_UM.get(name.lower().replace("\\u00b5", "µ"))
    if named_um:  # ImageJ counts in its own unit, whatever the tag says
        return round(named_um / per_unit, 4)
    unit = int(_tag(page, 296) or 2)
    if unit not in (2, 3) or (unit == 2 and per_unit in SCREENS):
        return None
    size_um = (10_000.0 if unit == 3 else 25_400.0) / per_unit
    return round(size_um, 4) if size_um < _COARSEST else None


def facts_of(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> Facts:
    """Exposure [s], imager and date, where a tag names them; a number without a unit is no exposure."""
    make, model = str(_tag(page, 271) or "").strip("\0 "), str(_tag(page, 272) or "").strip("\0 ")
    return Facts(
        exposure_s=_exposure(tif, page),
        imager=" ".join(filter(None, (make, model))),
        acquired=str(_tag(page, 306) or "").strip("\0 "),
    )


def _exposure(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> float | None:
    plane = _first(_ome(tif), "Plane")
    seconds = _number(plane.get("ExposureTime"))
    if seconds is not None:
        return seconds * _SECONDS.get(plane.get("ExposureTimeUnit", "s"), 1.0)
    exif = _rational(_tag(page, 33434))
    if exif is not None:
        return exif
    found = _EXPOSURE.search(str(page.description or ""))
    unit = (found[3] or found[1] or "").lower() if found else ""
    return float(found[2]) * _SECONDS[unit] if found and unit in _SECONDS else None


def channel_names(tif: tifffile.TiffFile) -> list[str]:
    """Names of channels as OME or ImageJ keeps them; an empty list when there are none."""
    root = _ome(tif)
    if root is not None:
        parts = [part for part in root.iter() if part.tag.rpartition("}")[2] == "Channel"]
        return [part.attrib.get("Name", "") for part in parts]
    if tif.is_imagej:
        labels = (tif.imagej_metadata or {}).get("Labels", [])
        return [str(label) for label in labels]
    return []
