"""One set of comparisons: the model that the design allows, and what it says of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ..least_squares import Vector
from .censored import Censored
from .linear import LinearFit, fit_fixed, fit_random
from .multiplicity import adjust, critical_value
from .preparing import CALIBRATOR, Family

__all__ = ["Comparison", "Fitted", "compare_pairs", "fit_family", "fit_nested"]

_RANDOM = "replicate as random effect (REML, Satterthwaite)"


@dataclass(frozen=True)
class Fitted:
    """A model of one family.

    Parameters
    ----------
    family : Family
        Its values.
    linear : LinearFit
        Group means; where values are censored, of the limits in their stead (only their correlations are used).
    censored : Censored or None
        Likelihood with censored values.
    words : str
        What was fitted, for the column ``method``.
    """

    family: Family
    linear: LinearFit
    censored: Censored | None
    words: str

    @property
    def sd(self) -> float:
        """Residual standard deviation of a logarithm; 0 where replicates are identical, NaN without an error."""
        return self.linear.sd if self.censored is None else self.censored.sd


@dataclass(frozen=True)
class Comparison:
    """One pair of groups.

    Parameters
    ----------
    group, versus : int
        Codes of the two.
    effect, low, high : float
        Fold of the group against the other and its adjusted interval; effect NaN when the group is all below LOQ.
    statistic, dof, p, p_adjusted : float
        t, its degrees of freedom, and p of this pair and of the family.
    """

    group: int
    versus: int
    effect: float
    low: float
    high: float
    statistic: float
    dof: float
    p: float
    p_adjusted: float


def _complete(family: Family) -> bool:
    return len(family.group) == len(family.groups) * (int(family.block.max()) + 1)


def _design(family: Family, blocked: bool) -> Vector:
    columns = np.asarray(family.group[:, None] == np.arange(len(family.groups)), dtype=np.float64)
    count = int(family.block.max()) + 1
    if not blocked or count < 2:
        return columns
    blocks = (family.block[:, None] == np.arange(count)).astype(np.float64)
    return np.hstack([columns, blocks[:, 1:] - blocks[:, :1]])


def fit_family(
    family: Family,
    *,
    words: str = "blocked by replicate",
    single: str = "a single replicate: no blocks",
    random: bool = True,
) -> Fitted:
    """Fit ln value = group + block with what the design allows.

    Complete blocks: fixed. Incomplete ones: random (REML) where they may be. A single block: none. Values below LOQ:
    likelihood with fixed blocks.
    Assumes normal errors of one spread on the log scale, and that groups and blocks add up.

    Parameters
    ----------
    family : Family
        Groups to be compared, whose blocks hang together through shared groups.
    words, single : str
        What the blocks are, and what is said where there is but one.
    random : bool
        Incomplete blocks are a sample, so that also the differences between them speak.

    References
    ----------
    Patterson & Thompson 1971, doi 10.1093/biomet/58.3.545 (random blocks, see `fit_random`); Tobin 1958,
    doi 10.2307/1907382 (values below LOQ, see `Censored`).
    """
    blocked = int(family.block.max()) > 0
    words = words if blocked else single
    block = family.block if blocked else None
    if np.any(family.censored):
        likelihood = Censored(family.ln_value, family.censored, _design(family, blocked))
        linear = fit_fixed(family.ln_value, family.group, block)
        return Fitted(family, linear, likelihood, f"{words}; values below LOQ left-censored, profile likelihood")
    if blocked and random and not _complete(family):
        linear = fit_random(family.ln_value, family.group, family.block)
        return Fitted(family, linear, None, _RANDOM)
    return Fitted(family, fit_fixed(family.ln_value, family.group, block), None, words)


def fit_nested(family: Family, *, words: str) -> Fitted:
    """Fit ln value = group + membrane where not all groups hang together through replicates.

    Replicates that hold several groups all the same are a random part, also where they span membranes: two values of
    one replicate are not two independent ones. Membranes are fixed, as what differs between them is of the antibody's
    making, and they are few. With values below LOQ replicates count as independent.
    Assumes normal errors of one spread on the log scale, and that groups, membranes and replicates add up.

    Parameters
    ----------
    family : Family
        Groups to be compared, which hang together through membranes.
    words : str
        What the blocks are, where there are several membranes.

    References
    ----------
    Patterson & Thompson 1971, doi 10.1093/biomet/58.3.545 (see `fit_random`).
    """
    single = "replicates not shared between groups: no blocks"
    plain = fit_family(replace(family, block=family.scale), words=words, single=single, random=False)
    # calibrators are of one lysate, which is no part of what replicates differ by
    compared = np.array([group.role != CALIBRATOR for group in family.groups])[family.group]
    alone = len(np.unique(family.replicate[compared])) == int(np.sum(compared))
    if alone or plain.censored is not None or plain.linear.residual_dof < 1:
        return plain
    linear = fit_random(family.ln_value, family.group, family.replicate, family.scale)
    several = int(family.scale.max()) > 0
    words = f"{words}, {_RANDOM}" if several else f"replicates not shared by all groups: {_RANDOM}"
    return replace(plain, linear=linear, words=words)


def _contrasts(pairs: Sequence[tuple[int, int]], groups: int) -> Vector:
    out = np.zeros((len(pairs), groups))
    for row, (group, versus) in enumerate(pairs):
        out[row, group] += 1.0
        out[row, versus] -= 1.0
    return out


def _correlation(contrasts: Vector, covariance: Vector) -> Vector:
    spread = contrasts @ covariance @ contrasts.T
    size = np.sqrt(np.diag(spread))
    size[~(size > 0)] = 1.0
    out: Vector = spread / np.outer(size, size)
    np.fill_diagonal(out, 1.0)
    return out if np.all(np.isfinite(out)) else np.eye(len(contrasts))


def _seen(fitted: Fitted, group: int) -> bool:
    rows = fitted.family.group == group
    return not bool(np.all(fitted.family.censored[rows]))


def compare_pairs(fitted: Fitted, pairs: Sequence[tuple[int, int]], method: str, level: float) -> list[Comparison]:
    """Compare pairs of groups and adjust them together.

    Parameters
    ----------
    fitted : Fitted
        Model of the family.
    pairs : sequence of (group, versus)
        Codes.
    method : {"dunnett", "tukey", "holm", "single"}
        How they are adjusted.
    level : float
        Confidence level of the intervals, for all pairs together.

    Returns
    -------
    list of Comparison
        NaN statistics where no degree of freedom is left.
    """
    groups = len(fitted.family.groups)
    contrasts = _contrasts(pairs, groups)
    figures = [_figures(fitted, contrast) for contrast in contrasts]
    dof = np.array([one[2] for one in figures])
    statistic = np.array([one[1] for one in figures])
    if not np.all(dof >= 1) or not np.all(np.isfinite(statistic)):
        nan = np.nan
        seen = [_seen(fitted, pair[0]) and _seen(fitted, pair[1]) for pair in pairs]
        effects = [np.exp(one[0]) if both else nan for one, both in zip(figures, seen, strict=True)]
        return [
            Comparison(*pair, float(effect), nan, nan, nan, nan, nan, nan)
            for pair, effect in zip(pairs, effects, strict=True)
        ]
    correlation = _correlation(contrasts, fitted.linear.covariance)
    compared = len({code for pair in pairs for code in pair})
    adjusted = adjust(method, statistic, correlation, compared, dof)
    out = []
    for index, pair in enumerate(pairs):
        bound = critical_value(method, correlation, compared, float(dof[index]), level)
        effect, low, high = _interval(fitted, contrasts[index], figures[index], bound, pair)
        p = 2.0 * float(stats.t.sf(abs(statistic[index]), dof[index]))
        out.append(
            Comparison(*pair, effect, low, high, float(statistic[index]), float(dof[index]), p, float(adjusted[index]))
        )
    return out


def _figures(fitted: Fitted, contrast: Vector) -> tuple[float, float, float]:
    """Estimate on the log scale, t and degrees of freedom of one contrast."""
    if fitted.censored is None:
        estimate, error, dof = fitted.linear.compare(contrast)
        return estimate, estimate / error if error > 0 else np.nan, dof
    wide = _padded(contrast, fitted.censored)
    estimate = float(wide @ fitted.censored.coefficients)
    if fitted.censored.dof < 1 or fitted.sd == 0:
        return estimate, np.nan, float(fitted.censored.dof)
    return estimate, fitted.censored.root(wide, 0.0), float(fitted.censored.dof)


def _padded(contrast: Vector, censored: Censored) -> Vector:
    """Weights of the blocks' coefficients are zero."""
    return np.concatenate([contrast, np.zeros(censored.design.shape[1] - len(contrast))])


def _interval(
    fitted: Fitted, contrast: Vector, figures: tuple[float, float, float], bound: float, pair: tuple[int, int]
) -> tuple[float, float, float]:
    """Effect and its interval as folds; open and NaN where a group is all below LOQ."""
    estimate, statistic, _ = figures
    if fitted.censored is None:
        half = bound * abs(estimate / statistic) if statistic else bound * fitted.linear.compare(contrast)[1]
        return float(np.exp(estimate)), float(np.exp(estimate - half)), float(np.exp(estimate + half))
    wide = _padded(contrast, fitted.censored)
    seen = _seen(fitted, pair[0]), _seen(fitted, pair[1])
    low = float(np.exp(fitted.censored.limit(wide, bound, -1.0))) if seen[0] else 0.0
    high = float(np.exp(fitted.censored.limit(wide, bound, 1.0))) if seen[1] else np.inf
    return float(np.exp(estimate)) if all(seen) else np.nan, low, high
