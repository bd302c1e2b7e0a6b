"""Blocks, and the scales that bring them together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..errors import SettingsError

__all__ = ["block_scales", "blocks_of", "condition_of"]


def blocks_of(part: pd.DataFrame, within: str) -> list[np.ndarray]:
    """Block number of each row, from the narrowest meaning of "block" to the widest that is allowed."""
    membrane = pd.factorize(part["membrane"])[0]
    if within == "membrane":
        return [membrane]
    replicate = pd.factorize(part["replicate"])[0]
    narrow = replicate * (int(membrane.max(initial=0)) + 1) + membrane
    return [np.unique(narrow, return_inverse=True)[1], replicate]


def condition_of(part: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's condition: stimulus × treatment × dose."""
    keys = part[["stimulus", "treatment"]].astype(str).agg("\x1f".join, axis=1) + part["dose"].map(repr)
    return pd.factorize(keys)[0]


def block_scales(part: pd.DataFrame, blocks: list[np.ndarray], across: str) -> np.ndarray:
    """Scale of each row's block, geometric mean 1 over the blocks.

    ``alignment`` fits log ratio = condition + block by least squares over the positive ratios; ``sum`` takes the
    block's sum over the conditions that every block has; ``none`` leaves the ratios as they are.

    Raises
    ------
    SettingsError
        The blocks share no conditions, so that no scale between them can be known; the message names the blocks.

    References
    ----------
    Degasperi et al. 2014, doi:10.1371/journal.pone.0087293.
    """
    block = np.unique(blocks[0], return_inverse=True)[1]
    if across == "none" or block.max(initial=0) == 0:
        return np.ones(len(part))
    condition = condition_of(part)
    ratio = part["ratio"].to_numpy(float)
    known = np.isfinite(ratio) & (ratio > 0)
    _require_connected(part, block, condition, known)
    ln_scale = _alignment(ratio, block, condition, known) if across == "alignment" else _sums(ratio, block, condition)
    scales: np.ndarray = np.exp(ln_scale - ln_scale.mean())[block]
    return scales


def _require_connected(part: pd.DataFrame, block: np.ndarray, condition: np.ndarray, known: np.ndarray) -> None:
    n, m = block.max() + 1, condition.max() + 1
    graph = coo_matrix((np.ones(known.sum()), (block[known], n + condition[known])), shape=(n + m, n + m))
    islands = connected_components(graph, directed=False)[1][:n]
    if len(set(islands)) > 1:
        first, other = np.flatnonzero(block == 0)[0], np.flatnonzero(islands[block] != islands[0])[0]
        names = [f"{part['membrane'].iloc[i]} (replicate {part['replicate'].iloc[i]})" for i in (first, other)]
        raise SettingsError(
            f"membranes {names[0]} and {names[1]} share no condition, so no scale between them is known; "
            "run a common lysate on both, or set normalisation.across = reference"
        )


def _alignment(ratio: np.ndarray, block: np.ndarray, condition: np.ndarray, known: np.ndarray) -> np.ndarray:
    n, m = block.max() + 1, condition.max() + 1
    design = np.zeros((known.sum(), n + m))
    rows = np.arange(known.sum())
    design[rows, block[known]] = 1.0
    design[rows, n + condition[known]] = 1.0
    solution: np.ndarray = np.linalg.lstsq(design, np.log(ratio[known]), rcond=None)[0][:n]
    return solution


def _sums(ratio: np.ndarray, block: np.ndarray, condition: np.ndarray) -> np.ndarray:
    wide = pd.DataFrame({"block": block, "condition": condition, "ratio": ratio}).pivot_table(
        index="block", columns="condition", values="ratio", aggfunc="mean"
    )
    total = wide.dropna(axis=1).sum(axis=1).to_numpy()
    if not len(total) or np.any(total <= 0):
        raise SettingsError(
            "normalisation.across = sum needs conditions that every membrane has, with a positive sum; "
            "set normalisation.across = alignment"
        )
    ln_total: np.ndarray = np.log(total)
    return ln_total
