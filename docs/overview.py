"""Make the picture of the README, ``docs/overview.png``, from the drawn study in ``test_images``."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

import blotquant as bq
from blotquant.figures import FIGURES, figure_bytes

HERE = Path(__file__).parent
DPI = 130


def main() -> None:
    result = bq.quantify(HERE.parent / "test_images" / "baricitinib")
    drawn = [next(FIGURES[name].draw(result)).figure for name in ("blot", "dose_response")]
    left, right = (Image.open(io.BytesIO(figure_bytes(figure, "png", dpi=DPI))).convert("RGB") for figure in drawn)
    whole = Image.new("RGB", (left.width + right.width + 20, max(left.height, right.height)), "white")
    for picture, x in ((left, 0), (right, left.width + 20)):
        whole.paste(picture, (x, (whole.height - picture.height) // 2))
    whole.quantize(64).save(HERE / "overview.png", optimize=True)


if __name__ == "__main__":
    main()
