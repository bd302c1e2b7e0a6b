"""Boxes of pixels, and the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Box", "in_reading_order"]


@dataclass(frozen=True)
class Box:
    """A half-open box: ``top:bottom, left:right`` [px]."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The box as an index of pixels."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def in_reading_order(boxes: Iterable[Box]) -> list[Box]:
    """Order boxes line by line from the top, and from the left in each line; boxes beside each other share a line."""
    lines: list[list[Box]] = []
    for box in sorted(boxes, key=lambda each: (each.top, each.left)):
        middle = (box.top + box.bottom) / 2.0
        if lines and any(each.top <= middle < each.bottom for each in lines[-1]):
            lines[-1].append(box)
        else:
            lines.append([box])
    return [box for line in lines for box in sorted(line, key=lambda each: each.left)]
