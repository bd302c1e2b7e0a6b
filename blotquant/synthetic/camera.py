"""From light to the counts of a file: photon noise, read noise, clipping, rounding and what an export does."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ..blot import FloatArray
from .knobs import Camera, Export

__all__ = ["burn_out", "export_counts", "expose"]


def burn_out(signal: FloatArray, burn: float) -> FloatArray:
    """Let the substrate run out: light rises up to about `burn` and falls beyond, so that strong bands turn hollow."""
    if not np.isfinite(burn):
        return signal
    burnt: FloatArray = signal / (1.0 + (signal / (1.5 * burn)) ** 3)
    return burnt


def expose(light: FloatArray, camera: Camera, rng: np.random.Generator) -> FloatArray:
    """Record light as whole counts.

    Photo-electrons are Poisson, read noise is normal (the photon transfer model: Janesick 2007,
    doi:10.1117/3.725073); counts are rounded and clipped at zero and at the ceiling.

    Parameters
    ----------
    light : ndarray of shape (H, W)
        Expected counts without offset [AU].
    camera : Camera
        The knobs.
    rng : Generator
        Source of randomness.
    """
    counts = np.maximum(light * camera.exposure, 0.0)
    if camera.gain > 0:
        counts = camera.gain * rng.poisson(counts / camera.gain)
    if camera.read_noise > 0:
        counts = counts + camera.read_noise * rng.standard_normal(counts.shape)
    return np.clip(np.round(counts + camera.offset), 0.0, camera.ceiling)


def _as_jpeg(counts: FloatArray, quality: int) -> FloatArray:
    buffer = io.BytesIO()
    Image.fromarray(counts.astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as picture:
        return np.asarray(picture, dtype=np.float64)


def export_counts(counts: FloatArray, ceiling: float, export: Export) -> FloatArray:
    """Treat counts as programs do on export.

    Returns
    -------
    ndarray of shape (H, W)
        Counts of the exported file, whole numbers from 0 to ``2**bits − 1``.
    """
    full = 2.0**export.bits - 1.0
    low, high = 0.0, full if export.bits == 16 else ceiling  # a 16-bit file holds counts as they are
    if export.stretched:
        low, high = (float(value) for value in np.quantile(counts, (0.001, 0.999)))
    if (low, high) == (0.0, full) and export.gamma == 1.0 and not export.inverted:
        return counts
    share = np.clip((counts - low) / max(high - low, 1.0), 0.0, 1.0) ** export.gamma
    out = np.round(full * (1.0 - share if export.inverted else share))
    return _as_jpeg(out, export.jpeg) if export.jpeg and export.bits == 8 else out
