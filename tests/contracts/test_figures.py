"""What every figure promises: no two texts overlap, none is cut, live text, the same bytes twice, inputs unchanged."""

from __future__ import annotations

import copy
import itertools
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from blotquant.figures import FIGURES, figure_bytes
from blotquant.figures.style import journal_look
from tests.drawn_result import DOSES, Plan, drawn_result, measured_only, with_course, with_dilutions

LONG = ("baricitinib phosphate monohydrate, batch 7", "HS + Rapamycin + MG132 + chloroquine 50 µM overnight")
EIGHT = (0.3, *DOSES)

CASES = {
    "3 lanes": Plan(doses=(100.0,)),
    "9 lanes": Plan(),
    "18 lanes": Plan(treatments=("baricitinib", "tofacitinib"), doses=EIGHT),
    "26 lanes": Plan(treatments=("baricitinib", "tofacitinib", "ruxolitinib"), doses=EIGHT),
    "long names": Plan(
        treatments=LONG,
        doses=(1.0, 33.3333, 1000.0),
        vehicle="DMSO 0.1 % in RPMI medium",
        stimulus="hyper-IL-6 + sIL-6R",
    ),
    "one replicate": Plan(replicates=1),
    "missing doses": Plan(missing=(3.0, 30.0, 300.0)),
    "six targets": Plan(targets=("STAT1", "STAT2", "STAT3", "STAT5A/B", "JAK1", "TYK2"), replicates=2, pictures=False),
    "twelve replicates": Plan(replicates=12, pictures=False),
    "hostile names": Plan(
        targets=("<script>alert(1)</script>",), treatments=("=cmd()$x^2$\n../..", "バリシチニブ"), doses=(1.0, 10.0)
    ),
}


COURSES = {
    "time course": (Plan(doses=(30.0,), treatments=LONG), (0.0, 5.0, 15.0, 30.0, 60.0)),
    "days": (Plan(doses=(1.0, 10.0, 100.0), pictures=False), (0.0, 2.0, 90.0, 1440.0, 4320.0)),
}


def drawn_case(name: str):
    """Return the result of a case, at several times where it is a course."""
    return drawn_result(CASES[name]) if name in CASES else with_course(drawn_result(COURSES[name][0]), COURSES[name][1])


@pytest.fixture(scope="module", params=[*CASES, *COURSES])
def case(request):
    return drawn_case(request.param)


def drawn_for(name: str):
    """Return a plain study that has what a figure is drawn from."""
    return with_dilutions(drawn_result()) if name == "linearity" else drawn_result()


def _hidden_labels(figure: Figure) -> set[Text]:
    """Tick labels outside their axis' limits: they exist but are not drawn."""
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    hidden |= {tick.label1, tick.label2}
    return hidden


def text_boxes(figure: Figure) -> tuple[list[tuple[str, np.ndarray]], tuple[float, float]]:
    """Every visible text of a figure with its box in pixels, and the canvas."""
    canvas = FigureCanvasAgg(figure)
    with journal_look():
        canvas.draw()
        hidden = _hidden_labels(figure)
        found = []
        for text in figure.findobj(Text):
            if text.get_visible() and text.get_text().strip() and text not in hidden:
                box = text.get_window_extent(canvas.get_renderer())
                found.append((text.get_text(), np.array([box.x0, box.y0, box.x1, box.y1])))
    return found, canvas.get_width_height()


def assert_texts_are_clear(figure: Figure) -> None:
    boxes, (width, height) = text_boxes(figure)
    assert boxes
    for text, (left, bottom, right, top) in boxes:
        assert left >= -0.5, f"{text!r} is cut on the left"
        assert right <= width + 0.5, f"{text!r} is cut on the right"
        assert bottom >= -0.5, f"{text!r} is cut below"
        assert top <= height + 0.5, f"{text!r} is cut above"
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5
        assert apart, f"{one!r} overlaps {two!r}"


@pytest.mark.parametrize("name", FIGURES)
def test_no_two_texts_overlap_and_none_is_cut(case, name):
    result = with_dilutions(copy.deepcopy(case)) if name == "linearity" else case
    for drawn in FIGURES[name].draw(result):
        assert_texts_are_clear(drawn.figure)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_a_plain_study_is_drawn_and_explained(name):
    drawn = list(FIGURES[name].draw(drawn_for(name)))
    assert drawn
    for one in drawn:
        assert len(one.caption) > 40
        assert 80 < one.figure.get_size_inches()[0] * 25.4 < 180


@pytest.mark.parametrize("name", FIGURES)
def test_svg_has_live_text_and_the_same_study_gives_the_same_bytes(name):
    first, second = (next(iter(FIGURES[name].draw(drawn_for(name)))).figure for _ in range(2))
    svg = figure_bytes(first, "svg")
    assert svg == figure_bytes(second, "svg")
    assert figure_bytes(first, "pdf") == figure_bytes(second, "pdf")
    assert ElementTree.fromstring(svg).findall(".//{http://www.w3.org/2000/svg}text")


@pytest.mark.parametrize("name", FIGURES)
def test_tables_are_not_changed_by_drawing(name):
    result, before = drawn_for(name), drawn_for(name)
    list(FIGURES[name].draw(result))
    for table in ("lanes", "bands", "ratios", "folds", "groups", "potencies", "curve_points", "sensitivity"):
        pd.testing.assert_frame_equal(getattr(result, table), getattr(before, table))


@pytest.mark.parametrize("name", FIGURES)
def test_a_result_without_the_tables_gives_no_figure_and_no_error(name):
    found = list(FIGURES[name].draw(measured_only()))
    assert bool(found) == (name in ("blot", "precision", "profiles"))
    for drawn in found:
        assert_texts_are_clear(drawn.figure)


def test_a_text_that_lies_on_another_is_noticed():
    figure = Figure()
    figure.text(0.5, 0.5, "one")
    figure.text(0.5, 0.5, "two")
    with pytest.raises(AssertionError, match="overlaps"):
        assert_texts_are_clear(figure)
    figure = Figure()
    figure.text(0.99, 0.5, "far too long for what is left")
    with pytest.raises(AssertionError, match="cut"):
        assert_texts_are_clear(figure)
