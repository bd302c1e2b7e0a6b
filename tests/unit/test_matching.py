"""Phospho + total + samples → ratios: answers known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.conditions import complete
from blotquant.errors import DetectionError, QualityWarning, TableError
from blotquant.flags import Flag, has_flag
from blotquant.matching import assign_targets, match_bands, pair_lanes
from blotquant.tables import TABLES, check

IMAGES = pd.DataFrame(
    [("p", "m", "STAT3", "phospho", "Y705"), ("s", "m", "STAT3", "total", "")],
    columns=["image", "membrane", "target", "form", "site"],
)


def bands(volumes: dict[tuple[str, str], list[float]], **further: Any) -> pd.DataFrame:
    """Bands of (image, band) with a volume in each lane; error 1, limits 3.3 and 10."""
    rows = [
        {"image": image, "band": band, "lane": lane, "volume": volume, "volume_se": 1.0, "lod": 3.3, "loq": 10.0}
        | {"detected": volume > 3.3}
        for (image, band), of_lanes in volumes.items()
        for lane, volume in enumerate(of_lanes, start=1)
    ]
    return check(complete(pd.DataFrame(rows).assign(**further), "bands"), "bands")


def samples(count: int = 2, membrane: str = "m", **further: Any) -> pd.DataFrame:
    base = {"membrane": membrane, "lane": np.arange(1, count + 1), "treatment": "vehicle", "replicate": "1"}
    return pd.DataFrame({**base, **further})


def flag(table: pd.DataFrame, row: object, *names: str) -> pd.DataFrame:
    out = table.copy()
    out.loc[row, "flags"] = ";".join(names)
    return out


def one(table: pd.DataFrame, quantity: str = "P/S", lane: int = 1) -> pd.Series:
    return table[(table["quantity"] == quantity) & (table["lane"] == lane)].iloc[0]


def test_a_ratio_is_phospho_over_total_with_errors_in_quadrature() -> None:
    ratios = match_bands(bands({("p", "1"): [20.0, 5.0], ("s", "1"): [100.0, 50.0]}), IMAGES, samples())
    first = one(ratios)
    assert list(ratios["quantity"]) == ["P/S", "P/S"]
    assert first["ratio"] == pytest.approx(0.2)
    assert first["ratio_se"] == pytest.approx(0.2 * np.hypot(1 / 20, 1 / 100))
    assert first["ratio_loq"] == pytest.approx(0.1)
    assert first["site"] == "Y705"
    assert first["loading"] == 1.0
    assert ratios["detected"].all()


def test_an_inhibited_lane_is_a_small_number_and_not_missing() -> None:
    ratios = match_bands(bands({("p", "1"): [20.0, -0.5], ("s", "1"): [100.0, 50.0]}), IMAGES, samples())
    low = one(ratios, lane=2)
    assert low["ratio"] == pytest.approx(-0.01)
    assert not low["detected"]


@pytest.mark.parametrize(
    ("phospho", "total", "bound", "value"),
    [(5.0, 50.0, "upper", 0.2), (20.0, 5.0, "lower", 2.0), (20.0, 1.0, "lower", 2.0), (5.0, 5.0, "unknown", np.nan)],
)
def test_a_lane_below_its_limit_of_quantification_gives_a_bounded_ratio(
    phospho: float, total: float, bound: str, value: float
) -> None:
    # limits are 10: a phospho of 5 stands for at most 10, a total of 5 (or an unseen 1) likewise
    row = one(match_bands(bands({("p", "1"): [phospho], ("s", "1"): [total]}), IMAGES, samples(1)))
    assert row["bound"] == bound
    assert row["ratio_bound"] == pytest.approx(value, nan_ok=True)
    assert row["ratio"] == pytest.approx(phospho / total if total > 3.3 else np.nan, nan_ok=True)


def test_lanes_above_their_limits_have_no_bound() -> None:
    ratios = match_bands(bands({("p", "1"): [20.0], ("s", "1"): [50.0]}), IMAGES, samples(1))
    assert (one(ratios)["bound"], one(ratios)["ratio_bound"]) == ("", pytest.approx(np.nan, nan_ok=True))


def test_swapping_the_images_inverts_the_ratio() -> None:
    table = bands({("p", "1"): [20.0], ("s", "1"): [80.0]})
    swapped = IMAGES.assign(form=["total", "phospho"])
    forth, back = (match_bands(table, images, samples(1))["ratio"].item() for images in (IMAGES, swapped))
    assert forth * back == pytest.approx(1.0)


@pytest.mark.parametrize(("image", "bound"), [("p", "lower"), ("s", "upper")])
def test_a_saturated_band_leaves_the_side_that_is_known(image: str, bound: str) -> None:
    table = bands({("p", "1"): [20.0], ("s", "1"): [80.0]})
    burnt = flag(table, table["image"] == image, "saturated")
    row = one(match_bands(burnt, IMAGES, samples(1)))
    assert np.isnan(row["ratio"])
    assert np.isnan(row["ratio_se"])
    assert (row["bound"], row["ratio_bound"]) == (bound, pytest.approx(0.25))
    assert row["phospho"] == 20.0
    assert row["flags"] == "saturated"
    assert one(match_bands(burnt, IMAGES, samples(1), saturated="use"))["ratio"] == pytest.approx(0.25)


def test_two_saturated_bands_leave_no_side() -> None:
    table = bands({("p", "1"): [20.0], ("s", "1"): [80.0]})
    row = one(match_bands(flag(table, [0, 1], "saturated"), IMAGES, samples(1)))
    assert row["bound"] == "unknown"
    assert row["flags"] == "saturated;both_saturated"


def test_nothing_is_divided_by_a_total_that_is_not_seen() -> None:
    row = one(match_bands(bands({("p", "1"): [20.0, 20.0], ("s", "1"): [100.0, 1.0]}), IMAGES, samples()), lane=2)
    assert np.isnan(row["ratio"])
    assert row["bound"] == "lower"
    assert not row["detected"]


def test_a_series_that_is_not_proportional_gives_no_ratio_unless_forced() -> None:
    table = flag(bands({("p", "1"): [20.0], ("s", "1"): [80.0]}), 0, "not_proportional")
    assert np.isnan(one(match_bands(table, IMAGES, samples(1)))["ratio"])
    assert one(match_bands(table, IMAGES, samples(1), force=True))["ratio"] == pytest.approx(0.25)


def with_loading(*forms: str) -> pd.DataFrame:
    rows = [(f"l{n}", "m", f"control{n}", form, "") for n, form in enumerate(forms, start=1)]
    return pd.concat([IMAGES, pd.DataFrame(rows, columns=IMAGES.columns)], ignore_index=True)


def test_loading_gives_two_more_quantities_and_cancels_in_the_third() -> None:
    volumes = {("p", "1"): [20.0, 40.0], ("s", "1"): [100.0, 100.0], ("l1", "2"): [100.0, 300.0]}
    ratios = match_bands(bands(volumes), with_loading("loading"), samples())
    assert sorted(set(ratios["quantity"])) == ["P/L", "P/S", "S/L"]
    assert list(ratios.loc[ratios["quantity"] == "P/S", "loading"]) == pytest.approx([0.5, 1.5])
    both = one(ratios, lane=2)
    assert both["ratio"] == pytest.approx(0.4)
    assert both["phospho"] == pytest.approx(40.0 / 1.5)
    assert both["ratio_se"] == pytest.approx(0.4 * np.hypot(1 / 40, 1 / 100))
    assert [one(ratios, "P/L", lane)["ratio"] for lane in (1, 2)] == pytest.approx([20 / 100, 40 / 300])
    assert one(ratios, "S/L", 2)["ratio"] == pytest.approx(100 / 300)
    assert one(ratios, "S/L", 2)["site"] == ""
    assert one(ratios, "P/L", 1)["ratio_se"] == pytest.approx(0.2 * np.hypot(1 / 20, 1 / 100))


def test_numerator_and_denominator_of_every_quantity_are_what_their_columns_say() -> None:
    volumes = {("p", "1"): [20.0, 40.0], ("s", "1"): [100.0, 100.0], ("l1", "2"): [100.0, 300.0]}
    ratios = match_bands(bands(volumes), with_loading("loading"), samples())
    assert ratios["ratio"].tolist() == pytest.approx((ratios["phospho"] / ratios["total"]).tolist())
    over = one(ratios, "P/L", lane=2)
    assert over[["phospho", "total", "loading"]].tolist() == pytest.approx([40.0, 300.0, 1.5])  # not divided by 1.5
    told = {column.name: column.meaning for column in TABLES["ratios"].columns}
    assert "in P/L, S/L as measured" in told["phospho"]
    assert "in P/L, S/L the loading" in told["total"]


def test_several_loading_bands_are_united_by_their_geometric_mean() -> None:
    volumes = {
        ("p", "1"): [20.0, 20.0],
        ("s", "1"): [99.0, 99.0],
        ("l1", "2"): [100.0, 400.0],
        ("l2", "3"): [90.0, 90.0],
    }
    ratios = match_bands(bands(volumes), with_loading("loading", "loading"), samples())
    factors = [one(ratios, "P/L", lane)["loading"] for lane in (1, 2)]
    assert factors[1] / factors[0] == pytest.approx(2.0)
    assert np.mean(factors) == pytest.approx(1.0)


def test_a_stain_counts_instead_of_loading_bands() -> None:
    volumes = {("p", "1"): [20.0, 20.0], ("s", "1"): [99.0, 99.0], ("l1", "2"): [100.0, 400.0]}
    stain = bands({("l2", "lane"): [500.0, 500.0]})
    table = pd.concat([bands(volumes), stain], ignore_index=True)
    ratios = match_bands(table, with_loading("loading", "stain"), samples())
    assert [one(ratios, "P/L", lane)["loading"] for lane in (1, 2)] == pytest.approx([1.0, 1.0])


def test_a_loading_band_below_its_limit_corrects_nothing_and_says_so() -> None:
    volumes = {("p", "1"): [20.0, 20.0], ("s", "1"): [99.0, 99.0], ("l1", "2"): [100.0, 5.0]}
    ratios = match_bands(bands(volumes), with_loading("loading"), samples())
    weak = one(ratios, "P/L", 2)
    assert np.isnan(weak["ratio"])
    assert "loading_below_loq" in weak["flags"]
    assert one(ratios, "P/S", 2)["ratio"] == pytest.approx(20 / 99)


def paired() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    images = pd.DataFrame(
        [
            ("p", "a", "STAT3", "phospho", "one"),
            ("s", "b", "STAT3", "total", "one"),
            ("lp", "a", "actin", "loading", ""),
            ("ls", "b", "actin", "loading", ""),
        ],
        columns=["image", "membrane", "target", "form", "pair"],
    )
    lanes = pd.concat([samples(2, "a", sample=["x", "y"]), samples(2, "b", sample=["y", "x"])], ignore_index=True)
    volumes = {
        ("p", "1"): [20.0, 40.0],
        ("s", "1"): [200.0, 100.0],
        ("lp", "2"): [100.0, 300.0],
        ("ls", "2"): [70.0, 70.0],
    }
    return bands(volumes), images, lanes


def test_paired_membranes_are_joined_by_sample_and_corrected_each_by_its_own_loading() -> None:
    ratios = match_bands(*paired())
    own = ratios[ratios["quantity"] == "P/S"]
    assert list(own["membrane"]) == ["a", "a"]
    assert list(own["sample"]) == ["x", "y"]
    assert list(own["ratio"]) == pytest.approx([(20 / 0.5) / 100, (40 / 1.5) / 200])
    own_error = np.hypot(1 / 20, 1 / 100)
    assert own["phospho_se"].iloc[0] == pytest.approx(20 / 0.5 * own_error)
    assert own["ratio_se"].iloc[0] == pytest.approx(0.4 * np.sqrt(own_error**2 + (1 / 100) ** 2 + (1 / 70) ** 2))


def test_pairs_are_listed_lane_by_lane() -> None:
    _, images, lanes = paired()
    found = pair_lanes(images, lanes)
    assert list(zip(found["lane"], found["partner_lane"], strict=True)) == [(1, 2), (2, 1)]


def test_without_sample_names_paired_lanes_are_joined_by_condition() -> None:
    table, images, lanes = paired()
    unnamed = lanes.assign(sample="", treatment=["veh", "drug", "drug", "veh"])
    assert list(pair_lanes(images, unnamed)["partner_lane"]) == [2, 1]
    assert len(match_bands(table, images, unnamed)) == 6


def test_repeats_on_the_partner_are_averaged() -> None:
    table, images, lanes = paired()
    repeated = lanes.assign(sample=["x", "y", "x", "x"], role=["sample", "skip", "sample", "sample"])
    own = match_bands(table, images[:2], repeated)
    with pytest.raises(TableError, match="'y'"):
        pair_lanes(images, lanes.assign(sample=["x", "y", "x", "x"]))
    assert own["total"].iloc[0] == pytest.approx(150.0)
    assert own["total_se"].iloc[0] == pytest.approx(np.sqrt(2) / 2)


def test_a_pair_with_two_totals_is_refused() -> None:
    table, images, lanes = paired()
    twice = pd.concat([images, images.iloc[[1]].assign(image="s2", membrane="c")], ignore_index=True)
    more = pd.concat([lanes, samples(2, "c", sample=["x", "y"])], ignore_index=True)
    table = pd.concat([table, bands({("s2", "1"): [9.0]})], ignore_index=True)
    with pytest.raises(TableError, match="give each phospho its own pair"):
        match_bands(table, twice, more)


def test_a_form_without_a_partner_is_given_as_it_stands() -> None:
    table = bands({("p", "1"): [20.0, 3.0]})
    alone = match_bands(table, IMAGES[:1], samples())
    assert list(alone["quantity"]) == ["P", "P"]
    assert list(alone["ratio"]) == [20.0, 3.0]
    assert alone["total"].isna().all()
    total = match_bands(bands({("s", "1"): [20.0, 3.0]}), IMAGES[1:], samples())
    assert list(total["quantity"]) == ["S", "S"]


def test_of_several_exposures_the_longest_unsaturated_one_is_taken() -> None:
    images = pd.DataFrame(
        [
            ("p", "m", "T", "phospho", np.nan),
            ("s1", "m", "T", "total", 1.0),
            ("s2", "m", "T", "total", 10.0),
            ("s3", "m", "T", "total", 100.0),
        ],
        columns=["image", "membrane", "target", "form", "exposure_s"],
    )
    table = bands({("p", "1"): [20.0], ("s1", "1"): [100.0], ("s2", "1"): [1000.0], ("s3", "1"): [4000.0]})
    assert match_bands(flag(table, 3, "saturated"), images, samples(1))["total"].item() == 1000.0
    assert match_bands(table, images, samples(1))["total"].item() == 4000.0


def test_what_lies_in_the_lane_travels_along_and_ladders_stay_out() -> None:
    lanes = samples(3, treatment=["", "drug", "drug"], role=["ladder", "maximum", "empty"], donor=["", "x", "y"])
    ratios = match_bands(bands({("p", "1"): [1.0, 20.0, 2.0], ("s", "1"): [9.0, 80.0, 2.0]}), IMAGES, lanes)
    assert list(ratios["lane"]) == [2]
    assert ratios["donor"].item() == "x"
    assert ratios["role"].item() == "maximum"


def test_doubts_of_bands_and_of_the_lane_reach_the_ratio() -> None:
    table = flag(bands({("p", "1"): [20.0], ("s", "1"): [80.0]}), 0, "edge")
    ratios = match_bands(flag(table, 1, "speck"), IMAGES, samples(1, flags="replicate_assumed"))
    assert ratios["flags"].item() == "edge;speck;replicate_assumed"


def test_without_phospho_or_total_there_are_no_ratios() -> None:
    images = pd.DataFrame([("l", "m", "actin", "loading")], columns=["image", "membrane", "target", "form"])
    assert match_bands(bands({("l", "1"): [20.0]}), images, samples(1)).empty


def test_a_sheet_without_a_needed_column_is_refused() -> None:
    with pytest.raises(TableError, match="'form'"):
        match_bands(bands({("p", "1"): [20.0]}), IMAGES.drop(columns="form"), samples(1))


def chosen(table: pd.DataFrame, images: pd.DataFrame, lanes: pd.DataFrame) -> dict[str, str]:
    told, _ = assign_targets(table, images, lanes)
    hits = told[told["target"] != ""].drop_duplicates("image")
    return dict(zip(hits["image"], hits["band"], strict=True))


TWO_ROWS = {("p", "1"): [0.0, 0.0], ("p", "2"): [20.0, 9.0], ("s", "1"): [500.0, 500.0], ("s", "2"): [80.0, 80.0]}


def test_the_row_shared_by_phospho_and_total_is_the_target_before_a_stronger_one() -> None:
    assert chosen(bands(TWO_ROWS), IMAGES, samples()) == {"p": "2", "s": "2"}
    note = assign_targets(bands(TWO_ROWS), IMAGES, samples())[1]
    assert list(note["value"]) == [2.0, 2.0]
    assert "share" in note["note"][0]


def test_of_shared_rows_the_strongest_in_total_is_the_target() -> None:
    volumes = {**TWO_ROWS, ("p", "1"): [30.0, 30.0]}
    assert chosen(bands(volumes), IMAGES, samples()) == {"p": "1", "s": "1"}


def test_a_fully_inhibited_phospho_image_takes_the_row_of_the_total() -> None:
    volumes = {**TWO_ROWS, ("p", "2"): [0.0, 0.0]}
    assert chosen(bands(volumes), IMAGES, samples()) == {"p": "1", "s": "1"}


def test_images_of_one_membrane_that_share_no_row_are_warned_of_and_not_said_to_share_one() -> None:
    apart = {**TWO_ROWS, ("p", "1"): [20.0, 30.0], ("p", "2"): [0.0, 0.0], ("s", "1"): [0.0, 0.0]}
    with pytest.warns(QualityWarning, match="no row is detected in both 'p' and 's'.*join them by pair"):
        notes = assign_targets(bands(apart), IMAGES, samples())[1]["note"]
    assert notes.str.contains("no row is detected in both").all()
    assert not notes.str.contains("share").any()


def test_a_named_row_that_images_do_not_share_is_warned_of_too() -> None:
    apart = {**TWO_ROWS, ("p", "1"): [20.0, 30.0], ("p", "2"): [0.0, 0.0], ("s", "1"): [0.0, 0.0]}
    with pytest.warns(QualityWarning, match="no row is detected in both"):
        assign_targets(bands(apart), IMAGES.assign(row=2.0), samples())


@pytest.mark.parametrize("gone", ["p", "s"])
def test_a_row_is_not_said_to_be_shared_where_an_image_shows_none(gone: str) -> None:
    volumes = {key: [0.0, 0.0] if key[0] == gone else [500.0, 500.0] for key in TWO_ROWS}
    notes = assign_targets(bands(volumes), IMAGES, samples())[1]["note"]
    assert not notes.str.contains("share").any()


def test_ladder_lanes_do_not_choose_the_row() -> None:
    volumes = {("p", "1"): [900.0, 0.0], ("p", "2"): [0.0, 9.0], ("s", "1"): [9000.0, 0.0], ("s", "2"): [0.0, 80.0]}
    assert chosen(bands(volumes), IMAGES, samples(role=["ladder", "sample"])) == {"p": "2", "s": "2"}


def test_a_row_that_one_lane_of_one_image_has_is_no_stronger_than_it_is_over_all_lanes() -> None:
    volumes = {("p", "1"): [9.0, 9.0, 9.0], ("s", "1"): [60.0, 60.0, 60.0], ("s", "9"): [90.0]}  # put in by hand
    assert chosen(bands(volumes), IMAGES, samples(3)) == {"p": "1", "s": "1"}
    assert chosen(bands({**volumes, ("p", "7"): [50.0]}), IMAGES, samples(3)) == {"p": "1", "s": "1"}


@pytest.mark.parametrize(("gone", "left", "form"), [("s", "p", "phospho"), ("p", "s", "total")])
def test_where_all_bands_of_an_image_are_taken_out_the_other_tells_the_row(gone: str, left: str, form: str) -> None:
    table = bands({**TWO_ROWS, ("p", "2"): [70.0, 90.0]})
    rest = table[table["image"] != gone]
    best = rest.groupby("band")["volume"].sum().idxmax()
    done, notes = assign_targets(rest, IMAGES, samples())
    assert done.loc[done["target"] == "STAT3", ["image", "band"]].drop_duplicates().to_numpy().tolist() == [
        [left, best]
    ]
    assert notes["note"].str.contains(f"strongest row of the {form} image").all()
    ratios = match_bands(done, IMAGES, samples())
    assert ratios.loc[ratios["quantity"] == "P/S", "ratio"].isna().tolist() == [True, True]


def test_a_row_named_in_the_sheet_goes_before_strength() -> None:
    images = IMAGES.assign(row=[np.nan, 1.0])
    assert chosen(bands(TWO_ROWS), images, samples()) == {"p": "1", "s": "1"}
    with pytest.raises(TableError, match="'5' does not exist"):
        assign_targets(bands(TWO_ROWS), IMAGES.assign(row=5.0), samples())


def test_a_mass_goes_before_a_named_row() -> None:
    table = bands(TWO_ROWS)
    table["mass_kda"] = np.where(table["band"] == "1", 120.0, 84.0)
    images = IMAGES.assign(row=1.0, mass_kda=86.0)
    assert chosen(table, images, samples()) == {"p": "2", "s": "2"}
    assert "expected 86 kDa" in assign_targets(table, images, samples())[1]["note"][0]


def test_a_mass_that_no_row_has_leaves_it_to_the_next_rule() -> None:
    table = bands(TWO_ROWS)
    table["mass_kda"] = np.where(table["band"] == "1", 120.0, 60.0)
    images = IMAGES.assign(row=1.0, mass_kda=86.0)
    assert chosen(table, images, samples()) == {"p": "1", "s": "1"}
    assert "no row within 15 %" in assign_targets(table, images, samples())[1]["note"][0]


def test_an_expected_mass_that_no_mass_can_be_held_against_is_said() -> None:
    notes = assign_targets(bands(TWO_ROWS), IMAGES.assign(mass_kda=86.0), samples())[1]["note"]
    assert notes.str.contains("no band has a mass to hold against 86 kDa; the row that phospho and total share").all()


def test_two_targets_of_one_image_take_two_rows() -> None:
    images = pd.DataFrame(
        [("s", "m", "STAT3", "total"), ("s", "m", "actin", "loading")],
        columns=["image", "membrane", "target", "form"],
    )
    told, _ = assign_targets(bands({("s", "1"): [500.0], ("s", "2"): [80.0]}), images, samples(1))
    assert list(told["target"]) == ["STAT3", "actin"]


def two_forms(apart: float, **further: Any) -> pd.DataFrame:
    """STAT3 as two rows of half thickness 3 px, some px apart, and a row far off."""
    volumes = {("p", "1"): [20.0, 9.0], ("p", "2"): [6.0, 3.0], ("p", "3"): [9.0, 9.0],
               ("s", "1"): [80.0, 80.0], ("s", "2"): [20.0, 16.0], ("s", "3"): [50.0, 50.0]}  # fmt: skip
    table = bands(volumes, **further)
    rows = table["band"].map({"1": 100.0, "2": 100.0 + apart, "3": 160.0})
    return table.assign(centre_row=rows.astype(float), centre_col=40.0 * table["lane"], sigma=3.0)


def on_its_side(table: pd.DataFrame) -> pd.DataFrame:
    """The same bands in a file that lies on its side."""
    return table.rename(columns={"centre_row": "centre_col", "centre_col": "centre_row"})


def test_two_forms_of_a_protein_side_by_side_are_summed_with_their_errors() -> None:
    ratios = match_bands(assign_targets(two_forms(12.0), IMAGES, samples())[0], IMAGES, samples())
    first = one(ratios)
    assert (first["phospho"], first["total"]) == (26.0, 100.0)
    assert first["phospho_se"] == pytest.approx(np.sqrt(2.0))
    assert first["ratio"] == pytest.approx(0.26)
    notes = assign_targets(two_forms(12.0), IMAGES, samples())[1]
    assert notes["value"].tolist() == [1.0, 2.0, 1.0, 2.0]
    assert "its other form" in notes["note"][1]


@pytest.mark.parametrize(
    ("apart", "images", "doublets"),
    [
        (15.0, IMAGES, "sum"),  # farther apart than twice a band's width
        (12.0, IMAGES, "split"),
        (12.0, IMAGES.assign(target="STAT6"), "sum"),  # no doublet
        (12.0, IMAGES.assign(target="STAT1", site="S727"), "sum"),  # a site that only alpha has
        (12.0, IMAGES.assign(row=1.0), "sum"),  # the user says which row
    ],
)
def test_the_stronger_row_alone_is_the_target_where_there_are_no_two_forms(
    apart: float, images: pd.DataFrame, doublets: str
) -> None:
    for table in (two_forms(apart), on_its_side(two_forms(apart))):
        told, _ = assign_targets(table, images, samples(), doublets=doublets)
        assert set(told.loc[told["target"] != "", "band"]) == {"1"}


def test_two_forms_lie_along_the_lane_also_in_a_file_on_its_side() -> None:
    upright, on_side = (assign_targets(table, IMAGES, samples())[0]
                        for table in (two_forms(12.0), on_its_side(two_forms(12.0))))  # fmt: skip
    assert on_side["target"].tolist() == upright["target"].tolist()
    assert set(upright.loc[upright["target"] != "", "band"]) == {"1", "2"}


def test_a_form_that_is_missing_in_a_lane_leaves_the_other_and_the_flags_of_both_stay() -> None:
    table, _ = assign_targets(two_forms(12.0), IMAGES, samples())
    gone = (table["image"] == "p") & (table["band"] == "2") & (table["lane"] == 2)
    flagged = flag(flag(table, (table["image"] == "p") & (table["band"] == "1"), "edge"),
                   (table["image"] == "p") & (table["band"] == "2"), "speck")  # fmt: skip
    ratios = match_bands(flagged[~gone], IMAGES, samples())
    assert one(ratios, lane=2)["phospho"] == 9.0
    assert {"edge", "speck"} <= set(one(ratios)["flags"].split(";"))


def test_a_membrane_without_bands_says_so() -> None:
    with pytest.raises(DetectionError, match="no bands"):
        assign_targets(bands({("x", "1"): [500.0]}), IMAGES, samples())


def test_flags_of_a_lane_skipped_on_the_partner_say_excluded() -> None:
    table, images, lanes = paired()
    ratios = match_bands(table, images[:2], lanes.assign(role=["sample", "sample", "skip", "sample"]))
    assert has_flag(ratios["flags"], Flag.EXCLUDED).tolist() == [False, True]
    assert np.isnan(ratios["ratio"].iloc[1])


@pytest.mark.parametrize(("mass", "flagged"), [(90.0, True), (45.0, False), (np.nan, False)])
def test_a_loading_control_as_heavy_as_the_target_is_flagged(mass: float, flagged: bool) -> None:
    volumes = {("p", "1"): [20.0, 40.0], ("s", "1"): [100.0, 100.0], ("l1", "2"): [100.0, 300.0]}
    images = with_loading("loading").assign(mass_kda=[86.0, 86.0, mass])
    ratios = match_bands(bands(volumes), images, samples())
    assert has_flag(ratios.loc[ratios["quantity"] == "P/L", "flags"], Flag.MASS_CONFLICT).all() == flagged
    two_channels = images.assign(channel=["700", "700", "800"])
    assert not has_flag(match_bands(bands(volumes), two_channels, samples())["flags"], Flag.MASS_CONFLICT).any()
