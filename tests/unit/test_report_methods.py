"""The methods paragraph and the notes beside the tables say what was done, and nothing that was not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.figures import draw_all
from blotquant.report.grids import grids
from blotquant.report.methods import methods
from blotquant.settings import Settings, override
from tests.drawn_result import Plan, drawn_result, fitted_only


def said(result) -> str:
    return methods(result)[0]


def with_control(form: str, targets: tuple[str, ...], *, parallel: bool = False):
    """A drawn study with a picture of each loading control beside every membrane; totals apart where parallel."""
    result = drawn_result(Plan(pictures=False))
    if parallel:
        total = result.images["form"] == "total"
        result.images["membrane"] = result.images["membrane"].mask(total, result.images["membrane"] + " total")
    blank = {"site": "", "mode": "", "antibody": "", "rrid": "", "dilution": "", "detection": ""}
    own = [
        {"image": f"{membrane} {name}", "membrane": membrane, "target": name, "form": form, **blank}
        for membrane in dict.fromkeys(result.images["membrane"])
        for name in targets
    ]
    result.images = pd.concat([result.images, pd.DataFrame(own)], ignore_index=True)
    for name in ("ratios", "folds"):
        table = getattr(result, name)
        others = [table.assign(quantity="S/L", site=""), table.assign(quantity="P/L")]
        setattr(result, name, pd.concat([*others, table], ignore_index=True))
    return result


def test_a_loading_control_is_named_wherever_it_enters():
    text = said(with_control("loading", ("actin",)))
    assert "phospho signal was divided by its total signal (loading cancels); " in text
    assert "phospho and total signals were divided by actin of the same lane" in text
    text = said(with_control("loading", ("actin",), parallel=True))
    assert "divided by its total signal, each corrected for loading by actin; " in text
    text = said(with_control("loading", ("actin", "GAPDH")))
    assert "divided by the geometric mean of actin and GAPDH, each over its own mean of the membrane of" in text
    assert "divided by the total protein stain of the same lane" in said(with_control("stain", ("total protein",)))
    bare = said(drawn_result(Plan(pictures=False)))
    assert "loading" not in bare
    assert "divided by its total signal." in bare


def test_what_images_were_probed_with_is_told():
    text = said(drawn_result(Plan(pictures=False)))
    assert "Probes – rabbit anti-STAT3, AB_2491009, 1:2000, ECL." in text


@pytest.mark.parametrize(
    ("across", "words"),
    [
        ("alignment", "Membranes were brought to one scale by all conditions that they share"),
        ("sum", "Membranes were brought to one scale by the sum over the conditions that lie on every membrane"),
        ("fixed", "Membranes were brought to one scale by the reference lanes of each"),
        ("none", "Membranes were not scaled"),
    ],
)
def test_how_membranes_came_to_one_scale_is_told(across: str, words: str):
    result = drawn_result(Plan(pictures=False))
    assert "relative to IL-6 + vehicle of the same biological replicate" in said(result)
    assert grids(result)["groups"][0].note.endswith("over the mean of the reference lanes of its block.")
    result.settings = override(Settings(), [f"normalisation.across={across}"])
    assert words in said(result)
    assert "relative to IL-6 + vehicle, averaged over all membranes" in said(result)
    assert "of the same biological replicate" not in said(result)
    assert "reference lanes of all blocks" in grids(result)["groups"][0].note


def test_between_which_controls_percent_inhibition_runs_is_told():
    result = drawn_result(Plan(pictures=False))
    told = "Percent inhibition runs from IL-6 + vehicle (0 %) to vehicle (100 %), controls of the same biological"
    assert told in said(result)
    result.folds = result.folds[result.folds["role"] != "minimum"]
    assert "to a ratio of zero (100 %)" in said(result)
    result.folds = result.folds.assign(percent_inhibition=np.nan)
    assert "Percent inhibition" not in said(result)


def test_repeats_and_saturated_lanes_are_spoken_of_only_where_there_are_some():
    result = drawn_result(Plan(pictures=False))
    assert "averaged;" not in said(result)
    assert "aturated" not in said(result)
    result.groups = result.groups.assign(n_technical=result.groups["n"] * 2)
    assert "Lanes of one replicate and condition were averaged; n = 3 counts biological replicates" in said(result)
    result.ratios.loc[3, "flags"] = "saturated"
    assert "Lanes with saturated bands were left out." in said(result)
    result.settings = override(Settings(), ["matching.saturated=use"])
    assert "Saturated bands were used all the same." in said(result)


def test_membranes_that_were_only_assumed_to_be_replicates_are_called_so():
    result = drawn_result(Plan(pictures=False))
    result.groups = result.groups.assign(flags="replicate_assumed")
    told = "n = 3 counts membranes, each taken as one biological replicate"
    assert told in said(result)
    assert grids(result)["groups"][0].note.startswith(told.replace("n = 3", "n"))
    assert "n = 3 membranes taken as" in next(draw_all(result, kinds=("groups",))).caption


def test_every_test_is_named():
    result = drawn_result(Plan(pictures=False))
    names = [f"test {place}, blocked; on ranks" for place in range(7)]
    result.tests = pd.concat([result.tests] * 7, ignore_index=True).iloc[: len(names)].assign(method=names)
    text = said(result)
    assert "Groups were compared by test 0, blocked, on ranks; test 1, blocked, on ranks; test 2" in text
    assert "test 6, blocked, on ranks." in text
    assert "more" not in text[text.index("Groups were compared") : text.index("Dose-response curves")]


def test_a_table_tells_whose_controls_its_wells_went_with_and_how_many_replicates_are_behind_a_curve():
    result = fitted_only()
    assert "controls of their own replicate" in said(result)
    assert "; n = 3 replicates behind each." in said(result)
    result.folds = result.folds.assign(plate="P1")
    assert "between the maximum and minimum controls of their own plate" in said(result)
    shared = result.folds["role"].isin(["maximum", "minimum"])
    result.folds = result.folds.assign(plate="", replicate=result.folds["replicate"].mask(shared, ""))
    result.folds = result.folds[result.folds["role"] != "minimum"]
    assert "relative to the maximum controls of their own table" in said(result)


def test_the_ladder_is_named():
    result = drawn_result(Plan(pictures=False))
    rung = {
        "scope": "membrane",
        "name": "STAT3 blot 1",
        "kind": "mass",
        "parameter": "lane 1",
        "x": 40.0,
        "value": 70.0,
    }
    result.calibration = pd.DataFrame([{**rung, "se": 0.1, "unit": "kDa", "note": ""}])
    assert "read off the ladder lanes, log mass" in said(result)
    result.record["given"] = {"mass": {"ladder": "PageRuler Plus", "buffer": "Tris-glycine"}}
    assert "read off the ladder lanes (PageRuler Plus, Tris-glycine), log mass" in said(result)
    result.record["given"] = {"mass": {"ladder": [250, 150.0, 100]}}
    assert "read off the ladder lanes (250, 150 and 100 kDa), log mass" in said(result)
