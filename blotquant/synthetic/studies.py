"""simulate_study(): a baricitinib study as a lab would run it, image files, lane sheet and truth included."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import SettingsError
from ..tables import to_csv_bytes
from .drawing import Drawn, draw
from .knobs import Camera, Layout, Membrane
from .saving import write_picture

__all__ = ["DOSES", "Design", "DrawnStudy", "draw_study", "simulate_study"]

DOSES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Baricitinib of a drawn study [nM]."""

_LADDER = {180: 0.5, 130: 0.7, 100: 0.6, 70: 1.6, 55: 0.7, 40: 0.6, 35: 0.6, 25: 0.8}
_MASS = {"target": 86.0, "upper": 150.0, "lower": 50.0}  # STAT3 and two bands that the antibodies see besides [kDa]
_FULL = 1.5e6  # volume of a full band [AU px]
_CAMERA = Camera(gain=0.2, read_noise=4.0)
_GROUND = Membrane(unevenness=0.06, gradient=0.08, haze=0.02, bleed=0.01, dust=6, specks=3)
_RATIO_COLUMNS = [
    *("membrane", "lane", "stimulus", "treatment", "dose", "dose_unit", "replicate", "phospho", "total"),
    *("ratio", "activity", "deviation", "loading"),
]
_TOML = """title = "Baricitinib on IL-6 signalling: pSTAT3 / STAT3 (drawn)"

[control]
maximum = { treatment = "vehicle", stimulus = "IL-6" }
minimum = { stimulus = "none" }
"""
_TOML_MASS = """
[mass]
ladder = "PageRuler 26616"
buffer = "Tris-glycine"
"""


@dataclass(frozen=True)
class Design:
    """What a drawn study is about.

    Parameters
    ----------
    replicates : int
        Biological replicates, each on a membrane of its own.
    doses : sequence of float
        Baricitinib [nM].
    ic50 : float
        True dose that halves what IL-6 adds [nM].
    hill : float
        True steepness.
    basal : float
        Activity without IL-6 and at an endless dose, as a share of the vehicle's.
    spread : float
        Biological deviation of a lane's ratio: standard deviation of its logarithm.
    ladder : bool
        Ladder lanes at both sides.
    """

    replicates: int = 3
    doses: Sequence[float] = DOSES
    ic50: float = 44.0
    hill: float = 1.0
    basal: float = 0.02
    spread: float = 0.12
    ladder: bool = False


@dataclass(frozen=True)
class DrawnStudy:
    """A drawn study: pictures, the tables a user would have written, and the truth.

    Parameters
    ----------
    pictures : mapping of str to Drawn
        File name → picture with its truth.
    images, samples : DataFrame
        As ``images.csv`` and ``samples.csv``.
    ratios : DataFrame
        Truth, one row a sample lane: `membrane`, `lane`, `treatment`, `dose` …, `phospho` and `total`, the true
        volumes [AU px]; `ratio`, what a perfect measurement would find; `activity`, what the curve says without the
        lane's biological deviation; `deviation`, that deviation as a factor; `loading`, the lane's load as a factor.
    toml : str
        Text of ``study.toml``.
    """

    pictures: Mapping[str, Drawn]
    images: pd.DataFrame
    samples: pd.DataFrame
    ratios: pd.DataFrame
    toml: str

    def save(self, folder: str | Path) -> Path:
        """Write the study folder with its truth and return it; made when it is not there."""
        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        for name, drawn in self.pictures.items():
            write_picture(drawn.blot, out / name)
        truth = pd.concat([drawn.bands for drawn in self.pictures.values()], ignore_index=True)
        for name, table in (
            ("images.csv", self.images),
            ("samples.csv", self.samples),
            ("truth_bands.csv", truth),
            ("truth_ratios.csv", self.ratios),
        ):
            (out / name).write_bytes(to_csv_bytes(table))
        (out / "study.toml").write_text(self.toml, encoding="utf-8", newline="\n")
        return out


def _height(mass_kda: float | np.ndarray, rows: int) -> np.ndarray:
    """Where a mass runs: linear in its logarithm, 200 kDa near the top and 22 kDa near the bottom [px]."""
    run = np.log(200.0 / np.asarray(mass_kda, float)) / np.log(200.0 / 22.0)
    place: np.ndarray = rows * (0.06 + 0.88 * run)
    return place


def _lane_sheet(doses: Sequence[float], ladder: bool) -> pd.DataFrame:
    """One row a lane: unstimulated, vehicle, then the doses; ladders in the first and the last lane if asked."""
    stimulus = ["none", *["IL-6"] * (len(doses) + 1)]
    treatment = ["vehicle", "vehicle", *["baricitinib"] * len(doses)]
    sheet = pd.DataFrame({"stimulus": stimulus, "treatment": treatment, "dose": [np.nan, np.nan, *doses]})
    sheet["role"] = "sample"
    if ladder:
        mark = pd.DataFrame({"stimulus": [""], "treatment": ["ladder"], "dose": [np.nan], "role": ["ladder"]})
        sheet = pd.concat([mark, sheet, mark], ignore_index=True)
    sheet.insert(0, "lane", np.arange(1, len(sheet) + 1))
    sheet["dose_unit"] = np.where(sheet["dose"].notna(), "nM", "")
    return sheet


def _lane_truth(sheet: pd.DataFrame, design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the true loading, activity, biological deviation and volumes of every sample lane of one membrane."""
    lanes = sheet[sheet["role"] != "ladder"].copy()
    count = len(lanes)
    dose = lanes["dose"].fillna(0.0).to_numpy()
    left = np.where(lanes["stimulus"] == "none", 0.0, 1.0 / (1.0 + (dose / design.ic50) ** design.hill))
    lanes["activity"] = design.basal + (1.0 - design.basal) * left
    lanes["loading"] = np.exp(rng.normal(0.0, 0.15, count))
    lanes["deviation"] = np.exp(rng.normal(0.0, design.spread, count))
    scale = np.exp(rng.normal(0.0, 0.3, 2))
    lanes["phospho"] = _FULL * scale[0] * lanes["loading"] * lanes["activity"] * lanes["deviation"]
    lanes["total"] = _FULL * scale[1] * lanes["loading"]
    lanes["ratio"] = lanes["phospho"] / lanes["total"]
    return lanes


def _membrane_bands(
    truth: pd.DataFrame, sheet: pd.DataFrame, rows: int, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Make the true bands of the phospho and the total picture of one membrane, at the same places."""
    lanes = truth["lane"].to_numpy()
    common = {
        "sigma": rng.uniform(3.0, 3.8),
        "skew": rng.uniform(-0.1, 0.1),
        "curl": rng.uniform(-0.8, 0.8),
        "shift": rng.normal(0.0, 0.5, len(lanes)),
        "slant": rng.uniform(-0.5, 0.5, len(lanes)),
        "phase": rng.uniform(-3.0, 3.0, len(lanes)),
    }
    side = {"upper": rng.uniform(0.02, 0.06, 2), "lower": rng.uniform(0.05, 0.25, 2)}
    marks = pd.MultiIndex.from_product(
        [sheet.loc[sheet["role"] == "ladder", "lane"], _LADDER], names=["lane", "mass_kda"]
    )
    ladder = marks.to_frame(index=False).assign(target="", role="ladder")
    ladder["volume"] = ladder["mass_kda"].map(_LADDER) * 0.4 * _FULL
    pictures = {}
    for index, form in enumerate(("phospho", "total")):
        parts = [ladder]
        for name, mass_kda in _MASS.items():
            volume = truth[form] if name == "target" else side[name][index] * _FULL * truth["loading"]
            part = pd.DataFrame({"lane": lanes, "mass_kda": mass_kda, "volume": volume.to_numpy(), **common})
            parts.append(part.assign(target="STAT3" if name == "target" else "", role="sample"))
        bands = pd.concat([part for part in parts if len(part)], ignore_index=True).sort_values(
            ["lane", "mass_kda"], ascending=[True, False]
        )
        bands["row"] = _height(bands["mass_kda"].to_numpy(), rows)
        bands["band"] = bands["mass_kda"].rank(method="dense", ascending=False).astype(int).astype(str)
        pictures[form] = bands
    return pictures


def _membrane_layout(n_lanes: int, rng: np.random.Generator) -> Layout:
    return Layout(
        n_lanes=n_lanes,
        margin=0.06,
        filling=0.68,
        spacing=0.02,
        tilt=float(rng.uniform(-0.8, 0.8)),
        smile=float(rng.uniform(-4.0, 4.0)),
        lean=float(rng.uniform(-3.0, 3.0)),
        bow=float(rng.uniform(-1.0, 1.0)),
    )


def _membrane_pictures(
    truth: pd.DataFrame, sheet: pd.DataFrame, replicate: int, seed: int, family: str, shape: tuple[int, int]
) -> dict[str, Drawn]:
    """Draw the phospho and the total picture of one membrane."""
    rng = np.random.default_rng([seed, 8, replicate])
    layout = _membrane_layout(len(sheet), rng)
    pictures = {}
    for index, (form, bands) in enumerate(_membrane_bands(truth, sheet, shape[0], rng).items()):
        name = f"{'pSTAT3' if form == 'phospho' else 'STAT3'}_rep{replicate}.tif"
        place = 1000 * seed + 10 * replicate
        pictures[name] = draw(
            bands,
            layout=layout,
            membrane=dataclasses.replace(_GROUND, base=float(rng.uniform(250.0, 450.0))),
            camera=_CAMERA,
            family=family,
            shape=shape,
            seed=place,
            image_seed=place + 1 + index,
            name=name,
        )
    return pictures


def _image_sheet(replicates: int, ladder: bool) -> pd.DataFrame:
    rows = [
        (f"{image}_rep{number}.tif", f"rep{number}", "STAT3", form, site, "strip_reprobe")
        for number in range(1, replicates + 1)
        for image, form, site in (("pSTAT3", "phospho", "Y705"), ("STAT3", "total", ""))
    ]
    sheet = pd.DataFrame(rows, columns=["image", "membrane", "target", "form", "site", "mode"])
    return sheet.assign(mass_kda=_MASS["target"]) if ladder else sheet


def _sample_sheet(sheet: pd.DataFrame, replicates: int) -> pd.DataFrame:
    parts = [sheet.assign(membrane=f"rep{number}", replicate=str(number)) for number in range(1, replicates + 1)]
    columns = ["membrane", "lane", "stimulus", "treatment", "dose", "dose_unit", "replicate", "role"]
    return pd.concat(parts, ignore_index=True)[columns]


def draw_study(
    design: Design | None = None,
    *,
    seed: int = 0,
    family: str = "flat",
    shape: tuple[int, int] = (420, 720),
) -> DrawnStudy:
    """Draw a study: pSTAT3 and STAT3 of each biological replicate; options as in `simulate_study`.

    Raises
    ------
    SettingsError
        The family is unknown, or there is no replicate or dose.
    """
    design = design or Design()
    if design.replicates < 1 or not len(design.doses):
        raise SettingsError("a drawn study needs at least one replicate and one dose")
    sheet = _lane_sheet(design.doses, design.ladder)
    pictures: dict[str, Drawn] = {}
    truths = []
    for number in range(1, design.replicates + 1):
        truth = _lane_truth(sheet, design, np.random.default_rng([seed, 7, number]))
        truths.append(truth.assign(membrane=f"rep{number}", replicate=str(number)))
        pictures |= _membrane_pictures(truth, sheet, number, seed, family, shape)
    return DrawnStudy(
        pictures=pictures,
        images=_image_sheet(design.replicates, design.ladder),
        samples=_sample_sheet(sheet, design.replicates),
        ratios=pd.concat(truths, ignore_index=True)[_RATIO_COLUMNS],
        toml=_TOML + (_TOML_MASS if design.ladder else ""),
    )


def simulate_study(
    folder: str | Path,
    *,
    seed: int = 0,
    design: Design | None = None,
    family: str = "flat",
    shape: tuple[int, int] = (420, 720),
) -> Path:
    """Draw a baricitinib study as a lab would run it and write its folder.

    Each biological replicate is a membrane with the lanes unstimulated, IL-6 + vehicle and IL-6 + baricitinib,
    probed for pSTAT3 (Y705), stripped and probed for STAT3. Loads differ from lane to lane, scales from membrane to
    membrane, and every lane's ratio carries a biological deviation.

    Parameters
    ----------
    folder : path
        Where the pictures, ``images.csv``, ``samples.csv``, ``study.toml``, ``truth_bands.csv`` and
        ``truth_ratios.csv`` go; made when it is not there.
    seed : int
        The same seed writes the same bytes.
    design : Design, optional
        Replicates, doses, true IC50 and spread.
    family : str
        Band shapes: ``flat`` or ``foreign``.
    shape : tuple of int
        Rows and columns of a picture [px].

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SettingsError
        The family is unknown, or there is no replicate or dose.
    """
    return draw_study(design, seed=seed, family=family, shape=shape).save(folder)
