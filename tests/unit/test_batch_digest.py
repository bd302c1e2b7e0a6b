"""A batch in figures, and the page that shows them: the same size for any number of pictures."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.batch.digest import Digest, Distribution, image_figures
from blotquant.figures.pictures import encode_png
from blotquant.report.overview import _ticks, render_overview, write_overview
from blotquant.result.files import picture_name


def record(image: str, score: float | None, **figures: float | None) -> dict[str, Any]:
    told = {"image": image, "noise": 100.0, "saturated": 0.0, "pitch": 40.0, **figures, "score": score}
    rows = {"lanes": 2, "bands": 4, "detected": 3}
    return {
        "images": [{}], "rows": rows, "counts": {"bands": {"saturated": 1}}, "figures": [told], "warnings": ["8-bit"],
    }  # fmt: skip


def test_a_distribution_counts_zeros_apart_and_knows_its_quantiles_to_a_tenth_of_a_decade() -> None:
    values = np.geomspace(1, 1000, 501)
    told = Distribution()
    for value in [*values, 0.0, -1.0]:
        told.add(float(value))

    rows = told.as_rows()
    assert told.total == 503
    assert rows[0] == (0.0, 0.0, 2)
    assert sum(count for _, _, count in rows) == 503
    for share in (0.05, 0.5, 0.95):
        assert abs(math.log10(told.quantile(share) / np.quantile(values, share))) < 0.1
    assert told.quantile(0.001) == 0.0
    assert math.isnan(Distribution().quantile(0.5))
    assert Distribution().as_rows() == []


def test_a_digest_adds_up_and_keeps_only_the_worst() -> None:
    digest = Digest()
    for number in range(60):
        digest.add(record(f"{number:02d}.tif", number / 10 if number % 2 else 0.0), f"key{number}")
    digest.add(record("blank.tif", None, noise=None, pitch=None))
    for kind in ("ReadError", "TimeoutError", "ReadError"):
        digest.add_failure(kind)

    told = digest.as_dict()

    assert (digest.images, told["rows"], told["failures"]) == (
        61, {"bands": 244, "detected": 183, "lanes": 122}, {"ReadError": 2, "TimeoutError": 1},
    )  # fmt: skip
    assert told["flags"] == {"bands": {"saturated": 61}}
    assert [each["image"] for each in told["worst"]][:3] == ["59.tif", "57.tif", "55.tif"]
    assert len(told["worst"]) == 24
    assert digest.worst[0] == (-5.9, "59.tif", "key59")
    assert sum(row[2] for row in told["distributions"]["noise"]["bins"]) == 60
    assert len(digest.warnings) == 61


def test_the_digest_does_not_grow_with_the_number_of_pictures() -> None:
    def size(number: int) -> int:
        digest = Digest()
        for each in range(number):
            digest.add(record(f"{each:09d}.tif", 1.0 + each % 7, noise=10.0 + each % 90), "k" * 64)
        return len(json.dumps(digest.as_dict())) + len(json.dumps(digest.worst)) + len(json.dumps(digest.warnings))

    assert size(3000) < 1.02 * size(300)


def test_figures_of_a_picture_come_from_its_rows() -> None:
    lanes = pd.DataFrame({"image": ["a"] * 3 + ["b"], "centre": [90.0, 10.0, 50.0, 20.0]})
    bands = pd.DataFrame(
        {"image": ["a"] * 4, "lod": [1.0, 2.0, 4.0, 8.0], "flags": ["saturated;speck", "", "speck", ""]}
    )
    quality = pd.DataFrame({"name": ["a", "a"], "measure": ["saturated", "depth"], "value": [891.0, 16.0]})

    first, second = image_figures({"lanes": lanes, "bands": bands, "quality": quality})

    assert (first["noise"], first["saturated"], first["pitch"]) == (3.0, 891.0, 40.0)
    assert first["score"] > 0
    assert second == {"image": "b", "noise": None, "saturated": None, "pitch": None, "score": 0.0}


@pytest.fixture
def told() -> dict[str, Any]:
    digest = Digest()
    for number in range(5):
        digest.add(record(f"<b>{number}</b>.tif", float(number)), "")
    digest.add_failure("ReadError")
    failures = [{"name": "<script>x</script>.tif", "kind": "ReadError", "message": "a & b"}]
    return {"batch": {"units": 6, "seconds": 3.0, "large": True, **digest.as_dict()}, "failures": failures}


def test_the_page_tells_throughput_failures_flags_distributions_and_shows_the_worst(
    told: dict[str, Any], tmp_path: Path
) -> None:
    picture = tmp_path / "figures" / "blots" / picture_name("<b>4</b>.tif")
    picture.parent.mkdir(parents=True)
    picture.write_bytes(encode_png(np.zeros((600, 300), np.uint8)))

    text = write_overview(told, tmp_path, tmp_path / "batch.html").read_text(encoding="utf-8")

    assert re.search(r"Membranes a second</th><td class=\"n\">2<", text)
    assert re.search(r"could not be read as a blot</th><td class=\"n\">1<", text)
    assert "ReadError" not in text
    assert re.search(r"saturated</th>.*<td class=\"n\">5</td><td class=\"n\">25.0<", text)
    assert text.count("<svg") == 3
    assert "median 112 AU px" in text
    assert "Saturated pixels of a picture: median 0 px" in text
    assert text.count("data:image/png;base64,") == 1
    assert text.index("&lt;b&gt;4") < text.index("&lt;b&gt;3")


def test_a_distribution_has_numbers_along_its_axis_that_do_not_touch() -> None:
    decades = [(10 ** (n / 10), 10 ** ((n + 1) / 10), 1) for n in range(5, 26)]
    assert _ticks([(0.0, 0.0, 3), *decades], 20.0) == ((10.0, "0"), (120.0, "10"), (320.0, "100"), (440.0, "398"))
    assert _ticks(decades[:3], 140.0) == ((0.0, "3.16"), (420.0, "6.31"))
    assert _ticks([(0.0, 0.0, 3)], 420.0) == ((210.0, "0"),)
    assert _ticks(decades, 5.0) == ((0.0, "3.16"), (75.0, "100"))


def test_names_on_the_page_are_text_and_nothing_comes_from_elsewhere(told: dict[str, Any], tmp_path: Path) -> None:
    text = render_overview(told, tmp_path)

    assert "<script" not in text
    assert "&lt;script&gt;x" in text
    assert "a &amp; b" in text
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert "script-src" not in text
    assert "default-src &#39;none&#39;; img-src data:" in text
