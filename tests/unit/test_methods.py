"""Every method says what it assumes and who published it."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

METHODS = """
calibration.assignment assign_ladder
calibration.drift rows_drift
calibration.exposures merge_exposures
calibration.ladders choose_mass_model
calibration.linearity fit_line
calibration.linearity fit_linear_range
calibration.linearity fit_response
calibration.margins margin
calibration.mass calibrate_mass
comparison compare_groups
comparison.linear fit_fixed
comparison.linear fit_random
comparison.multiplicity adjust
comparison.multiplicity dunnett_tail
comparison.multiplicity tukey_tail
comparison.power power_of
comparison.testing fit_family
comparison.trends trend_rows
dose_response fit_dose_response
dose_response.comparing ratio_of_fits
dose_response.comparing ratio_of_treatments
dose_response.curve_fit check_fit
dose_response.freedom precision
dose_response.replicates fit_replicates
grouping geometric_interval
grouping summarise
matching.ratios match_bands
matching.loading loading_signal
normalisation.folds normalise
normalisation.plates percent_activity
normalisation.quality control_quality
pipeline.sensitivity compare_choices
scales align
"""


@pytest.mark.parametrize("name", METHODS.split("\n")[1:-1])
def test_a_method_names_its_assumption_and_its_paper(name: str) -> None:
    module, function = name.split()
    words = inspect.getdoc(getattr(importlib.import_module(f"blotquant.{module}"), function)) or ""
    assert "assume" in words.lower()
    assert re.search(r"(19|20)\d\d", words)


def test_the_list_of_methods_holds_no_name_twice() -> None:
    names = METHODS.split("\n")[1:-1]
    assert len(set(names)) == len(names) > 30
