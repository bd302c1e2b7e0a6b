"""Do intervals hold the truth as often as they say, and do tests err as rarely?  Drawn ratios through the real stages.

``python -m tests.truth.coverage [STUDIES]`` prints it: normalise → summarise → compare_groups and fit_dose_response.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

import blotquant as bq

__all__ = ["Curve", "draw_curves", "draw_groups", "score_curves", "score_groups", "score_ratios", "table"]

_AT_ONCE = 50  # studies in one table, told apart by the column ``study``: the stages cost less that way
_BY = ["study"]


@dataclass(frozen=True)
class Curve:
    """Truth of a dose-response study: each replicate on a membrane of its own, with a vehicle and an unstimulated lane.

    ``relative`` and ``additive`` are standard deviations of a lane, as shares of the signal and of the vehicle's;
    ``block`` is that of a membrane's log scale, ``differ`` that of a replicate's ln IC50; ``errors`` tells the fit how
    large the additive part is. ``other`` is the IC50 of a second treatment on the same membranes.
    """

    ic50: float = 44.0
    doses: tuple[float, ...] = tuple(np.geomspace(1.0, 10_000.0, 8).round(6))
    replicates: int = 3
    relative: float = 0.15
    additive: float = 0.01
    block: float = 0.5
    differ: float = 0.0
    errors: bool = True
    other: float | None = None


def _lane(study: int, replicate: int, lane: int, **further: object) -> dict[str, object]:
    place = {"study": study, "membrane": f"m{replicate}", "replicate": f"r{replicate}", "lane": lane}
    return {**place, "target": "STAT3", "quantity": "P/S", "dose_unit": "nM", "stimulus": "IL-6", **further}


def draw_curves(truth: Curve, seeds: Sequence[int]) -> pd.DataFrame:
    """Draw the ratios of some studies."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng([seed, 5])
        for replicate in range(truth.replicates):
            scale = np.exp(truth.block * rng.standard_normal())
            own = np.exp(truth.differ * rng.standard_normal()) if truth.differ else 1.0
            lanes = [("none", "vehicle", 0.0, 0.0), ("IL-6", "vehicle", 0.0, 1.0)]
            lanes += [("IL-6", "baricitinib", dose, 1.0 / (1.0 + dose / (own * truth.ic50))) for dose in truth.doses]
            if truth.other is not None:
                lanes += [
                    ("IL-6", "tofacitinib", dose, 1.0 / (1.0 + dose / (own * truth.other))) for dose in truth.doses
                ]
            for number, (stimulus, treatment, dose, activity) in enumerate(lanes, start=1):
                noisy = activity * (1.0 + truth.relative * rng.standard_normal())
                ratio = scale * (noisy + truth.additive * rng.standard_normal())
                what = {"stimulus": stimulus, "treatment": treatment, "dose": dose}
                error = truth.additive * scale if truth.errors else np.nan
                rows.append(_lane(seed, replicate, number, **what, ratio=ratio, ratio_se=error))
    return pd.DataFrame(rows)


def draw_groups(folds: Sequence[float], seeds: Sequence[int], *, replicates: int = 3) -> pd.DataFrame:
    """Draw the ratios of a vehicle and some doses: residual log SD 0.3, block log SD 0.5."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng([seed, 7])
        for replicate in range(replicates):
            scale = np.exp(0.5 * rng.standard_normal())
            for number, fold in enumerate((1.0, *folds), start=1):
                ratio = scale * fold * np.exp(0.3 * rng.standard_normal())
                what = {"treatment": "baricitinib", "dose": 10.0 ** (number - 1)}
                what = what if number > 1 else {"treatment": "vehicle", "dose": 0.0}
                rows.append(_lane(seed, replicate, number, **what, ratio=ratio, ratio_se=0.01 * ratio))
    return pd.DataFrame(rows)


def _parts(studies: int) -> Iterator[range]:
    for start in range(0, studies, _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, studies))


def score_curves(truth: Curve, studies: int, **options: str) -> dict[str, float]:
    """Share of studies whose interval of the IC50 holds the truth, and that say replicates differ."""
    parts = []
    for seeds in _parts(studies):
        folds = bq.normalise(draw_curves(truth, seeds), group_by=_BY)
        parts.append(bq.fit_dose_response(folds, group_by=_BY, **options).potencies)
    found = pd.concat(parts)
    inside = (found["ci_low"] <= truth.ic50) & (truth.ic50 <= found["ci_high"])
    return {
        "cover_ic50": float(inside.mean()),
        "bias_ic50": float(np.log(found["ic50"] / truth.ic50).median()),
        "said_replicates_differ": float(found["note"].str.contains("replicates differ").mean()),
        "undetermined": float(found["ic50"].isna().mean()),
    }


def score_ratios(truth: Curve, other: float, studies: int) -> dict[str, float]:
    """Share of studies whose interval of the ratio of two treatments' IC50s holds the truth.

    It is a profile interval even where those of the curves, which cost more, are not.
    """
    parts = []
    for seeds in _parts(studies):
        folds = bq.normalise(draw_curves(replace(truth, other=other), seeds), group_by=_BY)
        parts.append(bq.fit_dose_response(folds, group_by=_BY, interval="wald").curves)
    curves = pd.concat(parts)
    found = curves[curves["parameter"] == "ic50_ratio_to_baricitinib"]
    ratio = other / truth.ic50
    return {
        "cover_ratio": float(((found["ci_low"] <= ratio) & (ratio <= found["ci_high"])).mean()),
        "bias_ratio": float(np.log(found["value"] / ratio).median()),
        "given": len(found) / studies,
    }


def score_groups(folds: Sequence[float], studies: int, *, replicates: int = 3) -> dict[str, float]:
    """Familywise error (or the share with any finding), power at the last dose, coverage of the folds.

    ``cover_group`` is that of the geometric mean's interval, one group at a time; ``cover_family`` that of all
    intervals of a family together, as Dunnett's adjustment promises.
    """
    groups, tests = [], []
    for seeds in _parts(studies):
        lanes = bq.normalise(draw_groups(folds, seeds, replicates=replicates), group_by=_BY)
        groups.append(bq.summarise(lanes, group_by=_BY))
        tests.append(bq.compare_groups(lanes, group_by=_BY).assign(study=lambda t: _study_of(t, seeds)))  # noqa: B023
    truth = dict(zip(10.0 ** np.arange(1, len(folds) + 1), folds, strict=True))
    dosed = pd.concat(groups).query("dose > 0")
    pairs = pd.concat(tests).query("method.str.startswith('Dunnett')")
    return {
        "any_finding": float((pairs["p_adjusted"] < 0.05).groupby(pairs["study"]).any().mean()),
        "found_last_dose": float((pairs.loc[pairs["dose"] == max(truth), "p_adjusted"] < 0.05).mean()),
        "cover_group": float(_inside(dosed, truth).mean()),
        "cover_family": float(_inside(pairs, truth).groupby(pairs["study"]).all().mean()),
    }


def _study_of(tests: pd.DataFrame, seeds: range) -> pd.Series:
    """Studies stand one after the other, each with as many rows."""
    each = len(tests) // len(seeds)
    return pd.Series(np.repeat(list(seeds), each), index=tests.index)


def _inside(found: pd.DataFrame, truth: dict[float, float]) -> pd.Series:
    known = found["dose"].map(truth)
    return (found["ci_low"] <= known) & (known <= found["ci_high"])


_NONE = (1.0, 1.0, 1.0, 1.0)
_ABSOLUTE = "absolute IC50 44 nM, doses 1 to 10 000 nM"
_LINES: dict[str, Callable[[int], dict[str, float]]] = {
    "IC50 44 nM, doses 1 to 10 000 nM": lambda n: score_curves(Curve(), n),
    "IC50 5 nM, five doses near zero activity": lambda n: score_curves(Curve(ic50=5.0), n),
    "IC50 44 nM, errors not told": lambda n: score_curves(Curve(errors=False), n),
    "IC50 44 nM, replicates differ by 0.2 (ln)": lambda n: score_curves(Curve(differ=0.2), n),
    "IC50 44 nM, replicates differ by 0.4 (ln)": lambda n: score_curves(Curve(differ=0.4), n),
    "IC50 44 nM, six replicates differ by 0.4 (ln)": lambda n: score_curves(Curve(replicates=6, differ=0.4), n),
    _ABSOLUTE: lambda n: score_curves(Curve(), n, ic50="absolute"),
    "absolute IC50 5 nM, doses 1 to 10 000 nM": lambda n: score_curves(Curve(ic50=5.0), n, ic50="absolute"),
    "IC50 ratio of 440 to 44 nM on one membrane": lambda n: score_ratios(Curve(), 440.0, n),
    "4 doses + vehicle, no effect": lambda n: score_groups(_NONE, n),
    "4 doses + vehicle, 60 % inhibition at the top": lambda n: score_groups((0.9, 0.8, 0.6, 0.4), n),
}


def table(studies: int, lines: Sequence[str] = tuple(_LINES)) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each line as it is done."""
    for line in lines:
        yield line, _LINES[line](studies)


def main() -> None:
    """Print coverage, error and power."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.coverage", description=__doc__)
    parser.add_argument("studies", type=int, nargs="?", default=2000)
    parser.add_argument("--only", default="", help="lines whose name holds this text")
    options = parser.parse_args()
    began = time.perf_counter()
    for line, figures in table(options.studies, [name for name in _LINES if options.only in name]):
        told = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"{line:48s} {told}   ({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
