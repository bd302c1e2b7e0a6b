"""Where known targets run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.calibration import reference_mass, reference_targets, with_reference_masses


def test_every_target_names_its_source_and_a_range() -> None:
    known = {f"STAT{number}" for number in ("1", "2", "3", "4", "5A", "6")} | {"JAK1", "JAK2", "JAK3", "TYK2"}
    assert {one.target for one in reference_targets()} >= known
    assert all(one.site for one in reference_targets() if one.target in known)
    for one in reference_targets():
        assert one.source
        assert 0 < one.low <= one.high


def test_a_site_that_only_one_isoform_has_gives_that_ones_mass() -> None:
    assert reference_mass("STAT1", "S727") == pytest.approx(91.0)
    assert reference_mass("stat1", "Y701") == pytest.approx(np.sqrt(84.0 * 94.0))
    assert reference_mass("STAT1") == reference_mass("STAT1", "Y701")
    assert reference_mass("STAT1", "pSer727") == reference_mass("STAT1", "p-S727") == pytest.approx(91.0)
    assert np.isnan(reference_mass("AKT"))


@pytest.mark.parametrize("name", ["ACTB", "β-actin", "beta actin", "Beta-Actin", "actin"])
def test_a_loading_control_is_known_by_the_names_people_write(name: str) -> None:
    assert reference_mass(name) == pytest.approx(np.sqrt(42.0 * 43.0))


def test_names_are_told_apart() -> None:
    names = [name for one in reference_targets() for name in {one.target, *one.also}]
    sites = {one.target for one in reference_targets()}
    assert len({name.casefold() for name in names}) == len(sites) + sum(len(one.also) for one in reference_targets())


def test_only_blank_masses_are_filled_and_a_stain_has_none() -> None:
    images = pd.DataFrame(
        {
            "target": ["STAT3", "STAT3", "AKT", "STAT2", "GAPDH"],
            "site": ["Y705", "", "S473", "", ""],
            "form": ["phospho", "total", "phospho", "stain", "loading"],
            "mass_kda": [np.nan, 86.0, np.nan, np.nan, np.nan],
        }
    )
    filled = with_reference_masses(images)["mass_kda"].tolist()
    assert filled[0] == pytest.approx(np.sqrt(89.0 * 92.0))
    assert filled[1] == 86.0
    assert np.isnan(filled[2:4]).all()
    assert filled[4] == 37.0
    assert images["mass_kda"].isna().sum() == 4
