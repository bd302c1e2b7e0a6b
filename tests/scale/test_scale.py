"""The parent of a batch takes no more memory for many pictures than for few, and no more time for each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.scale.__main__ import in_a_process


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_memory_of_the_parent_is_flat_and_so_is_its_work_a_picture() -> None:
    few, many = in_a_process("once", 400), in_a_process("once", 2000)

    print(f"peak {few['peak_mb']:.0f} MB of 400, {many['peak_mb']:.0f} MB of 2000", file=sys.stderr)
    assert many["peak_mb"] <= 1.1 * few["peak_mb"]
    assert many["parent_cpu_ms"] <= 1.3 * few["parent_cpu_ms"]
    assert many["writing_cpu_ms"] <= 1.5 * few["writing_cpu_ms"]
