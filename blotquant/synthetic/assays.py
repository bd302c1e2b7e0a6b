"""Tables of two assays that run beside blots, drawn with known truth: a kinase panel on plates, and phospho-flow."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

__all__ = ["FLOW_IC50", "PANEL_IC50", "draw_flow", "draw_kinase_panel"]

PANEL_IC50: Mapping[str, float] = MappingProxyType({"JAK1": 5.9, "JAK2": 5.7, "TYK2": 53.0, "JAK3": 4000.0})
"""IC50 of baricitinib [nM] that panels are drawn from; JAK3 stands for the published "> 400 nM".

Fridman et al. 2010, J Immunol 184:5298, doi 10.4049/jimmunol.0902819 (JAK1, JAK2); the drug's label (TYK2, JAK3).
"""

FLOW_IC50: Mapping[str, float] = MappingProxyType({"pSTAT1": 60.0, "pSTAT3": 40.0})
"""IC50 [nM] that flow tables are drawn from; invented, of the size that cells show."""

_PANEL_DOSES = (0.1, 0.4, 1.0, 4.0, 10.0, 40.0, 100.0, 400.0)
_FLOW_DOSES = (1.0, 4.0, 10.0, 40.0, 100.0, 400.0, 1000.0)
_WELLS = 8  # of each control on a plate
_USED = 0.7  # share of the ATP that full activity uses up
_WELL_CV = 0.04
_TUBE_CV = 0.08


def _activity(dose: float, ic50: float) -> float:
    return 1.0 / (1.0 + dose / ic50)


def draw_kinase_panel(*, seed: int = 1, plates: int = 3) -> pd.DataFrame:
    """Draw left-over ATP of an in-vitro kinase panel: the light falls as activity rises.

    light = level · (1 − 0.7 · activity) · (1 + 4 % noise); the level differs from plate to plate by 15 %.

    Parameters
    ----------
    seed : int
        Of the random numbers.
    plates : int
        Plates of each kinase, each a replicate with eight wells of both controls and every dose twice.

    Returns
    -------
    DataFrame
        ``target, plate, replicate, role, treatment, dose, dose_unit, response``, as ``blotquant fit`` takes it.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for kinase, ic50 in PANEL_IC50.items():
        for number in range(1, plates + 1):
            level = 60_000.0 * float(np.exp(0.15 * rng.standard_normal()))
            wells = [("maximum", "DMSO", 0.0, 1.0)] * _WELLS + [("minimum", "no enzyme", 0.0, 0.0)] * _WELLS
            wells += [("sample", "baricitinib", dose, _activity(dose, ic50)) for dose in _PANEL_DOSES for _ in range(2)]
            for role, treatment, dose, activity in wells:
                light = level * (1.0 - _USED * activity) * (1.0 + _WELL_CV * rng.standard_normal())
                rows.append((kinase, f"{kinase} {number}", number, role, treatment, dose, "nM", round(light)))
    names = ["target", "plate", "replicate", "role", "treatment", "dose", "dose_unit", "response"]
    return pd.DataFrame(rows, columns=names)


def draw_flow(*, seed: int = 1, donors: int = 4) -> pd.DataFrame:
    """Draw median fluorescence of phospho-flow: stimulated cells of several donors, an isotype control as the floor.

    MFI = level · (60 + 940 · activity) · (1 + 8 % noise); the level differs from donor to donor by 40 %.

    Parameters
    ----------
    seed : int
        Of the random numbers.
    donors : int
        Biological replicates, each with two tubes of both controls.

    Returns
    -------
    DataFrame
        ``target, stimulus, replicate, role, treatment, dose, dose_unit, response``, as ``blotquant fit`` takes it.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for target, ic50 in FLOW_IC50.items():
        for donor in range(1, donors + 1):
            level = float(np.exp(0.4 * rng.standard_normal()))
            tubes = [("maximum", "vehicle", 0.0, 1.0), ("minimum", "isotype", 0.0, 0.0)] * 2
            tubes += [("sample", "baricitinib", dose, _activity(dose, ic50)) for dose in _FLOW_DOSES]
            for role, treatment, dose, activity in tubes:
                mfi = level * (60.0 + 940.0 * activity) * (1.0 + _TUBE_CV * rng.standard_normal())
                rows.append((target, "IL-6", f"donor {donor}", role, treatment, dose, "nM", round(mfi, 1)))
    names = ["target", "stimulus", "replicate", "role", "treatment", "dose", "dose_unit", "response"]
    return pd.DataFrame(rows, columns=names)
