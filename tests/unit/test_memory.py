"""Memory that measuring a large picture takes stays under what the docs state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from blotquant.synthetic import draw_level

BYTES_A_PIXEL = 64
_MEASURE = """
import resource, sys
from blotquant.pipeline import measure_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result = measure_file(sys.argv[1]).measured
print(len(result.bands), 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


@pytest.mark.slow
def test_measuring_a_large_picture_takes_no_more_than_64_bytes_a_pixel(tmp_path: Path) -> None:
    small = draw_level("typical", seed=1, n_lanes=12, shape=(400, 600)).blot.pixels
    large = cv2.resize(small, (4800, 3200), interpolation=cv2.INTER_LINEAR)
    large += np.random.default_rng(0).normal(0, 5, large.shape)
    tifffile.imwrite(tmp_path / "large.tif", large.clip(0, 65535).astype(np.uint16))
    command = [sys.executable, "-c", _MEASURE, str(tmp_path / "large.tif")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bands, taken = map(int, said.split())
    print(f"{taken / large.size:.0f} bytes a pixel")

    assert bands > 20
    assert taken < BYTES_A_PIXEL * large.size
