"""What a result lacks is told where it lacks it, with the reason that holds for it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from blotquant.comparison import compare_groups
from blotquant.dose_response import fit_dose_response
from blotquant.figures import draw_all
from blotquant.report.page import missing_parts
from blotquant.result import Result
from blotquant.settings import Settings, override
from blotquant.tables import empty
from tests.drawn_result import Plan, drawn_result, fitted_only
from tests.unit.test_dose_response import table


def _study(**fit: object) -> SimpleNamespace:
    """A drawn study whose curves and tests are made anew, as `quantify` makes them."""
    result = drawn_result(Plan(pictures=False))
    fitted = fit_dose_response(table(**fit).assign(target="STAT3"))
    for name in ("curves", "potencies", "curve_points"):
        setattr(result, name, getattr(fitted, name))
    return result


def said(result: SimpleNamespace, part: str) -> list[str]:
    return [text for text in missing_parts(result) if text.startswith(f"No {part}")]


def test_where_a_curve_is_impossible_the_page_says_why() -> None:
    three = said(_study(doses=(0.0, 10.0, 100.0)), "dose-response curve")
    assert three == ["No dose-response curve: 3 different doses cannot carry the 4 parameters of the 4pl; add doses."]
    lone = said(_study(doses=(0.0, 10.0, 100.0, 1000.0), repeats=1), "dose-response curve")
    assert lone == ["No dose-response curve: 4 points leave no degree of freedom beside 4 parameters."]
    assert said(_study(), "dose-response curve") == []


def test_without_doses_it_says_what_a_curve_takes() -> None:
    result = drawn_result(Plan(pictures=False))
    for name in ("curves", "potencies", "curve_points"):
        setattr(result, name, empty(name))
    (text,) = said(result, "dose-response curve")
    assert "at least four doses" in text


def test_of_a_table_of_responses_only_the_curve_is_missed() -> None:
    result = fitted_only()
    assert missing_parts(result) == []
    result.curve_points = result.curve_points.iloc[:0]
    result.potencies = result.potencies.assign(ic50=np.nan, note="too few")
    assert missing_parts(result) == ["No dose-response curve: too few."]


@pytest.mark.parametrize(("few", "missed"), [(2, []), (3, ["n = 2"])])
def test_where_no_comparison_has_a_p_value_the_page_says_for_want_of_what(few: int, missed: list[str]) -> None:
    result = drawn_result(Plan(pictures=False, replicates=2))
    folds = result.folds.assign(is_reference=result.folds["role"] == "maximum")
    result.settings = override(Settings(), [f"comparison.min_replicates={few}"])
    result.tests = compare_groups(folds, min_replicates=few)
    assert len(result.tests)
    texts = said(result, "p values")
    assert len(texts) == len(missed)
    assert all(f"{few} biological replicates" in text and missed[0] in text for text in texts)
    assert said(result, "tests") == []


def test_p_values_lost_to_something_else_point_to_the_notes_and_no_rows_say_what_tests_take() -> None:
    result = drawn_result(Plan(pictures=False))
    result.tests = result.tests.assign(p=np.nan, p_adjusted=np.nan)
    assert said(result, "p values") == ["No p values: the notes in the table of tests say why."]
    result.tests = empty("tests")
    assert said(result, "tests")[0].startswith("No tests: they compare conditions of one stimulus, or both controls")


def test_what_cannot_be_fitted_has_no_grid_and_still_shows_its_points() -> None:
    fitted = fit_dose_response(table(doses=(0.0, 10.0, 100.0)))
    assert fitted.curve_points.empty
    known = pd.concat([table(), table(doses=(0.0, 10.0, 100.0)).assign(treatment="other")])
    both = fit_dose_response(known)
    assert set(both.curve_points["treatment"]) == {"drug"}
    for each in (fitted, both):
        names = ("curves", "potencies", "curve_points")
        result = Result(folds=_folds(known), **{name: getattr(each, name) for name in names})
        (drawn,) = draw_all(result, kinds=("dose_response",))
        texts = [text.get_text() for text in drawn.figure.findobj(Text)]
        assert any("3 different doses" in text for text in texts)
        assert ("fitted curve" in drawn.caption) == (each is both)
        assert result.plot_dose_response().collections or result.plot_dose_response().lines


def _folds(responses: pd.DataFrame) -> pd.DataFrame:
    from blotquant.conditions import complete
    from blotquant.tables import check

    return check(complete(responses, "folds"), "folds")
