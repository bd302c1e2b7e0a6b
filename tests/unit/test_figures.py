"""Figures: names and doses as people write them, labels that give way to each other, axes that show what is there."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from blotquant.errors import TableError
from blotquant.figures import (
    draw_all,
    figure_bytes,
    plot_blot,
    plot_course,
    plot_dose_response,
    plot_groups,
    plot_precision,
    plot_sensitivity,
)
from blotquant.figures.blots import FLAGGED, MEASURED, band_look, view_of
from blotquant.figures.brackets import draw_rows, label_rows, names_width, rows_height
from blotquant.figures.course import course_column
from blotquant.figures.dose_axis import DoseAxis
from blotquant.figures.dose_response import spreads
from blotquant.figures.legends import Entries, add_legends, legends_height
from blotquant.figures.marks import mass_marks, spaced
from blotquant.figures.names import (
    Condition,
    as_numbers,
    cell_values,
    column_name,
    conditions,
    in_order,
    interval_text,
    number,
    option_name,
    plain,
    quantity_name,
    shorten,
)
from blotquant.figures.panels import draw_panel, image_label, lane_conditions, order_images
from blotquant.figures.replicates import line_look, replicate_entries, series_style
from blotquant.figures.style import COLOURS, new_axes, text_size
from blotquant.result import Result
from tests.drawn_result import Plan, drawn_result, fitted_only, with_course

NAN = math.nan


def _texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def _points(ax, colour: str) -> int:
    return sum(
        len(line.get_xdata())
        for line in ax.lines
        if line.get_markeredgecolor() == colour and line.get_marker() in "os^D"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1000.0, "1000"),
        (1e6, "1000000"),
        (-5.1, "−5.1"),
        (0.05, "0.05"),
        (2.5e-7, "2.5e-07"),
        (math.inf, "∞"),
    ],
)
def test_numbers_are_written_with_three_digits_and_no_needless_exponent(value, text):
    assert number(value) == text


def test_intervals_show_which_side_is_open():
    assert interval_text(1, 2) == "1–2"
    assert interval_text(0, math.inf) == "open on both sides"
    assert interval_text(NAN, 3, "nM") == "< 3 nM"


def test_names_stand_on_one_line_and_are_cut_where_they_must():
    assert plain("two\nlines\t\x07") == "two lines"
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abc", 4) == "abc"


def test_quantities_say_what_is_divided_by_what():
    assert quantity_name("STAT3", "", "P/L") == "pSTAT3 / loading"
    assert quantity_name("STAT3", "Y705", "P") == "pSTAT3 (Y705)"
    assert quantity_name("JAK1", "", "") == "JAK1"
    assert quantity_name("", "", "") == "response"


def test_conditions_keep_the_order_of_treatments_and_sort_doses():
    table = pd.DataFrame(
        {
            "stimulus": ["x", "x", "none", "x"],
            "treatment": ["b", "b", "v", "a"],
            "dose": [10, 1, NAN, 5],
            "dose_unit": "nM",
        }
    )
    assert [(one.treatment, one.dose) for one in conditions(table)[:3]] == [("b", 1), ("b", 10), ("a", 5)]
    assert conditions(table)[3].treatment == "v"


def _places(names: list[tuple[str, str, float]]) -> list[Condition]:
    return [Condition(stimulus, drug, dose, "nM") for stimulus, drug, dose in names]


def test_doses_stand_next_to_the_axis_then_treatments_then_stimuli():
    rows = label_rows(_places([("none", "veh", NAN), ("IL-6", "bari", 1.0), ("IL-6", "bari", 10.0)]), 40.0)
    assert [[label.text for label in row.labels] for row in rows] == [
        ["1", "10"],
        ["bari (nM)"],
        ["veh"],
        ["none", "IL-6"],
    ]
    assert rows[0].start == rows[2].start
    assert rows[3].start > rows[1].start > rows[0].start
    assert rows_height(rows) == rows[3].stop


def test_a_name_too_wide_for_its_place_is_turned_and_its_neighbours_with_it():
    rows = label_rows(_places([("", "a long name", NAN), ("", "b", NAN)]), 20.0)
    assert [label.turned for label in rows[0].labels] == [True, True]
    assert rows[0].height == pytest.approx(text_size("a long name", 6.5)[0])


def test_a_long_treatment_over_a_wide_bracket_is_shortened_and_keeps_its_unit():
    places = _places(
        [("", "baricitinib phosphate monohydrate batch seven of march", dose) for dose in (1.0, 3.0, 10.0)]
    )
    bracket = label_rows(places, 30.0)[1].labels[0]
    assert "…" in bracket.text
    assert bracket.text.endswith("(nM)")
    assert not bracket.turned


def test_no_conditions_need_no_room():
    assert label_rows([], 10.0) == []
    assert rows_height([]) == 0.0


def test_labels_above_an_axis_point_up():
    ax = new_axes(80.0, 40.0)
    draw_rows(ax, label_rows(_places([("s", "d", 1.0), ("s", "d", 2.0)]), 60.0), np.array([0.0, 1.0]), side="top")
    assert _texts(ax) == ["1", "2", "d (nM)", "s"]
    assert all(text.get_verticalalignment() == "bottom" for text in ax.texts)


def test_the_zero_dose_lies_left_of_every_other_one():
    axis = DoseAxis([0.0, NAN, 1.0, 1000.0])
    places = axis.place([0.0, 1.0, 1000.0])
    assert places[1:] == pytest.approx([0.0, 3.0])
    assert places[0] < -0.5
    ax = new_axes(80.0, 40.0)
    axis.draw(ax, 200.0)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1", "10", "100", "1000"]


def test_decades_are_left_out_where_their_labels_would_touch():
    ax = new_axes(80.0, 40.0)
    DoseAxis([1e-6, 1e6]).draw(ax, 150.0)
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert 3 <= len(labels) <= 6
    assert "0" not in labels


def test_doses_within_one_decade_have_labels_too():
    ax = new_axes(80.0, 40.0)
    DoseAxis([2.0, 8.0]).draw(ax, 150.0)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2", "5"]


def test_a_single_dose_makes_an_axis():
    ax = new_axes(80.0, 40.0)
    DoseAxis([0.0, 30.0]).draw(ax, 150.0)
    low, high = ax.get_xlim()
    assert low < DoseAxis([0.0, 30.0]).zero < math.log10(30) < high


def test_every_replicate_is_drawn_once_and_every_group_has_its_mean():
    result = drawn_result(Plan(pictures=False))
    ax = plot_groups(result.folds, result.groups)
    drawn = sum(_points(ax, colour) for colour in COLOURS[:3])
    assert drawn == len(result.folds) == 27
    means = ax.collections[0].get_segments()
    assert [segment[0][1] for segment in means] == pytest.approx(list(result.groups["geometric_mean"]), nan_ok=True)
    assert "fold of IL-6 + vehicle" in ax.get_ylabel()


def test_a_lane_without_a_value_is_marked_on_the_axis_and_a_faint_one_is_hollow():
    result = drawn_result(Plan(pictures=False))
    folds = result.folds.copy()
    folds.loc[4, ["ratio", "fold"]] = NAN
    folds.loc[5, "detected"] = False
    ax = plot_groups(folds, result.groups)
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert list(crosses[0].get_xdata()) == [4.0]
    hollow = sum(len(line.get_xdata()) for line in ax.lines if line.get_markerfacecolor() == "white")
    assert hollow == int((folds["flags"] == "below_loq").sum()) + 1
    words = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert any(word.startswith("no value") for word in words)
    assert any(word.startswith("hollow") for word in words)


def test_ratios_are_drawn_where_there_is_no_reference():
    result = drawn_result(Plan(pictures=False))
    assert "ratio [AU]" in plot_groups(result.ratios, result.groups).get_ylabel()


def test_the_mean_stands_alone_where_a_value_is_not_positive():
    result = drawn_result(Plan(pictures=False))
    groups = result.groups.copy()
    groups.loc[0, ["geometric_mean", "ci_low", "ci_high"]] = NAN
    ax = plot_groups(result.folds, groups)
    assert ax.collections[0].get_segments()[0][0][1] == pytest.approx(groups["mean"].iloc[0])
    assert len(ax.collections[1].get_segments()) == len(groups) - 1


def test_a_curve_is_shown_as_inhibition_with_its_ic50_where_they_meet():
    result = drawn_result(Plan(pictures=False))
    folds = result.folds[result.folds["stimulus"] == "IL-6"]
    ax = plot_dose_response(folds, result.curve_points, result.potencies)
    assert "inhibition (%)" in ax.get_ylabel()
    cross = next(line for line in ax.lines if line.get_marker() == "|")
    assert cross.get_xdata()[0] == pytest.approx(math.log10(44.0))
    assert cross.get_ydata()[0] == pytest.approx(100 - (0.5 + 99.5 / 2), abs=0.2)
    assert sum(_points(ax, colour) for colour in COLOURS[:3]) == len(folds)
    words = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert "baricitinib: IC50 44 nM (35.2–55 nM)" in words


def test_treatments_in_different_units_share_one_axis_in_one_unit():
    result = drawn_result(Plan(pictures=False, treatments=("a", "b", "c")))
    folds = result.folds[result.folds["stimulus"] == "IL-6"]
    plain = plot_dose_response(folds, result.curve_points, result.potencies)

    def in_micromolar(table, unit, *doses):
        own = table["treatment"] == "b"
        scaled = {name: table[name].where(~own, table[name] / 1000.0) for name in doses}
        return table.assign(**scaled, **{unit: table[unit].mask(own, "µM")})

    ax = plot_dose_response(
        in_micromolar(folds, "dose_unit", "dose"),
        in_micromolar(result.curve_points, "dose_unit", "dose"),
        in_micromolar(result.potencies, "unit", "ic50", "ci_low", "ci_high"),
    )
    assert ax.get_xlabel() == "dose (nM)"
    assert len(ax.lines) == len(plain.lines)
    for line, same in zip(ax.lines, plain.lines, strict=True):
        assert np.asarray(line.get_xdata(), float) == pytest.approx(np.asarray(same.get_xdata(), float))
    words = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert words == [text.get_text() for legend in plain.artists for text in legend.get_texts()]


def test_molar_doses_and_masses_have_figures_of_their_own():
    result = drawn_result(Plan(pictures=False, treatments=("a", "b")))

    def in_mass(table, unit):
        return table.assign(**{unit: table[unit].mask(table["treatment"] == "b", "ng/mL")})

    for name, unit in {"folds": "dose_unit", "curve_points": "dose_unit", "potencies": "unit"}.items():
        setattr(result, name, in_mass(getattr(result, name), unit))
    drawn = list(draw_all(result, kinds=["dose_response"]))
    assert sorted(one.figure.axes[0].get_xlabel() for one in drawn) == ["dose (nM)", "dose (ng/mL)"]
    assert len({one.title for one in drawn}) == len({one.stem for one in drawn}) == 2
    tables = {name: getattr(result, name) for name in ("folds", "curve_points", "potencies")}
    whole = Result(**tables)
    with pytest.raises(TableError, match="name one treatment: treatment = 'a' in nM, 'b' in ng/mL"):
        whole.plot_dose_response()
    assert whole.plot_dose_response(treatment="a").get_xlabel() == "dose (nM)"
    alone = whole.plot_dose_response(treatment="b")
    assert alone.get_xlabel() == "dose (ng/mL)"
    words = [text.get_text() for legend in alone.artists for text in legend.get_texts()]
    assert [word.split(":")[0] for word in words if "IC50" in word] == ["b"]
    with pytest.raises(TableError, match="no row has treatment 'c'; known: a, b"):
        whole.plot_dose_response(treatment="c")


def test_an_ic50_below_the_doses_is_an_arrow_on_its_curve_and_no_mark_at_the_zero_dose():
    result = drawn_result(Plan(pictures=False))
    folds = result.folds[result.folds["stimulus"] == "IL-6"]
    potencies = result.potencies.assign(ic50=0.1, ci_low=0.05, ci_high=0.4)
    ax = plot_dose_response(folds, result.curve_points, potencies)
    axis = DoseAxis(folds["dose"])
    assert not [line for line in ax.lines if line.get_marker() == "|"]
    arrow = next(line for line in ax.lines if line.get_marker() == "<")
    assert axis.zero + axis.gap < arrow.get_xdata()[0] <= axis.low
    curve = result.curve_points[result.curve_points["dose"] > 0]
    level = 100 - np.interp(arrow.get_xdata()[0], np.log10(curve["dose"]), curve["fitted"])
    assert arrow.get_ydata()[0] == pytest.approx(level)
    reach = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 2.2]
    assert all(min(ends) > axis.zero + axis.gap for ends in reach)
    inside = plot_dose_response(folds, result.curve_points, result.potencies.assign(ci_low=0.01))
    assert [line.get_marker() for line in inside.lines].count("<") == 1  # the interval goes on, its mark stands
    assert [line.get_marker() for line in inside.lines].count("|") == 1


def test_an_open_interval_ends_in_an_arrow_and_an_undetermined_ic50_is_only_words():
    result = drawn_result(Plan(pictures=False, treatments=("a", "b")))
    potencies = result.potencies.copy()
    potencies.loc[0, ["ci_low", "ci_high"]] = [0.0, np.inf]
    potencies.loc[1, ["ic50", "ci_high", "note"]] = [NAN, np.inf, "> 1000 nM"]
    folds = result.folds[result.folds["stimulus"] == "IL-6"]
    ax = plot_dose_response(folds, result.curve_points, potencies)
    markers = [line.get_marker() for line in ax.lines]
    assert markers.count("<") == markers.count(">") == 1
    assert markers.count("|") == 1
    words = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert "b: IC50 > 1000 nM" in words


def test_a_plain_response_is_shown_as_it_is():
    points = pd.DataFrame({"treatment": "x", "dose": [0.0, 1.0, 10.0], "response": [9.0, 5.0, 2.0], "replicate": "1"})
    points = points.assign(target="JAK1", site="", quantity="")
    curve = pd.DataFrame({"treatment": "x", "dose": [0.0, 1.0, 10.0], "dose_unit": "", "fitted": [9.0, 5.0, 2.0]})
    curve = curve.assign(ci_low=curve["fitted"] - 1, ci_high=curve["fitted"] + 1)
    ax = plot_dose_response(points, curve, drawn_result().potencies.iloc[:0])
    assert ax.get_ylabel() == "JAK1\nresponse"
    assert ax.get_xlabel() == "dose"


def test_other_choices_are_drawn_beside_what_was_reported():
    table = drawn_result(Plan(pictures=False)).sensitivity
    ax = plot_sensitivity(table)
    reported = [segment[0][1] for segment in ax.collections[0].get_segments()]
    assert reported == pytest.approx(list(table[table["default"] & (table["choice"] == "background")]["fold"]))
    marks = sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() in "os^Dv")
    assert marks == int((~table["default"]).sum())


def test_bands_at_or_below_zero_are_counted_where_a_logarithm_cannot_show_them():
    bands = drawn_result(Plan(pictures=False)).bands.copy()
    bands.loc[bands.index[0], "volume"] = -5.0
    ax = plot_precision(bands)
    words = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert "1 of 54 bands at or below zero: not shown" in words
    assert plot_precision(bands.iloc[:0]).get_xlim() == pytest.approx((0.1, 100.0))


def test_boxes_are_orange_where_the_number_is_doubted_and_dashed_where_nothing_was_seen():
    assert band_look("saturated", True) == (FLAGGED, "-")
    assert band_look("below_loq", True) == (MEASURED, "-")
    assert band_look("below_lod", False) == (MEASURED, "--")
    assert band_look("edited", True) == (MEASURED, "-")


def test_a_panel_shows_membrane_above_and_below_the_measured_row_but_never_beyond_the_picture():
    result = drawn_result()
    image = result.images["image"].iloc[0]
    picture = result.pictures[image]
    lanes, bands = result.lanes[result.lanes["image"] == image], result.bands[result.bands["image"] == image]
    view = view_of(picture, lanes, bands)
    assert view.top == 0.0
    assert bands[bands["target"] != ""]["bottom"].max() < view.bottom <= picture.shape[0]
    assert view_of(picture, lanes, bands, whole=True).bottom == picture.shape[0]
    assert view_of(picture, lanes.iloc[:0], bands.iloc[:0]).right == picture.shape[1]


def test_a_blot_drawn_alone_has_a_box_for_every_band_and_the_pictures_grey():
    result = drawn_result()
    image = result.images["image"].iloc[0]
    lanes, bands = result.lanes[result.lanes["image"] == image], result.bands[result.bands["image"] == image]
    ax = plot_blot(result.pictures[image], lanes, bands, whole=True)
    assert len(ax.patches) == len(bands)
    assert (ax.images[0].get_clim()) == (0, 255)
    assert len(plot_blot(result.pictures[image], lanes, bands, boxes=False).patches) == 0


def _ladder(rows: list[float]) -> pd.DataFrame:
    base = {"scope": "membrane", "name": "m", "kind": "mass", "unit": "kDa", "se": 0.1, "note": ""}
    first = [base | {"parameter": "lane 1", "x": x, "value": 200.0 - x} for x in rows]
    other = [
        base | {"parameter": "lane 9", "x": 3.0, "value": 1.0},
        base | {"parameter": "lane 1 leave-one-out", "x": NAN, "value": 2.0},
    ]
    return pd.DataFrame(first + other)


def test_mass_marks_are_those_of_the_first_ladder_lane_and_never_on_each_other():
    marks = mass_marks(_ladder([80.0, 10.0, 100.0, 101.0]), "m")
    assert [(mark.row, mark.text) for mark in marks] == [(10.0, "190"), (80.0, "120"), (100.0, "100"), (101.0, "99")]
    assert [mark.row for mark in spaced(marks, 20.0, 200.0, 8.0)] == [80.0, 100.0]
    assert [mark.text for mark in mass_marks(_ladder([10.0]), "m", last=True)] == ["1"]
    assert mass_marks(_ladder([10.0]), "another") == []


def test_a_panel_with_a_ladder_has_its_masses_on_the_left():
    result = drawn_result(Plan(replicates=1, doses=(10.0, 100.0)))
    marks = mass_marks(_ladder([20.0, 60.0, 61.0, 100.0]), "m")
    figure = draw_panel(result.images, result.samples, result.lanes, result.bands, result.pictures, marks=marks)
    bare = draw_panel(result.images, result.samples, result.lanes, result.bands, result.pictures)
    assert "140" in _texts(figure.axes[0])
    assert "139" not in _texts(figure.axes[0])
    assert figure.axes[0].get_position().x0 > bare.axes[0].get_position().x0


def test_without_targets_every_band_has_its_box():
    result = drawn_result(Plan(replicates=1, doses=(10.0,)))
    bands = result.bands.assign(target="")
    figure = draw_panel(result.images, result.samples, result.lanes, bands, result.pictures)
    assert sum(len(ax.patches) for ax in figure.axes) == len(bands)


def test_the_masses_beside_a_panel_have_their_unit():
    result = drawn_result(Plan(replicates=1, doses=(10.0, 100.0)))
    tables = result.lanes, result.bands, result.pictures
    marks = mass_marks(_ladder([20.0, 60.0]), "m")
    for samples in (result.samples, result.samples.iloc[:0]):
        with_marks = draw_panel(result.images, samples, *tables, marks=marks)
        assert [_texts(ax).count("kDa") for ax in with_marks.axes] == [1, 0]
    assert "kDa" not in _texts(draw_panel(result.images, result.samples, *tables).axes[0])


def test_doubts_of_a_whole_picture_do_not_mark_its_bands():
    assert band_look("lossy;eight_bit", True) == (MEASURED, "-")
    assert band_look("lossy;speck", True) == (FLAGGED, "-")


def test_a_figure_is_as_wide_as_what_stands_in_it():
    result = drawn_result(Plan(pictures=False))
    for ax in (plot_groups(result.folds, result.groups), plot_sensitivity(result.sensitivity)):
        figure = ax.get_figure()
        figure.canvas.draw()
        assert ax.yaxis.label.get_window_extent().x0 < 0.03 * figure.bbox.width
        assert ax.get_window_extent().x1 > 0.97 * figure.bbox.width


def test_an_interval_that_dwarfs_the_data_is_cut_and_marked():
    result = drawn_result(Plan(pictures=False))
    groups = result.groups.copy()
    groups.loc[3, "ci_high"] = 40.0
    ax = plot_groups(result.folds, groups)
    assert ax.get_ylim()[1] < 4.0
    arrows = [line for line in ax.lines if line.get_marker() == "^" and line.get_color() == "black"]
    assert [round(float(x)) for x in arrows[0].get_xdata()] == [3]


def test_a_long_reference_is_written_in_full_and_without_its_cell():
    result = drawn_result(Plan(pictures=False))
    name = "IL-6 + sIL-6R + DMSO 0.1 % (v/v)"
    folds = result.folds.assign(reference=f"{name} (time_min 0)", time_min="0")
    label = plot_groups(folds, result.groups.assign(time_min="0")).get_ylabel()
    assert label.replace("\n", " ") == f"pSTAT3 (Y705) / STAT3 fold of {name}"
    both = folds.assign(reference="a (time_min 0); a (time_min 5)")
    assert plot_groups(both, result.groups.assign(time_min="0")).get_ylabel().endswith("fold of a")
    assert plot_groups(folds.assign(reference="a; b"), result.groups).get_ylabel().endswith("fold of reference")


def _course(cells: tuple[str, ...] = ("HeLa", "Jurkat"), times: tuple[int, ...] = (5, 30)) -> pd.DataFrame:
    """One row a condition of a time course: unstimulated at time 0, then two stimuli along the times."""
    rows = [("none", 0), *[(stimulus, time) for stimulus in ("IL-6", "IFN") for time in times]]
    table = pd.DataFrame([(cell, *row) for cell in cells for row in rows], columns=["cell", "stimulus", "time_min"])
    return table.assign(treatment="vehicle", dose=NAN, dose_unit="")


def test_times_stand_next_to_the_lanes_and_cells_farthest_out():
    rows = label_rows(conditions(_course(), ["cell", "time_min"]), 40.0)
    told = [(row.name, row.bracket, [label.text for label in row.labels]) for row in rows]
    assert told == [
        ("time (min)", False, ["0", "5", "30", "5", "30"] * 2),
        ("", False, ["vehicle"] * 10),
        ("", True, ["none", "IL-6", "IFN"] * 2),
        ("cell", True, ["HeLa", "Jurkat"]),
    ]
    assert [row.start for row in rows] == sorted(row.start for row in rows)
    assert names_width(conditions(_course(), ["cell", "time_min"])) > text_size("time (min)", 6.5)[0]


def test_what_is_the_same_over_all_lanes_is_not_written_over_them():
    places = conditions(_course(cells=("HeLa",)), ["cell", "time_min"])
    assert [row.name for row in label_rows(places, 40.0)] == ["time (min)", "", ""]
    assert names_width(conditions(_course())) == 0.0


def test_a_bracket_of_a_stimulus_ends_where_the_cell_does():
    lanes = [("none", "HeLa"), ("IL-6", "HeLa"), ("IL-6", "HeLa"), ("IL-6", "Jurkat"), ("none", "Jurkat")]
    places = [Condition(stimulus, "vehicle", NAN, "", (("cell", cell),)) for stimulus, cell in lanes]
    rows = label_rows(places, 40.0)
    assert [label.text for label in rows[1].labels] == ["none", "IL-6", "IL-6", "none"]
    assert [(label.text, label.first, label.last) for label in rows[2].labels] == [("HeLa", 0, 2), ("Jurkat", 3, 4)]
    alternating = [Condition("IL-6", "vehicle", NAN, "", (("cell", cell),)) for cell in ("HeLa", "Jurkat") * 2]
    assert [[label.text for label in row.labels] for row in label_rows(alternating, 40.0)] == [
        ["HeLa", "Jurkat"] * 2,
        ["vehicle"] * 4,
        ["IL-6"],
    ]


def test_conditions_of_a_time_course_rise_in_time_and_doses_stand_together_at_each_time():
    table = _course(cells=("HeLa",), times=(30, 5)).iloc[::-1]
    assert [(one.stimulus, one.cell[1][1]) for one in conditions(table, ["cell", "time_min"])] == [
        ("IFN", "5"),
        ("IFN", "30"),
        ("IL-6", "5"),
        ("IL-6", "30"),
        ("none", "0"),
    ]
    dosed = pd.DataFrame({"stimulus": "s", "treatment": "d", "dose": [1.0, 2.0] * 2, "dose_unit": "nM"})
    dosed["time_h"] = [24.0, 24.0, 2.0, 2.0]
    assert [(one.cell[0][1], one.dose) for one in conditions(dosed, ["time_h"])] == [
        ("2", 1.0),
        ("2", 2.0),
        ("24", 1.0),
        ("24", 2.0),
    ]


def test_a_blank_cell_is_blank_and_numbers_are_read_as_such():
    table = pd.DataFrame({"time_min": [5.0, NAN], "cell": ["a", None]})
    assert cell_values(table, "time_min") == ["5", ""]
    assert cell_values(table, "cell") == ["a", ""]
    assert cell_values(table, "donor") == ["", ""]
    assert as_numbers(["", ""]) is None
    assert as_numbers(["inf"]) is None
    assert column_name("time_h") == "time (h)"
    assert column_name("h") == "h"


def test_lanes_tell_their_cells_and_ladders_have_none():
    samples = pd.DataFrame(
        {"lane": [1, 2], "treatment": ["", "drug"], "role": ["ladder", "sample"], "dose": NAN, "time_min": [0.0, 5.0]}
    )
    cells = [one.cell for one in lane_conditions(samples, [1, 2, 3], ["time_min"])]
    assert cells == [(("time_min", ""),), (("time_min", "5"),), (("time_min", ""),)]


def test_conditions_stand_in_the_order_of_the_lanes():
    result = drawn_result(Plan(pictures=False))
    shuffled = result.groups.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(in_order(shuffled, result.folds).reset_index(drop=True), result.groups)
    assert in_order(shuffled.iloc[:0], result.folds).empty


def test_images_of_a_membrane_are_ordered_phospho_total_loading():
    images = pd.DataFrame(
        {"image": list("abcd"), "target": ["ACTB", "S1", "S1", "S3"], "form": ["loading", "total", "phospho", "total"]}
    )
    assert list(order_images(images)["image"]) == ["c", "b", "d", "a"]
    assert image_label(pd.Series({"target": "S1", "site": "", "form": "phospho"})) == "pS1"


def test_lanes_without_a_sample_are_blank_and_ladders_are_named():
    samples = pd.DataFrame(
        {"lane": [1, 2], "treatment": ["", "drug"], "role": ["ladder", "sample"], "dose": [NAN, 5.0]}
    )
    first, second, third = lane_conditions(samples, [1, 2, 3])
    assert (first.treatment, second.treatment, third.treatment) == ("ladder", "drug", "")
    assert second.dose == 5.0


def test_a_membrane_without_samples_still_has_its_panel():
    result = drawn_result(Plan(replicates=1, doses=(10.0,)))
    figure = draw_panel(result.images, result.samples.iloc[:0], result.lanes, result.bands, result.pictures)
    assert len(figure.axes) == 2


def test_replicates_keep_their_looks_and_many_are_counted():
    assert len({series_style(place) for place in range(56)}) == 56
    entries = replicate_entries([f"r{place}" for place in range(14)])
    labels = [str(handle.get_label()) for handle in entries.handles]
    assert entries.heading == "replicate:"
    assert len(labels) == 12
    assert labels[0] == "r0"
    assert labels[-1] == "and 3 more"


def _entries(*labels: str, heading: str = "") -> Entries:
    return Entries([Line2D([], [], label=label) for label in labels], heading)


def test_a_legend_takes_the_room_that_it_announces():
    entries = _entries(*[f"entry {place}" for place in range(6)])
    assert legends_height([entries], 1000.0) < legends_height([entries], 80.0)
    ax = new_axes(80.0, 40.0)
    add_legends(ax, [entries, Entries()], 200.0)
    assert len(ax.artists) == 1


def test_a_legend_column_is_as_wide_as_its_own_entries():
    names = ["much longer", "1", "2", "3", "4", "5"]
    assert legends_height([_entries(*names)], 220.0) == legends_height([_entries(names[0])], 220.0)


def test_an_entry_too_wide_for_the_legend_goes_on_in_a_second_line():
    name = "tofacitinib (cell HeLa): IC50 0.0751 µM (0.0535–0.0998 µM)"
    (label,) = _entries(name).labels(204.0)
    assert label.replace("\n", " ") == name
    assert label.count("\n") == 1
    assert text_size(label, 6.5)[0] < 204.0 - 20.0
    assert legends_height([_entries(name)], 204.0) > legends_height([_entries("short")], 204.0) + 6.5


def test_a_heading_stands_before_the_entries_and_takes_no_place_among_them():
    ax = new_axes(80.0, 40.0)
    entries = _entries("exp 1", "exp 2", "exp 3", "exp 4", heading="replicate:")
    add_legends(ax, [entries], 215.0)
    assert "replicate:" in _texts(ax)
    assert [len(column) for column in entries.columns(215.0)] == [1, 1, 1, 1]
    assert [len(column) for column in entries.columns(150.0)] == [2, 2]


def test_markers_without_named_replicates_are_explained_as_they_are():
    entries = replicate_entries([""])
    assert [handle.get_label() for handle in entries.handles] == ["one lane or well"]
    assert entries.heading == ""


def test_other_choices_are_named_without_setting_syntax():
    assert option_name("background", "rubber_band") == "background: rubber band"
    assert option_name("control", "across = alignment") == "blocks: scaled by alignment"


def test_own_axes_keep_their_figure_and_the_callers_settings():
    result = drawn_result(Plan(pictures=False))
    figure = Figure(figsize=(4, 3))
    ax = figure.add_subplot()
    size = ax.xaxis.label.get_size()
    assert plot_groups(result.folds, result.groups, ax=ax) is ax
    assert tuple(figure.get_size_inches()) == (4, 3)
    assert ax.xaxis.label.get_size() == size


def test_stems_are_plain_and_never_alike():
    result = drawn_result(Plan(targets=("../a", "..\\A"), replicates=1, pictures=False, doses=(1.0, 10.0)))
    stems = [drawn.stem for drawn in draw_all(result)]
    assert len({stem.lower() for stem in stems}) == len(stems)
    assert all(stem.replace("_", "").replace("-", "").isalnum() for stem in stems)


def _drawn(result) -> dict[str, str]:
    return {drawn.stem: drawn.title for drawn in draw_all(result, kinds=("groups",))}


def test_times_are_an_axis_and_what_has_doses_stands_side_by_side_as_well():
    name = "pSTAT3 (Y705) / STAT3"
    assert _drawn(with_course(drawn_result(Plan(doses=(10.0,), pictures=False)))) == {
        "course_STAT3_Y705_PS": f"{name} along time (min)"
    }
    assert _drawn(with_course(drawn_result(Plan(doses=(1.0, 10.0, 100.0), pictures=False)), (5.0, 60.0))) == {
        "course_STAT3_Y705_PS": f"{name} along time (min)",
        "groups_STAT3_Y705_PS": f"{name} by treatment, dose and time",
    }


def test_cells_stand_in_one_figure_as_long_as_it_fits_a_page():
    result = drawn_result(Plan(pictures=False))
    name = "pSTAT3 (Y705) / STAT3"
    for count, titles in ((3, [f"{name} by treatment, dose and donor"]), (4, None)):
        cells = [str(place) for place in range(1, count + 1)]
        many = SimpleNamespace(**vars(result))
        for table in ("folds", "groups", "sensitivity"):
            rows = getattr(result, table)
            setattr(many, table, pd.concat([rows.assign(donor=cell) for cell in cells], ignore_index=True))
        expected = titles or [f"{name}, donor {cell} by treatment and dose" for cell in cells]
        assert list(_drawn(many).values()) == expected
        assert len(list(draw_all(many, kinds=("sensitivity",)))) == len(expected)


def test_numbers_that_name_things_are_no_axis():
    def column(name: str, values: tuple[object, ...]) -> str:
        rows = pd.concat([_course(cells=("a",), times=(5,)).drop(columns=["cell", "time_min"])] * len(values))
        return course_column(rows.assign(**{name: np.repeat(values, 3)}))

    assert column("time_min", (1, 2, 3)) == "time_min"
    assert column("density", (0.5, 1.0)) == "density"
    assert column("set", (1, 2, 3)) == ""
    assert column("donor", (101, 117)) == ""
    assert column("stage", ("early", "late")) == ""
    assert column("time_min", (5,)) == ""


def test_a_course_has_a_line_for_what_was_done_and_its_replicates_as_points():
    result = with_course(drawn_result(Plan(doses=(10.0, 1000.0), pictures=False)))
    ax = plot_course(result.folds, result.groups, along="time_min")
    lines = [line for line in ax.lines if line.get_linestyle() not in ("None", "none") and len(line.get_xdata()) == 4]
    assert len(lines) == 4
    assert [round(x) for x in lines[1].get_xdata()] == [0, 5, 15, 60]
    assert list(lines[1].get_ydata()) == pytest.approx([1.0, 2.0, 4.0, 8.0])
    (_, legend) = ax.artists
    assert [text.get_text() for text in legend.get_texts()] == [
        "none, vehicle",
        "IL-6, vehicle",
        "IL-6, baricitinib, 10 nM",
        "IL-6, baricitinib, 1000 nM",
    ]
    assert ax.get_xlabel() == "time (min)"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "5", "15", "60"]
    looks = {(line.get_color(), str(line._unscaled_dash_pattern), line.get_marker()) for line in lines}
    assert [len({look[part] for look in looks}) for part in range(3)] == [4, 4, 4]
    small = sum(len(line.get_xdata()) for line in ax.lines if line.get_alpha() is not None)
    assert small == len(result.folds)


def test_a_lane_without_a_time_stands_left_of_the_axis_and_wide_times_are_logarithmic():
    table = with_course(drawn_result(Plan(doses=(10.0,), pictures=False)), (5.0, 15.0, 60.0))
    groups = table.groups.copy()
    groups.loc[groups["time_min"] == 5.0, "time_min"] = NAN
    folds = table.folds.copy()
    folds.loc[folds["time_min"] == 5.0, "time_min"] = NAN
    ax = plot_course(folds, groups, along="time_min")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["–", "15", "60"]
    assert list(ax.get_xticks()) == sorted(ax.get_xticks())
    wide = with_course(drawn_result(Plan(doses=(10.0,), pictures=False)), (0.0, 5.0, 60.0, 1440.0))
    ax = plot_course(wide.folds, wide.groups, along="time_min")
    ticks = dict(zip([text.get_text() for text in ax.get_xticklabels()], ax.get_xticks(), strict=True))
    assert ticks["1440"] - ticks["60"] == pytest.approx(math.log10(24))
    assert ticks["0"] < ticks["5"]
    close = with_course(drawn_result(Plan(doses=(10.0,), pictures=False)), (0.0, 59.0, 60.0))
    ax = plot_course(close.folds, close.groups, along="time_min")
    assert list(ax.get_xticks()) == [0.0, 59.0, 60.0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "", "60"]
    with pytest.raises(TableError, match="no numbers; take"):
        plot_course(wide.folds, wide.groups.assign(time_min="late"), along="time_min")


def test_a_replicate_without_a_point_is_not_in_the_legend_and_a_lane_says_why_it_has_none():
    result = drawn_result(Plan(pictures=False))
    folds = result.folds.copy()
    folds.loc[folds["replicate"] == "r1", "fold"] = NAN
    ax = plot_groups(folds, result.groups)
    texts = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert {"r1", "r2", "r3"} & set(texts) == {"r2", "r3"}
    assert "no value (its reference has none)" in texts
    markers = {line.get_marker() for line in ax.lines if len(line.get_xdata()) and line.get_color() != "black"}
    assert markers & set("os^") == {"s", "^"}
    folds.loc[folds["replicate"] == "r1", "ratio"] = NAN
    assert "no value (saturated or without partner)" in [
        text.get_text() for legend in plot_groups(folds, result.groups).artists for text in legend.get_texts()
    ]


def test_a_dose_has_its_mean_and_the_spread_of_replicates_or_of_wells_where_there_is_one():
    points = pd.DataFrame(
        {"dose": [1.0, 1.0, 1.0, 1.0, 10.0, 10.0, 10.0, 100.0], "replicate": ["a", "a", "b", "b", "a", "a", "a", "a"]}
    )
    values = np.array([10.0, 20.0, 30.0, 50.0, 1.0, 3.0, NAN, 7.0])
    table = spreads(points, values).set_index("dose")
    assert list(table.index) == [1.0, 10.0]
    assert tuple(table.loc[1.0]) == (27.5, pytest.approx(math.sqrt(312.5)), "replicates")
    assert tuple(table.loc[10.0]) == (2.0, pytest.approx(math.sqrt(2.0)), "wells")


def _spread_bars(ax) -> list[np.ndarray]:
    return [segment for bars in ax.containers for segment in bars[2][0].get_segments()]


def test_mean_and_spread_of_inhibition_stand_at_each_dose():
    result = drawn_result(Plan(pictures=False))
    ax = plot_dose_response(result.folds, result.curve_points, result.potencies)
    at = result.folds[(result.folds["dose"] == 10.0)].groupby("replicate")["percent_inhibition"].mean()
    (bar,) = [segment for segment in _spread_bars(ax) if segment[0][0] == pytest.approx(1.0)]
    assert sorted(bar[:, 1]) == pytest.approx([at.mean() - at.std(ddof=1), at.mean() + at.std(ddof=1)])
    texts = [text.get_text() for legend in ax.artists for text in legend.get_texts()]
    assert "mean ± SD of replicates" in texts
    alone = drawn_result(Plan(pictures=False, replicates=1))
    assert not _spread_bars(plot_dose_response(alone.folds, alone.curve_points, alone.potencies))


def test_ten_compounds_are_told_apart_by_colour_dash_and_marker():
    names = tuple(f"compound {place}" for place in range(10))
    result = drawn_result(Plan(treatments=names, replicates=9, pictures=False))
    ax = plot_dose_response(result.folds, result.curve_points, result.potencies)
    legend = next(one for one in ax.artists if one.get_texts()[0].get_text().startswith("compound 0"))
    looks = [(line.get_color(), str(line._unscaled_dash_pattern), line.get_marker()) for line in legend.get_lines()]
    assert len(looks) == 10
    for (place, one), (other_place, other) in itertools.combinations(enumerate(looks), 2):
        differ = sum(a != b for a, b in zip(one, other, strict=True))
        assert differ >= 2, (place, other_place)
    means = {bars[0].get_marker() for bars in ax.containers if bars[0].get_color() != "black"}
    assert means == {look[2] for look in looks}
    texts = [text.get_text() for one in ax.artists for text in one.get_texts()]
    assert "small: one lane or well of 9 replicates" in texts


def test_many_wells_at_a_dose_are_drawn_small_and_light():
    result = drawn_result(Plan(pictures=False))
    one = plot_dose_response(result.folds, result.curve_points, result.potencies)
    many = pd.concat([result.folds] * 6, ignore_index=True)
    crowd = plot_dose_response(many, result.curve_points, result.potencies)
    sizes = [{line.get_alpha() for line in ax.lines if line.get_marker() in "os^"} for ax in (one, crowd)]
    assert None in sizes[0]
    assert sizes[1] == {0.35}


def test_a_response_that_is_a_fold_or_a_ratio_is_called_so():
    result = drawn_result(Plan(pictures=False))
    rows = result.folds.assign(percent_activity=NAN, response=result.folds["fold"])
    assert (
        plot_dose_response(rows, result.curve_points, result.potencies).get_ylabel().endswith("fold of IL-6 + vehicle")
    )
    rows = rows.assign(fold=NAN, reference="", response=rows["ratio"])
    assert plot_dose_response(rows, result.curve_points, result.potencies).get_ylabel().endswith("ratio [AU]")
    plain_table = rows.assign(target="", site="", quantity="")
    assert plot_dose_response(plain_table, result.curve_points, result.potencies).get_ylabel() == "response"


def test_captions_of_curves_give_n_and_call_replicates_biological_only_where_blots_say_so():
    def caption(result) -> str:
        return next(draw_all(result, kinds=("dose_response",))).caption

    assert "against dose, n = 3 biological replicates." in caption(drawn_result(Plan(pictures=False)))
    assert "its 95 % band, of these replicates alone;" in caption(drawn_result(Plan(pictures=False)))
    table = fitted_only()
    assert "n = 3 replicates." in caption(table)
    assert "biological" not in caption(table)
    assumed = drawn_result(Plan(pictures=False))
    assumed.folds["flags"] = "replicate_assumed"
    assert "n = 3 membranes taken as biological replicates." in caption(assumed)


def test_lines_are_told_apart_in_colour_and_without():
    looks = [line_look(place) for place in range(28)]
    assert len(set(looks)) == 28
    assert len({(look.marker, look.dash) for look in looks[:8]}) == 8
    assert all(one.colour != other.colour for one, other in itertools.pairwise(looks))
    assert all(one.dash != other.dash for one, other in itertools.pairwise(looks))


def test_png_has_the_resolution_asked_for():
    figure = new_axes(25.4, 25.4).figure
    png = figure_bytes(figure, "png", dpi=200)
    assert png[16:24] == (200).to_bytes(4, "big") * 2


def test_pictures_do_not_load_matplotlib():
    code = "import sys, blotquant.figures.pictures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_figure_is_an_attribute_error():
    import blotquant.figures as figures

    assert "plot_groups" in dir(figures)
    with pytest.raises(AttributeError, match="plot_pie"):
        _ = figures.plot_pie
