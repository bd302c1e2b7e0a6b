"""Calibration: calibrate_mass() by ladder lanes, fit_linear_range() by a dilution series, merge_exposures()."""

from __future__ import annotations

from .assignment import assign_ladder, ladder_cost
from .exposures import Merged, merge_exposures
from .ladders import MASS_MODELS, ladder_masses, ladders
from .linearity import RESPONSES, fit_linear_range, fit_response
from .mass import calibrate_mass
from .targets import ReferenceTarget, reference_mass, reference_targets, with_reference_masses

__all__ = [
    "MASS_MODELS",
    "RESPONSES",
    "Merged",
    "ReferenceTarget",
    "assign_ladder",
    "calibrate_mass",
    "fit_linear_range",
    "fit_response",
    "ladder_cost",
    "ladder_masses",
    "ladders",
    "merge_exposures",
    "reference_mass",
    "reference_targets",
    "with_reference_masses",
]
