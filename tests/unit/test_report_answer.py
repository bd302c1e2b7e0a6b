"""The answer: the main result leads, what is determined or significant before what is not, and the rest is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from blotquant.figures import draw_all
from blotquant.figures.grouped import plot_groups
from blotquant.grouping import summarise
from blotquant.report.answer import answer
from blotquant.report.card import report_card
from blotquant.report.grids import grids
from blotquant.report.leading import leading
from blotquant.report.page import missing_parts, render
from blotquant.report.worries import general_warnings
from tests.drawn_result import Plan, drawn_result, fitted_only

DRUGS = ("ruxolitinib", "baricitinib")


def with_loading(plan: Plan):
    """A drawn study with P/L and S/L beside P/S, in the order in which the tables sort them; S/L tells no IC50."""
    result = drawn_result(plan)
    for name in ("folds", "ratios", "groups", "tests", "curves", "potencies", "curve_points"):
        table = getattr(result, name)
        others = [table.assign(quantity="S/L", site=""), table.assign(quantity="P/L")]
        if name == "potencies":
            others[0] = others[0].assign(ic50=np.nan, hill=np.nan, note="> 1000 nM (no effect)", ci_high=np.inf)
        setattr(result, name, pd.concat([*others, table], ignore_index=True))
    return result


def test_phospho_over_total_leads_and_the_other_quantities_are_counted_with_what_they_came_to():
    result = with_loading(Plan(treatments=DRUGS, pictures=False))
    said = answer(result)
    assert "lowers pSTAT3 (Y705) / STAT3 under IL-6 with an IC50" in said[0]
    assert "lowers pSTAT3 (Y705) / STAT3 under IL-6 with an IC50" in said[1]
    assert "pSTAT3 (Y705) / loading" in said[2]
    assert said[4] == "2 more IC50s stand in the tables below, none determined (STAT3 / loading)."
    table = grids(result)["potencies"][0]
    assert [row[0] for row in table.rows[::2]] == [
        "pSTAT3 (Y705) / STAT3",
        "pSTAT3 (Y705) / loading",
        "STAT3 / loading",
    ]


def test_the_figure_beside_the_answer_shows_what_the_answer_leads_with():
    result = with_loading(Plan(doses=(3.0, 30.0, 300.0), pictures=False))
    drawn = [each.stem for each in draw_all(result, kinds=("groups",))]
    assert drawn == ["groups_STAT3_Y705_PS", "groups_STAT3_Y705_PL", "groups_STAT3_SL"]
    page = render(result)
    assert "Dose-response of pSTAT3 (Y705) / STAT3" in page[: page.index("What to doubt")]


def test_of_several_compounds_the_most_potent_comes_first_whatever_its_unit():
    result = drawn_result(Plan(treatments=("a", "b", "c", "d", "e"), pictures=False))
    values = pd.DataFrame({"ic50": [np.nan, 5.0, 0.002, 30.0, 0.5], "unit": ["nM", "nM", "µM", "nM", "nM"]})
    result.potencies = result.potencies.assign(**values)
    assert list(leading(result)[1]["treatment"]) == ["e", "c", "b", "d", "a"]
    assert answer(result)[4].startswith("1 more IC50 stands in the tables below, none determined (")


def test_a_compound_that_raises_activity_has_an_ec50():
    result = drawn_result(Plan(pictures=False))
    assert "EC50" not in grids(result)["potencies"][0].note
    result.potencies = result.potencies.assign(hill=-1.0)
    assert "raises pSTAT3 (Y705) / STAT3 under IL-6 with an EC50 of" in answer(result)[0]
    assert "brings half of it (EC50)" in grids(result)["potencies"][0].note


def compared():
    """A study without doses: five treatments of two sites, the first site's without an effect."""
    result = drawn_result(Plan(treatments=tuple("abcde"), doses=(10.0, 100.0), pictures=False))
    result.potencies = result.potencies.iloc[:0]
    first = result.tests.assign(site="S727", p=0.3, p_adjusted=0.6)
    result.tests = pd.concat([first, result.tests.assign(p=1e-4, p_adjusted=1e-3)], ignore_index=True)
    return result


def test_significant_comparisons_stand_before_the_others_and_the_rest_is_counted_row_by_row():
    result = compared()
    said = answer(result)
    assert [("Y705" in text, "p = 0.001" in text) for text in said[:4]] == [(True, True)] * 4
    sizes = leading(result)[1]["effect"].map(np.log).abs()
    assert sizes.iloc[:5].is_monotonic_decreasing  # the strongest on top
    assert said[4] == "16 more comparisons stand in the tables below, 6 of them with p below 0.05."


def test_comparisons_beside_a_single_one_that_is_told_are_counted_too():
    result = drawn_result(Plan(pictures=False))
    result.potencies = result.potencies.iloc[:0]
    result.tests = result.tests.assign(p_adjusted=[0.5, 0.5, 0.01, 0.01, 0.01, 0.01, 0.01])
    said = "6 more comparisons stand in the tables below, 4 of them with p below 0.05."
    assert answer(result)[1] == said
    result.tests = leading(result)[1]
    assert not any("more comparison" in text for text in answer(result))


def test_of_the_doses_of_a_treatment_the_largest_significant_effect_is_told():
    result = compared()
    result.tests = result.tests[result.tests["treatment"] == "a"].reset_index(drop=True)
    result.tests.loc[result.tests["dose"] == 100.0, ["p", "p_adjusted"]] = 0.2
    assert answer(result)[0].startswith("With IL-6, a 10 nM, pSTAT3 (Y705)")


def test_the_total_of_a_target_with_a_phospho_form_is_no_answer_but_that_of_another_is():
    result = compared()
    total = result.tests[result.tests["treatment"] == "a"].assign(quantity="S/L", site="")
    result.tests = pd.concat([total, total.assign(target="SOCS3"), result.tests], ignore_index=True)
    rows = leading(result)[1]
    assert set(rows.loc[rows["quantity"] == "S/L", "target"]) == {"SOCS3"}
    assert rows["quantity"].iloc[-1] == "S/L"


def with_lost_lanes():
    """The first membrane's reference is saturated, and so are two lanes of the second."""
    result = drawn_result(Plan(pictures=False))
    for name in ("folds", "ratios"):
        table = getattr(result, name).copy()
        first = (table["membrane"] == "STAT3 blot 1").to_numpy()
        burnt = ((table["membrane"] == "STAT3 blot 2") & table["lane"].isin([4, 5])).to_numpy()
        table["flags"] = table["flags"].mask(first, "reference_saturated").mask(burnt, "saturated")
        table["ratio"] = table["ratio"].mask(burnt)
        if name == "folds":
            table["fold"] = table["fold"].mask(first | burnt)
        setattr(result, name, table)
    return result


def test_lanes_that_lost_their_value_are_named_and_their_bands_are_not_behind_the_answer():
    lost = "STAT3 blot 1: 9 lanes (reference saturated); STAT3 blot 2: 2 lanes (saturated)"
    assert "of the 54 bands behind this" in answer(drawn_result(Plan(pictures=False)))[-1]
    result = with_lost_lanes()
    assert answer(result)[1] == f"In no group or curve, for want of a value: {lost}."
    assert answer(result)[2] == "None of the 32 bands behind this is in doubt."
    card = {point.asked: point for point in report_card(result)}
    assert card["Lanes left out are named"].evidence == f"none left out on request; without a value – {lost}"


def without_any_reference():
    """The maximum is saturated on every membrane, so no lane has a fold, and no group a mean."""
    result = drawn_result(Plan(pictures=False))
    burnt = (result.folds["role"] == "maximum").to_numpy()
    flags = pd.Series(np.where(burnt, "saturated", "reference_saturated"))
    result.ratios = result.ratios.assign(ratio=result.ratios["ratio"].mask(burnt))
    result.folds = result.folds.assign(ratio=result.ratios["ratio"], fold=np.nan, response=np.nan, flags=flags)
    result.groups = summarise(result.folds.assign(is_reference=burnt))
    result.potencies, result.tests = result.potencies.iloc[:0], result.tests.iloc[:0]
    return result


def test_where_every_reference_is_lost_ratios_stand_for_no_fold_in_answer_figure_and_page():
    result = without_any_reference()
    assert result.groups["mean"].isna().all()
    assert answer(result)[0] == "pSTAT3 (Y705) / STAT3 has no fold: no lane of IL-6 + vehicle has a value."
    assert "STAT3 blot 1: 8 lanes (reference saturated) and 1 lane (saturated)" in answer(result)[1]
    assert len(answer(result)) == 2  # no band is behind it
    axes = plot_groups(result.folds, result.groups)
    assert "fold of IL-6 + vehicle" in axes.get_ylabel().replace("\n", " ")
    assert any(text.startswith("No folds: no lane of the reference has a value") for text in missing_parts(result))


def test_of_several_quantities_the_one_that_lost_its_value_is_named_and_a_lane_left_out_counts_once():
    result = with_lost_lanes()
    other = result.folds.assign(quantity="P/L", ratio=1.0, fold=1.0, flags="")
    result.folds = pd.concat([other, result.folds], ignore_index=True)
    result.ratios = pd.concat([result.ratios.assign(quantity="P/L"), result.ratios], ignore_index=True)
    assert "of a value: pSTAT3 (Y705) / STAT3 – STAT3 blot 1: 9 lanes" in answer(result)[1]
    assert "of the 54 bands" in answer(result)[2]
    result.folds.loc[result.folds["lane"] == 9, "flags"] = "excluded"
    card = {point.asked: point for point in report_card(result)}
    assert card["Lanes left out are named"].evidence.startswith("3 lanes left out on request")
    assert "of the 48 bands" in answer(result)[2]


def test_a_fit_that_asks_for_a_look_stands_among_the_doubts_and_then_nothing_says_there_are_none():
    result = fitted_only()
    result.record["warnings"], result.quality = [], result.quality.iloc[:0]
    result.folds = result.folds.assign(flags="")
    assert "nothing was warned of" in render(result)
    result.potencies = result.potencies.assign(note="lack of fit (p = 5e-14): compare points and curve")
    told = "The curve of baricitinib on pSTAT3 (Y705) / STAT3 under IL-6: lack of fit (p = 5e-14): compare points"
    assert general_warnings(result)[0].startswith(told)
    doubts = render(result).partition("What to doubt")[2]
    assert "lack of fit" in doubts
    assert "No flag was raised" not in doubts
    result.potencies = result.potencies.assign(ic50=np.nan, note="> 1000 nM")
    assert general_warnings(result) == []
