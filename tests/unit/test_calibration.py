"""Mass ladders and dilution series: answers known by hand, by drawing, and from NIST."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.bands import find_bands
from blotquant.blot import Blot
from blotquant.calibration import (
    MASS_MODELS,
    assign_ladder,
    calibrate_mass,
    fit_linear_range,
    fit_response,
    ladder_masses,
    ladders,
    merge_exposures,
)
from blotquant.calibration.ladders import choose_mass_model
from blotquant.calibration.linearity import fit_line
from blotquant.conditions import complete
from blotquant.errors import FitError, QualityWarning, ReadError, SettingsError, TableError
from blotquant.flags import Flag, has_flag
from blotquant.integration import integrate
from blotquant.lanes import find_lanes
from blotquant.orientation import orient
from blotquant.tables import check

# NIST StRD Norris, x and y; certified: intercept -0.262323073774029, slope 1.00211681802045
NORRIS = """0.2 0.1 337.4 338.8 118.2 118.1 884.6 888.0 10.1 9.2 226.5 228.1 666.3 668.5 996.3 998.5 448.6 449.1
777.0 778.9 558.2 559.2 0.4 0.3 0.6 0.1 775.5 778.1 666.9 668.8 338.0 339.3 447.5 448.9 11.6 10.8
556.0 557.7 228.1 228.3 995.8 998.0 887.6 888.8 120.2 119.6 0.3 0.3 0.3 0.6 556.8 557.6 339.1 339.3
887.2 888.0 999.0 998.5 779.0 778.9 11.1 10.2 118.3 117.6 229.2 228.9 669.1 668.4 448.9 449.2 0.5 0.2"""


def position(masses: np.ndarray, bend: float = 0.0) -> np.ndarray:
    """Where masses run on a gel: linear in their logarithm, or bent."""
    run = np.log(300.0 / np.asarray(masses)) / np.log(300.0 / 8.0)
    return 400.0 * (run + bend * run * (1 - run))


def membrane(rows: dict[int, list[float]], image: str = "a", columns: float = 50.0) -> pd.DataFrame:
    """Bands of lanes at given rows."""
    table = pd.DataFrame(
        [
            {"image": image, "lane": lane, "band": str(n + 1), "centre_row": row, "centre_col": columns * lane}
            for lane, places in rows.items()
            for n, row in enumerate(places)
        ]
    )
    return check(complete(table.assign(detected=True, volume=1.0, volume_se=0.1), "bands"), "bands")


def sheet(roles: list[str], membrane_name: str = "m") -> pd.DataFrame:
    return pd.DataFrame({"membrane": membrane_name, "lane": np.arange(1, len(roles) + 1), "role": roles})


def test_every_shipped_ladder_falls_and_names_its_source() -> None:
    assert len(ladders()) >= 10
    for ladder in ladders():
        assert np.all(np.diff(ladder.masses) < 0)
        assert ladder.buffer
        assert "https://" in ladder.source


def test_a_ladder_is_found_by_product_number_or_both() -> None:
    wanted = (250.0, 130.0, 100.0, 70.0, 55.0, 35.0, 25.0, 15.0, 10.0)
    for name in ("PageRuler Plus", "26619", "pageruler-plus 26619"):
        assert ladder_masses(name, "tris glycine") == wanted
    assert ladder_masses([10, 100, 50]) == (100.0, 50.0, 10.0)


@pytest.mark.parametrize(("name", "buffer"), [("Page Ruler Minus", ""), ("PageRuler", ""), ("PageRuler", "TAE")])
def test_an_unknown_ladder_or_gel_system_is_refused(name: str, buffer: str) -> None:
    with pytest.raises(TableError, match=r"PageRuler|Tris-glycine"):
        ladder_masses(name, buffer)


EACH = list({ladder.masses: ladder for ladder in ladders()}.values())  # equal masses need no second look


@pytest.mark.parametrize("ladder", EACH, ids=lambda ladder: f"{ladder.product} {ladder.buffer}")
def test_a_ladder_with_two_bands_missing_is_assigned_right(ladder) -> None:
    rng = np.random.default_rng(5)
    masses = np.array(ladder.masses)
    for _ in range(3):
        places = position(masses)
        places = places + rng.normal(0.0, 0.03 * np.median(np.diff(places)), len(masses))
        kept = np.sort(rng.choice(len(masses), len(masses) - 2, replace=False))
        assert list(assign_ladder(np.sort(places[kept]), masses)) == list(kept)


# five bands, as are left of the shortest ladder, cannot tell a bend from noise in every draw
BENDS = [(ladder, bend) for ladder in EACH for bend in (0.0, 0.2, -0.2) if bend == 0 or len(ladder.masses) > 7]


@pytest.mark.parametrize(
    ("ladder", "bend"), BENDS, ids=[f"{ladder.product} {ladder.buffer} {bend}" for ladder, bend in BENDS]
)
def test_masses_of_straight_and_bent_gels_are_right_within_two_percent_with_two_bands_missing(ladder, bend) -> None:
    rng = np.random.default_rng(11)
    masses, errors = np.array(ladder.masses), []
    for _ in range(8):
        places = position(masses, bend)
        places = places + rng.normal(0.0, 0.03 * np.median(np.diff(places)), len(masses))
        kept = np.sort(rng.choice(len(masses), len(masses) - 2, replace=False))
        asked = np.geomspace(masses[kept[0]] / 1.02, masses[kept[-1]] * 1.02, 12)
        bands = membrane({1: sorted(places[kept]), 2: list(position(asked, bend))})
        told, _ = calibrate_mass(bands, sheet(["ladder", "sample"]), ladder=ladder.product, buffer=ladder.buffer)
        errors.append(told.loc[told["lane"] == 2, "mass_kda"].to_numpy() / asked - 1.0)
    assert np.quantile(np.abs(errors), 0.95) < 0.02


@pytest.mark.parametrize(("named", "buffer"), [("PageRuler", "Bis-Tris MOPS"), ("PageRuler Plus", "Tris-glycine")])
def test_a_ladder_that_is_not_the_one_named_is_warned_of_by_its_name(named: str, buffer: str) -> None:
    shown = position(np.array(ladder_masses("26616", "Tris-glycine"))[:8], 0.1)
    bands = membrane({1: list(shown), 2: [100.0], 3: list(shown + 3.0)})
    with pytest.warns(QualityWarning, match="lane 1, 3 miss .*PageRuler 26616 in Tris-glycine fits far better; check"):
        _, report = calibrate_mass(bands, sheet(["ladder", "sample", "ladder"]), ladder=named, buffer=buffer)
    notes = report.loc[report["parameter"].str.endswith("leave-one-out"), "note"]
    assert notes.str.contains("PageRuler 26616 in Tris-glycine fits far better").tolist() == [True, True]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ladder", EACH, ids=lambda ladder: f"{ladder.product} {ladder.buffer}")
def test_the_ladder_that_was_named_is_not_doubted_for_lost_or_foreign_bands_or_stray_ones(ladder) -> None:
    rng = np.random.default_rng(3)
    whole = position(np.array(ladder.masses), 0.1)
    strayed = np.sort(whole + rng.normal(0.0, 3.0, len(whole)))
    foreign = np.sort(np.append(whole, [(whole[2] + whole[3]) / 2]))
    for places in (whole, whole[2:], whole[:-2], np.delete(whole, [1, 4]), strayed, foreign):
        bands = membrane({1: list(places), 2: [100.0]})
        told, _ = calibrate_mass(bands, sheet(["ladder", "sample"]), ladder=ladder.product, buffer=ladder.buffer)
        assert told["mass_kda"].notna().all()


def test_the_curve_of_a_ladder_is_straight_unless_the_bands_say_otherwise() -> None:
    masses = np.array(ladder_masses("PageRuler", "Tris-glycine"))
    assert choose_mass_model(position(masses), np.log10(masses)) == "linear"
    assert choose_mass_model(position(masses, 0.2), np.log10(masses)) in ("quadratic", "cubic")
    assert choose_mass_model(position(masses[:3], 0.2), np.log10(masses[:3])) == "linear"


def test_a_band_that_is_no_ladder_band_is_left_out() -> None:
    masses = np.array([250.0, 130, 100, 70, 55, 35, 25, 15, 10])
    places = np.sort(np.append(position(masses), 0.5 * position([70.0])[0] + 0.5 * position([55.0])[0]))
    assert list(assign_ladder(places, masses)) == [0, 1, 2, 3, -1, 4, 5, 6, 7, 8]


def test_too_few_bands_are_not_assigned() -> None:
    assert list(assign_ladder(np.array([5.0]), np.array([10.0, 5.0]))) == [-1]


@pytest.mark.parametrize("model", MASS_MODELS)
def test_masses_inside_the_ladder_are_right_within_two_percent(model: str) -> None:
    masses = np.array(ladder_masses("PageRuler", "Tris-glycine"))
    asked = np.array([150.0, 88.0, 42.0, 20.0])
    bands = membrane({1: list(position(masses)), 2: list(position(asked))})
    told, report = calibrate_mass(
        bands, sheet(["ladder", "sample"]), ladder="26616", buffer="Tris-glycine", model=model
    )
    np.testing.assert_allclose(told.loc[told["lane"] == 2, "mass_kda"], asked, rtol=0.02)
    assert set(report["kind"]) == {"mass"}
    assert (report["parameter"] == "lane 1").sum() == len(masses)


def test_two_ladder_lanes_are_interpolated_across_the_membrane() -> None:
    masses = np.array([200.0, 100, 50, 25, 12])
    bands = membrane({1: list(position(masses)), 2: [float(position([60.0])[0]) + 10], 3: list(position(masses) + 20)})
    told, _ = calibrate_mass(bands, sheet(["ladder", "sample", "ladder"]), ladder=list(masses))
    assert told.loc[told["lane"] == 2, "mass_kda"].item() == pytest.approx(60.0, rel=1e-6)


def test_a_mass_outside_the_ladder_is_flagged() -> None:
    masses = np.array([100.0, 50, 25, 12])
    bands = membrane({1: list(position(masses)), 2: list(position([220.0, 60.0]))})
    told, _ = calibrate_mass(bands, sheet(["ladder", "sample"]), ladder=list(masses))
    assert list(has_flag(told["flags"], Flag.EXTRAPOLATED)) == [False] * 4 + [True, False]


def test_without_a_readable_ladder_masses_stay_unknown() -> None:
    bands = membrane({1: [10.0, 20.0], 2: [15.0]})
    with pytest.warns(QualityWarning, match="membrane 'm': ladder lane 1 shows fewer than 3 bands"):
        told, report = calibrate_mass(bands, sheet(["ladder", "sample"]), ladder=[100, 50, 25])
    assert told["mass_kda"].isna().all()
    assert report.empty


def test_a_membrane_without_a_ladder_lane_has_no_masses_and_nothing_is_warned_of() -> None:
    told, report = calibrate_mass(membrane({1: [10.0, 20.0, 30.0]}), sheet(["sample"]), ladder=[100, 50, 25])
    assert told["mass_kda"].isna().all()
    assert report.empty


def test_a_calibration_of_two_membranes_or_an_unknown_model_is_refused() -> None:
    bands = membrane({1: [10.0]})
    with pytest.raises(TableError, match="one membrane"):
        calibrate_mass(bands, pd.concat([sheet(["ladder"]), sheet(["ladder"], "n")]), ladder=[3, 2, 1])
    with pytest.raises(SettingsError, match="linear"):
        calibrate_mass(bands, sheet(["ladder"]), ladder=[3, 2, 1], model="linaer")


def test_a_line_is_as_nist_certifies_it() -> None:
    numbers = np.array(NORRIS.split(), dtype=float).reshape(-1, 2)
    line = fit_line(numbers[:, 0], numbers[:, 1])
    assert len(numbers) == 36
    assert line.intercept == pytest.approx(-0.262323073774029, rel=1e-6)
    assert line.slope == pytest.approx(1.00211681802045, rel=1e-6)
    assert line.intercept_se == pytest.approx(0.232818234301152, rel=1e-6)
    assert line.slope_se == pytest.approx(0.000429796848199937, rel=1e-6)
    assert line.residual_sd == pytest.approx(0.884796396144373, rel=1e-6)


@pytest.mark.parametrize(
    ("signal", "model"),
    [
        (lambda x: 3.0 * x, "proportional"),
        (lambda x: 3.0 * x + 20.0, "linear"),
        (lambda x: 100.0 * x / (8.0 + x), "hyperbolic"),
    ],
)
def test_the_response_of_a_dilution_series_is_recognised(signal, model: str) -> None:
    x = np.array([1.0, 2, 4, 8, 16, 32])
    y = signal(x) * np.exp(np.random.default_rng(1).normal(0, 0.02, len(x)))
    assert fit_response(x, y).model == model


def test_too_few_standards_have_no_response() -> None:
    with pytest.raises(FitError):
        fit_response(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    with pytest.raises(FitError):
        fit_line(np.array([1.0, 1.0, 1.0]), np.array([1.0, 2.0, 3.0]))


def series(signal) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    amounts = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    noise = np.exp(np.random.default_rng(2).normal(0, 0.02, 6))
    bands = membrane({lane: [100.0] for lane in range(1, 9)})
    bands["target"] = "STAT3"
    bands["volume"] = [*(signal(np.array(amounts)) * noise), signal(5.0), signal(300.0)]
    samples = sheet(["standard"] * 6 + ["sample"] * 2)
    samples["amount_ug"] = [*amounts, np.nan, np.nan]
    images = pd.DataFrame({"image": ["a"], "membrane": ["m"], "target": ["STAT3"]})
    return bands, images, samples


def test_a_band_beyond_the_linear_range_is_flagged() -> None:
    told, report = fit_linear_range(*series(lambda x: 100.0 * x))
    assert list(has_flag(told["flags"], Flag.OUT_OF_RANGE)) == [False] * 7 + [True]
    assert not has_flag(told["flags"], Flag.NOT_PROPORTIONAL).any()
    figures = report.set_index("parameter")["value"]
    assert figures["range_high"] == 32.0
    assert figures["slope"] == pytest.approx(100.0, rel=0.05)


def test_a_range_ends_where_the_response_bends() -> None:
    told, report = fit_linear_range(*series(lambda x: 100.0 * np.minimum(x, 8.0)))
    assert report.set_index("parameter")["value"]["range_high"] == 8.0
    assert has_flag(told["flags"], Flag.OUT_OF_RANGE).sum() == 0  # nothing exceeds the signal at 8 µg by a tenth


def test_a_series_that_is_nowhere_proportional_condemns_its_image() -> None:
    told, _ = fit_linear_range(*series(lambda x: 100.0 * np.asarray(x) ** 0.3))
    assert has_flag(told["flags"], Flag.NOT_PROPORTIONAL).all()


def test_without_standards_nothing_is_said() -> None:
    bands, images, samples = series(lambda x: x)
    told, report = fit_linear_range(bands, images, samples.assign(role="sample"))
    assert report.empty
    assert (told["flags"] == "").all()


PEAKS = (10.0, 100.0, 1000.0, 10000.0)  # counts per second
SECONDS = (1.0, 4.0, 16.0, 64.0)


def light() -> tuple[np.ndarray, list[float]]:
    """Four bands over three decades on an even membrane, in counts per second, and their true volumes."""
    row, col = np.mgrid[0:120, 0:400]
    bands = [
        peak * np.exp(-0.5 * ((row - 60) / 4.0) ** 2) * (np.abs(col - 50 - 100 * n) < 25)
        for n, peak in enumerate(PEAKS)
    ]
    return 3.0 + np.sum(bands, axis=0), [float(band.sum()) for band in bands]


def exposed(rate: np.ndarray, seconds: float, seed: int, ceiling: float = 65535.0) -> Blot:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rate * seconds) + rng.normal(300.0, 5.0, rate.shape)
    return Blot(f"{seconds:g}s", np.clip(np.round(counts), 0, ceiling), ceiling=ceiling)


def test_merged_exposures_hold_strong_and_faint_bands_in_one_scale() -> None:
    rate, volumes = light()
    told = merge_exposures([exposed(rate, s, n) for n, s in enumerate(SECONDS)], SECONDS)
    merged, report = told.blot, told.calibration
    ground = np.median(merged.pixels[:30])
    for n, volume in enumerate(volumes):
        found = (merged.pixels[30:90, 20 + 100 * n : 80 + 100 * n] - ground).sum() / SECONDS[-1]
        assert found == pytest.approx(volume, rel=0.02)
    assert merged.name == "64s"
    assert merged.steps[-1].verb == "merge"
    assert merged.ceiling == pytest.approx(64 * 65535, rel=0.02)
    assert report.loc[report["parameter"] == "range", "value"].item() == pytest.approx(64, rel=0.02)


def test_strong_and_faint_bands_of_merged_exposures_are_measured_in_one_scale() -> None:
    row, col = np.mgrid[0:160, 0:640]
    peaks = (10.0, 100.0, 1000.0, 10000.0, 30.0, 300.0, 3000.0, 9000.0)
    bands = [
        peak * np.exp(-0.5 * ((row - 80) / 4.0) ** 2 - 0.5 * (np.abs(col - 40 - 80 * n) / 24.0) ** 8)
        for n, peak in enumerate(peaks)
    ]
    rate = 3.0 + np.sum(bands, axis=0)
    blot = orient(merge_exposures([exposed(rate, s, n) for n, s in enumerate(SECONDS)], SECONDS).blot)
    found = integrate(blot, find_bands(blot, find_lanes(blot, n_lanes=8)))
    volumes = found.groupby("lane")["volume"].sum().to_numpy() / SECONDS[-1]
    np.testing.assert_allclose(volumes, [band.sum() for band in bands], rtol=0.02)


def test_exposures_are_merged_in_whatever_order_they_come() -> None:
    rate, _ = light()
    blots = [exposed(rate, s, n) for n, s in enumerate(SECONDS)]
    forth, back = merge_exposures(blots, SECONDS).blot, merge_exposures(blots[::-1], SECONDS[::-1]).blot
    np.testing.assert_array_equal(forth.pixels, back.pixels)


def test_a_pixel_clipped_in_every_exposure_stays_clipped() -> None:
    rate, _ = light()
    merged = merge_exposures([exposed(rate, s, n, 5000.0) for n, s in enumerate((1.0, 4.0))], (1.0, 4.0)).blot
    assert merged.ceiling is not None
    assert merged.pixels.max() == pytest.approx(merged.ceiling)
    assert (merged.pixels >= merged.ceiling).sum() > 100


def test_fading_substrate_is_warned_of_and_merged_by_what_is_seen() -> None:
    rate, volumes = light()
    blots = [exposed(rate * 0.9**n, s, n) for n, s in enumerate(SECONDS)]
    with pytest.warns(QualityWarning, match="proportional to time"):
        told = merge_exposures(blots, SECONDS)
    merged, report = told.blot, told.calibration
    strong = (merged.pixels[30:90, 320:380] - np.median(merged.pixels[:30])).sum() / SECONDS[-1]
    assert strong == pytest.approx(volumes[-1] * 0.9**3, rel=0.02)
    assert report["note"].str.contains("against its time").sum() == 3


def test_exposures_of_different_size_are_refused() -> None:
    blots = [Blot("a", np.zeros((4, 4))), Blot("b", np.zeros((4, 5)))]
    with pytest.raises(ReadError, match="a 4 × 4, b 4 × 5"):
        merge_exposures(blots, (1.0, 2.0))


def test_an_exposure_that_shows_nothing_in_common_is_left_out_with_a_warning() -> None:
    blots = [Blot(name, np.full((6, 6), 10.0)) for name in "ab"]
    with pytest.warns(QualityWarning, match="exposure of 1 s .a. shows too little in common .* left out"):
        merged = merge_exposures(blots, (1.0, 2.0))
    assert merged.blot is blots[1]
    assert merged.calibration.empty
