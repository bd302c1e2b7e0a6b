"""A result made of drawn numbers, for tests of what shows results: no pixel is measured here."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd

from blotquant import tables
from blotquant.blot import Blot
from blotquant.figures.pictures import Picture, display_picture
from blotquant.settings import Settings

DOSES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
IC50 = 44.0
_PITCH, _TOP, _ROWS = 44, 60, 150


@dataclasses.dataclass(frozen=True)
class Plan:
    """What the drawn study holds."""

    targets: tuple[str, ...] = ("STAT3",)
    treatments: tuple[str, ...] = ("baricitinib",)
    doses: tuple[float, ...] = DOSES
    replicates: int = 3
    stimulus: str = "IL-6"
    vehicle: str = "vehicle"
    missing: tuple[float, ...] = ()
    seed: int = 0
    pictures: bool = True

    @property
    def lanes(self) -> list[tuple[str, str, float]]:
        """Stimulus, treatment and dose of each lane of a membrane."""
        lanes = [("none", self.vehicle, 0.0), (self.stimulus, self.vehicle, 0.0)]
        return lanes + [(self.stimulus, drug, dose) for drug in self.treatments for dose in self.doses]


_BLANK = {"text": "", "flags": "", "curve": "", "float": np.nan, "int": 0, "bool": False}


def _table(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Check a table, declared columns that matter to no picture left blank."""
    blank = {column.name: _BLANK[column.kind] for column in tables.TABLES[name].columns if column.name not in rows}
    return tables.check(rows.assign(**blank), name)


def _activity(stimulus: str, dose: float, place: int) -> float:
    if stimulus == "none":
        return 0.02
    return 0.02 + 0.98 / (1.0 + dose / (IC50 * 3.0**place))


def _ratios(plan: Plan) -> pd.DataFrame:
    rng = np.random.default_rng(plan.seed)
    rows = []
    for target in plan.targets:
        for replicate in range(1, plan.replicates + 1):
            scale = rng.lognormal(0, 0.3)
            for lane, (stimulus, drug, dose) in enumerate(plan.lanes, start=1):
                place = plan.treatments.index(drug) if drug in plan.treatments else 0
                total = rng.lognormal(np.log(2e5), 0.15)
                share = _activity(stimulus, dose, place) * rng.lognormal(0, 0.12) + rng.normal(0, 0.01)
                phospho, se = scale * share * total, 900.0
                low = phospho < 10 * se / 3
                rows.append(
                    {
                        "membrane": f"{target} blot {replicate}",
                        "lane": lane,
                        "sample": f"L{lane}",
                        "stimulus": stimulus,
                        "treatment": drug,
                        "dose": dose,
                        "dose_unit": "nM",
                        "replicate": f"r{replicate}",
                        "technical": "1",
                        "role": "sample" if dose else ("minimum" if stimulus == "none" else "maximum"),
                        "target": target,
                        "site": "Y705",
                        "quantity": "P/S",
                        "phospho": phospho,
                        "phospho_se": se,
                        "total": total,
                        "total_se": 1200.0,
                        "loading": 1.0,
                        "ratio": phospho / total,
                        "ratio_se": se / total,
                        "ratio_loq": 10 * se / 3 / total,
                        "bound": "",
                        "detected": phospho > se,
                        "flags": "below_loq" if low else "",
                    }
                )
    out = pd.DataFrame(rows)
    return out[~out["dose"].isin(plan.missing)].reset_index(drop=True)


def _folds(ratios: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    out = ratios.copy()
    block = ["target", "replicate"]
    top = out[out["role"] == "maximum"].set_index(block)["ratio"]
    bottom = out[out["role"] == "minimum"].set_index(block)["ratio"]
    keys = pd.MultiIndex.from_frame(out[block])
    high, low = top.reindex(keys).to_numpy(), bottom.reindex(keys).to_numpy()
    out["reference"] = f"{plan.stimulus} + {plan.vehicle}"
    out["fold"], out["fold_se"] = out["ratio"] / high, out["ratio_se"] / high
    out["percent_activity"] = 100 * (out["ratio"] - low) / (high - low)
    out["percent_inhibition"] = 100 - out["percent_activity"]
    out["response"], out["response_se"] = out["percent_activity"], 100 * out["ratio_se"] / (high - low)
    return out


_KEYS = ["target", "site", "quantity", "stimulus", "treatment"]


def _groups(folds: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for key, group in folds.groupby([*_KEYS, "dose", "dose_unit"], sort=False):
        values = group["fold"].to_numpy()
        n = len(values)
        logs = np.log(values) if (values > 0).all() else np.full(n, np.nan)
        sd = logs.std(ddof=1) if n > 1 else np.nan
        half = 4.303 * sd / np.sqrt(n)
        spread = values.std(ddof=1) if n > 1 else np.nan
        rows.append(
            dict(
                zip([*_KEYS, "dose", "dose_unit"], key, strict=True),
                n=n,
                n_technical=n,
                mean=values.mean(),
                sd=spread,
                sem=spread / np.sqrt(n),
                geometric_mean=np.exp(logs.mean()),
                ci_low=np.exp(logs.mean() - half),
                ci_high=np.exp(logs.mean() + half),
                percent_inhibition=group["percent_inhibition"].mean(),
                flags="few_replicates" if n < 3 else "",
            )
        )
    return _table(pd.DataFrame(rows), "groups")


def _tests(groups: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in groups.itertuples():
        if row.treatment == "vehicle" or row.n < 3:
            continue
        p = float(np.clip(0.4 * row.mean**3, 1e-6, 0.99))
        rows.append(
            {
                "target": row.target,
                "site": row.site,
                "quantity": row.quantity,
                "stimulus": row.stimulus,
                "treatment": row.treatment,
                "dose": row.dose,
                "dose_unit": row.dose_unit,
                "versus": "IL-6 + vehicle",
                "method": "Dunnett on log folds, blocked by replicate",
                "n": row.n,
                "n_versus": row.n,
                "effect": row.mean,
                "ci_low": row.mean * 0.7,
                "ci_high": row.mean * 1.4,
                "statistic": -3.0,
                "dof": 14.0,
                "p": p,
                "p_adjusted": min(1, 3 * p),
                "note": "",
            }
        )
    return _table(pd.DataFrame(rows), "tests") if rows else tables.empty("tests")


def _fits(plan: Plan, folds: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    curves, potencies, points = [], [], []
    for target in plan.targets:
        for place, drug in enumerate(plan.treatments):
            key = {"target": target, "site": "Y705", "quantity": "P/S", "stimulus": plan.stimulus, "treatment": drug}
            ic50 = IC50 * 3.0**place
            high = ic50 * 1.25 if ic50 < max(plan.doses) else np.inf
            for name, value, unit in (
                ("top", 100.0, "%"),
                ("bottom", 0.5, "%"),
                ("ic50", ic50, "nM"),
                ("hill", 1.0, ""),
            ):
                curves.append(
                    key
                    | {
                        "model": "4pl",
                        "parameter": name,
                        "value": value,
                        "se": value * 0.1 + 0.5,
                        "ci_low": value * 0.8 - 1,
                        "ci_high": value * 1.25 + 1,
                        "unit": unit,
                        "note": "",
                    }
                )
            known = np.isfinite(high)
            potencies.append(
                key
                | {
                    "unit": "nM",
                    "ic50": ic50 if known else np.nan,
                    "ci_low": ic50 * 0.8,
                    "ci_high": high,
                    "kind": "relative",
                    "interval": "profile",
                    "hill": 1.0,
                    "n": plan.replicates,
                    "points": len(plan.doses) * plan.replicates,
                    "note": "" if known else f"> {max(plan.doses):g} nM",
                }
            )
            grid = np.concatenate([[0.0], np.geomspace(min(plan.doses) / 2, max(plan.doses) * 2, 60)])
            fitted = 0.5 + 99.5 / (1 + grid / ic50)
            points += [
                key | {"dose": d, "dose_unit": "nM", "fitted": f, "ci_low": f - 6, "ci_high": f + 6}
                for d, f in zip(grid, fitted, strict=True)
            ]
    return (
        _table(pd.DataFrame(curves), "curves"),
        _table(pd.DataFrame(potencies), "potencies"),
        _table(pd.DataFrame(points), "curve_points"),
    )


def _sensitivity(groups: pd.DataFrame) -> pd.DataFrame:
    options = [
        ("background", "joint", True),
        ("background", "plane", False),
        ("background", "local border", False),
        ("background", "rolling ball", False),
        ("normalisation", "reference", True),
        ("normalisation", "sum", False),
        ("normalisation", "alignment", False),
    ]
    rng = np.random.default_rng(5)
    rows = []
    for row in groups.itertuples():
        for choice, option, default in options:
            change = 0.0 if default else float(rng.normal(0, 4))
            fold = row.mean * (1 + change / 100)
            rows.append(
                {
                    **{k: getattr(row, k) for k in [*_KEYS, "dose", "dose_unit"]},
                    "choice": choice,
                    "option": option,
                    "default": default,
                    "n": row.n,
                    "fold": fold,
                    "ci_low": fold * 0.8,
                    "ci_high": fold * 1.25,
                    "change": change,
                }
            )
    return _table(pd.DataFrame(rows), "sensitivity")


def _images(plan: Plan) -> pd.DataFrame:
    rows = []
    for target in plan.targets:
        for replicate in range(1, plan.replicates + 1):
            for form in ("phospho", "total"):
                rows += [
                    {
                        "image": f"r{replicate}_{'p' if form == 'phospho' else ''}{target}.tif",
                        "membrane": f"{target} blot {replicate}",
                        "target": target,
                        "form": form,
                        "site": "Y705" if form == "phospho" else "",
                        "mode": "strip_reprobe",
                        "exposure_s": 30.0,
                        "antibody": "rabbit anti-" + target,
                        "rrid": "AB_2491009",
                        "dilution": "1:2000",
                        "detection": "ECL",
                        "note": "",
                    }
                ]
    return pd.DataFrame(rows)


def _draw(image: str, heights: np.ndarray, seed: int) -> Blot:
    """Pixels with two rows of bands, the first the target's."""
    shape = (_ROWS, _PITCH * len(heights) + 30)
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    pixels = np.random.default_rng(seed).normal(900, 25, shape)
    for lane, height in enumerate(heights):
        centre = 15 + _PITCH * (lane + 0.5)
        across = np.clip((17 - np.abs(cols - centre)) / 4, 0, 1)
        for row, share in ((_TOP, 1.0), (_TOP + 50, 0.25)):
            pixels += height * share * across * np.exp(-0.5 * ((rows - row) / 5.0) ** 2)
    return Blot(image, pixels, bright=True, ceiling=65535.0)


def _lanes_and_bands(plan: Plan, images: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Picture]]:
    lanes, bands, pictures = [], [], {}
    n = len(plan.lanes)
    forms = dict(zip(images["image"], images["form"], strict=True))
    for at, image in enumerate(images.itertuples()):
        shares = np.array([_activity(s, d, 0) for s, _, d in plan.lanes]) if image.form == "phospho" else np.ones(n)
        volumes = 20000.0 * shares * 12.5 * 30
        if plan.pictures:
            same = next((one for name, one in pictures.items() if forms[name] == image.form), None)
            pictures[image.image] = same or display_picture(*[_draw(image.image, 20000.0 * shares, plan.seed + at)] * 2)
            pictures[image.image] = dataclasses.replace(pictures[image.image], image=image.image)
        for lane in range(1, n + 1):
            left = 15 + _PITCH * (lane - 1)
            lanes.append(
                {
                    "image": image.image,
                    "lane": lane,
                    "left": left + 3,
                    "right": left + 41,
                    "top": 0,
                    "bottom": _ROWS,
                    "centre": left + 22,
                    "width": 38.0,
                    "tilt": 0.0,
                    "curve": f"0:{left + 22} {_ROWS}:{left + 22}",
                    "confidence": 0.98,
                    "reason": "",
                    "flags": "",
                }
            )
            for band, row, share in (("1", _TOP, 1.0), ("2", _TOP + 50, 0.25)):
                volume = float(volumes[lane - 1] * share)
                doubt = "saturated;speck" if (at, lane, band) == (0, 2, "1") else ("below_loq" if volume < 2e5 else "")
                bands.append(
                    {
                        "image": image.image,
                        "lane": lane,
                        "band": band,
                        "target": image.target if band == "1" else "",
                        "detected": volume > 4e4,
                        "centre_row": float(row),
                        "centre_col": left + 22.0,
                        "top": row - 16,
                        "bottom": row + 17,
                        "left": left + 3,
                        "right": left + 41,
                        "curve": "",
                        "lean": 0.0,
                        "sigma": 5.0,
                        "score": 20.0,
                        "raw": volume + 1e5,
                        "background": 1e5,
                        "volume": volume,
                        "volume_se": 6e3 + 0.01 * volume,
                        "snr": volume / (6e3 + 0.01 * volume),
                        "height": volume / 375,
                        "lod": 2e4,
                        "loq": 6e4,
                        "saturated": 14 if "saturated" in doubt else 0,
                        "rejected": 0.0,
                        "mass_kda": np.nan,
                        "flags": doubt,
                    }
                )
    return _table(pd.DataFrame(lanes), "lanes"), _table(pd.DataFrame(bands), "bands"), pictures


def _samples(plan: Plan, images: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for at, membrane in enumerate(dict.fromkeys(images["membrane"])):
        for lane, (stimulus, drug, dose) in enumerate(plan.lanes, start=1):
            rows.append(
                {
                    "membrane": membrane,
                    "lane": lane,
                    "treatment": drug,
                    "dose": dose,
                    "dose_unit": "nM",
                    "stimulus": stimulus,
                    "sample": f"L{lane}",
                    "replicate": f"r{at % plan.replicates + 1}",
                    "technical": "1",
                    "role": "sample",
                    "amount_ug": 20.0,
                    "note": "",
                }
            )
    return pd.DataFrame(rows)


def _quality(images: pd.DataFrame) -> pd.DataFrame:
    names = list(images["image"])
    told = (("noise", 24.8), ("lod", 3e3))
    found = [tables.Finding("image", name, what, value) for name in names for what, value in told]
    lossy = "The picture went through JPEG compression; ask for the scanner's own file."
    found.append(tables.Finding("image", names[0], "compression", 1.0, lossy))
    apart = "Z′ of the maximum and minimum controls; above 0.5 is an excellent assay window."
    found.append(tables.Finding("study", "STAT3", "z_prime", 0.71, apart))
    return tables.quality_table(found)


RECORD = {
    "blotquant": "0.1.0",
    "versions": {"blotquant": "0.1.0", "python": "3.11.7", "numpy": "2.1.0", "scipy": "1.14.0"},
    "command": "blotquant quantify study -o out",
    "title": "Baricitinib in HepG2 cells",
    "inputs": {"r1_pSTAT3.tif": "ab" * 32, "samples.csv": "cd" * 32},
    "seed": None,
    "time": "2026-01-05T10:00:00+00:00",
    "warnings": ["Membrane 'STAT3 blot 2': lanes lean by 1.4 degrees."],
    "failures": [],
}


def _profiles(lanes: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Give every lane a level of 500 AU and a peak for each of its bands, as high and thick as the table says."""
    rows, found = np.arange(150.0), []
    for lane in lanes.itertuples():
        mine = bands[(bands["image"] == lane.image) & (bands["lane"] == lane.lane)]
        light = np.full(rows.size, 500.0)
        for band in mine.itertuples():
            light += band.height * np.exp(-0.5 * ((rows - band.centre_row) / band.sigma) ** 2)
        text = " ".join(f"{value:.5g}" for value in light)
        found.append({"image": lane.image, "lane": lane.lane, "first": 0.0, "step": 1.0, "signal": text})
    return _table(pd.DataFrame(found, columns=tables.TABLES["profiles"].names), "profiles")


def with_course(result: SimpleNamespace, times: tuple[float, ...] = (0.0, 5.0, 15.0, 60.0)) -> SimpleNamespace:
    """Add a time to each lane, as if every condition had been loaded at each of them, twice as strong each time."""

    def at_times(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
        parts = [table.assign(time_min=time) for time in times]
        for place, part in enumerate(parts):
            part[list(columns)] *= 2.0**place
        return pd.concat(parts, ignore_index=True)

    result.folds = at_times(result.folds, ("fold", "fold_se", "ratio", "ratio_se"))
    result.groups = at_times(result.groups, ("mean", "sd", "sem", "geometric_mean", "ci_low", "ci_high"))
    result.sensitivity = at_times(result.sensitivity, ("fold", "ci_low", "ci_high"))
    return result


def drawn_result(plan: Plan | None = None) -> SimpleNamespace:
    """Return every table of a result, its pictures, settings and record."""
    plan = plan or Plan()
    images = _images(plan)
    lanes, bands, pictures = _lanes_and_bands(plan, images)
    ratios = _ratios(plan)
    folds = _folds(ratios, plan)
    groups = _groups(folds)
    curves, potencies, points = _fits(plan, folds)
    return SimpleNamespace(
        lanes=lanes,
        bands=bands,
        ratios=_table(ratios, "ratios"),
        folds=_table(folds, "folds"),
        groups=groups,
        tests=_tests(groups),
        curves=curves,
        potencies=potencies,
        curve_points=points,
        sensitivity=_sensitivity(groups),
        calibration=tables.empty("calibration"),
        profiles=_profiles(lanes, bands),
        corrections=tables.empty("corrections"),
        quality=_quality(images),
        images=images,
        samples=_samples(plan, images),
        settings=Settings(),
        record=dict(RECORD),
        pictures=pictures,
    )


def measured_only(plan: Plan | None = None) -> SimpleNamespace:
    """Return a result of `measure`: lanes and bands, nothing after them."""
    result = drawn_result(plan)
    for name in tables.TABLES:
        if name not in ("lanes", "bands", "quality", "profiles"):
            setattr(result, name, tables.empty(name))
    result.samples = result.samples.iloc[:0]
    return result


def fitted_only() -> SimpleNamespace:
    """Return a result of `fit`: responses as folds, curves and potencies; no picture, no lane."""
    result = drawn_result(Plan(pictures=False))
    for name in ("lanes", "bands", "profiles", "ratios", "groups", "tests", "sensitivity"):
        setattr(result, name, tables.empty(name))
    result.quality = result.quality[result.quality["scope"] == "study"].reset_index(drop=True)
    result.images, result.samples = pd.DataFrame(), pd.DataFrame()
    return result


def with_dilutions(result: SimpleNamespace) -> SimpleNamespace:
    """Say that the first lanes of the first membrane hold 2.5, 5, 10 … µg, and what was made of that."""
    if not len(result.images) or not len(result.samples):
        return result
    first = result.images.iloc[0]
    mine = (result.samples["membrane"] == first["membrane"]) & (result.samples["lane"] <= 9)
    amounts = 2.5 * 2.0 ** np.arange(mine.sum())
    result.samples.loc[mine, "role"] = "standard"
    result.samples.loc[mine, "amount_ug"] = amounts
    told = {"range_low": 2.5, "range_high": float(amounts[len(amounts) // 2]), "slope": 1e5}
    rows = pd.DataFrame({"parameter": list(told), "value": list(told.values())})
    known = {"scope": "image", "name": first["image"], "kind": "linearity", "x": np.nan, "se": np.nan}
    result.calibration = _table(rows.assign(**known, unit="", note=""), "calibration")
    return result
