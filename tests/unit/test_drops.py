"""Phospho and total pictures of one membrane that lie higher or lower than each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant.errors import QualityWarning
from blotquant.pipeline import quantify
from blotquant.settings import from_mapping
from blotquant.study import read_study
from blotquant.synthetic import Camera, Layout, Membrane, draw, write_picture

ACTIVITY = np.array([1.0, 0.9, 0.6, 0.3, 0.1, 0.05])
SETTINGS = from_mapping({"report": {"sensitivity": False}})


def drawn_study(folder: Path, down: float, others: tuple[tuple[float, float], ...], *, seed: int = 1) -> Path:
    """Draw total, and phospho so much lower, with further rows (place, share) in both; their target is row 170."""
    folder.mkdir()
    lane = np.arange(1, 7)
    for image, activity, lower, probing in (("p.tif", ACTIVITY, down, 2), ("t.tif", np.ones(6), 0.0, 3)):
        rows = [(170.0, 1.5e6 * activity), *((row, np.full(6, 1.5e6 * share)) for row, share in others)]
        table = [
            pd.DataFrame({"lane": lane, "band": str(n + 1), "row": row, "volume": volume, "sigma": 3.3})
            for n, (row, volume) in enumerate(rows)
        ]
        picture = draw(
            pd.concat(table, ignore_index=True),
            layout=Layout(n_lanes=6, margin=0.06, filling=0.68, smile=3.0, down=lower),
            membrane=Membrane(unevenness=0.05, haze=0.02),
            camera=Camera(gain=0.2, read_noise=4.0),
            shape=(400, 480),
            seed=seed,
            image_seed=10 * seed + probing,
            name=image,
        )
        write_picture(picture.blot, folder / image)
    images = {"image": ["p.tif", "t.tif"], "membrane": "m", "target": "X", "form": ["phospho", "total"]}
    pd.DataFrame(images).to_csv(folder / "images.csv", index=False)
    doses = {"dose": [np.nan, 1, 10, 100, 1000, 10000], "treatment": ["vehicle"] + ["drug"] * 5}
    pd.DataFrame({"membrane": "m", "lane": lane, **doses}).to_csv(folder / "samples.csv", index=False)
    return folder


@pytest.mark.parametrize("others", [((230.0, 0.3),), ((90.0, 0.08), (300.0, 0.2))], ids=["two", "three"])
@pytest.mark.parametrize("down", [-60.0, -15.0, 28.0, 58.0])
def test_a_picture_that_lies_higher_or_lower_is_matched_row_for_row(
    tmp_path: Path, down: float, others: tuple[tuple[float, float], ...]
) -> None:
    study = read_study(drawn_study(tmp_path / "study", down, others))
    with pytest.warns(QualityWarning, match=rf"t.tif lies {abs(down):.0f} px {'higher' if down > 0 else 'lower'}"):
        result = quantify(study, settings=SETTINGS)
    ratios = result.ratios.loc[result.ratios["quantity"] == "P/S", "ratio"].to_numpy()
    np.testing.assert_allclose(ratios / ratios[0], ACTIVITY, rtol=0.02)
    target = result.bands[result.bands["target"] == "X"].groupby("image")["centre_row"].median()
    assert target["p.tif"] - target["t.tif"] == pytest.approx(down, abs=0.7)
    assert target["t.tif"] == pytest.approx(170.0, abs=2.0)
    drop = result.quality[result.quality["measure"] == "drop"]
    assert (drop["name"].item(), drop["value"].item()) == ("t.tif", pytest.approx(-down, abs=1.0))


def test_bands_that_come_back_from_their_files_lie_where_they_lay(tmp_path: Path) -> None:
    study = read_study(drawn_study(tmp_path / "study", 30.0, ((90.0, 0.08), (300.0, 0.2))))
    with pytest.warns(QualityWarning, match="30 px higher"):
        first = quantify(study, settings=SETTINGS, until="bands")
    with pytest.warns(QualityWarning, match="30 px higher"):
        again = quantify(study, settings=SETTINGS, start=first)
    columns = ["image", "lane", "band", "centre_row", "top", "volume", "curve"]
    pd.testing.assert_frame_equal(first.bands[columns], again.bands[columns])


@pytest.mark.parametrize("change", ["still", "two_colour", "other target"])
def test_rows_that_do_not_coincide_are_no_shift_by_themselves(tmp_path: Path, change: str) -> None:
    folder = drawn_study(tmp_path / "study", 0.0 if change == "still" else 30.0, ((300.0, 0.2),))
    images = pd.read_csv(folder / "images.csv")
    if change == "two_colour":
        images["mode"] = "two_colour"
    if change == "other target":
        images["target"] = ["STAT3", "GAPDH"]
    images.to_csv(folder / "images.csv", index=False)
    result = quantify(read_study(folder), settings=SETTINGS, until="bands")
    assert not (result.quality["measure"] == "drop").any()


@pytest.mark.filterwarnings("ignore:X on m. the reference")  # its bands lie on blank membrane
def test_one_row_of_each_is_no_shift_since_it_may_be_of_another_protein(tmp_path: Path) -> None:
    study = read_study(drawn_study(tmp_path / "study", 50.0, ()))
    with pytest.warns(QualityWarning, match=r"no row is detected in both 'p.tif' and 't.tif'.*lies higher"):
        result = quantify(study, settings=SETTINGS)
    assert not (result.quality["measure"] == "drop").any()
    assert not result.ratios["detected"].any()


@pytest.mark.parametrize(
    ("column", "values"),
    [("row", [2, 1]), ("row", [2, np.nan]), ("row", [np.nan, 1]), ("mass_kda", [88, np.nan]), ("mass_kda", [88, 88])],
)
def test_images_whose_row_is_named_stay_as_they_lie(tmp_path: Path, column: str, values: list[float]) -> None:
    folder = drawn_study(tmp_path / "study", 30.0, ((300.0, 0.2),))
    images = pd.read_csv(folder / "images.csv")
    images.assign(**{column: values}).to_csv(folder / "images.csv", index=False)
    result = quantify(read_study(folder), settings=SETTINGS, until="bands")
    assert not (result.quality["measure"] == "drop").any()
    assert result.bands["band"].nunique() == 4  # rows are counted as they lie: 170, 200, 300, 330


@pytest.mark.parametrize("second", ["X", "Y"])
def test_an_image_listed_for_two_targets_has_partners_of_both(tmp_path: Path, second: str) -> None:
    folder = drawn_study(tmp_path / "study", 30.0, ((300.0, 0.2),))
    images = pd.read_csv(folder / "images.csv").iloc[[0, 1, 1]]
    images["target"] = ["X", second, "X" if second == "Y" else "Y"]
    images.to_csv(folder / "images.csv", index=False)
    with pytest.warns(QualityWarning, match="t.tif lies 30 px higher than p.tif"):
        quantify(read_study(folder), settings=SETTINGS, until="bands")
