"""Adjusted comparisons of R: multcomp and DescTools (recovery data), TukeyHSD (warpbreaks), each with its call.

Recovery: Bretz, Hothorn & Westfall 2011, Multiple Comparisons Using R, p. 70; minutes under blankets b0 to b3.
"""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.comparison.multiplicity import adjust, critical_value, tukey_tail

RECOVERY = (
    (15, 13, 12, 16, 16, 17, 13, 13, 16, 17, 17, 19, 17, 15, 13, 12, 16, 10, 17, 12),
    (13, 16, 9),
    (5, 8, 9),
    (14, 16, 16, 12, 7, 12, 13, 13, 9, 16, 13, 18, 13, 12, 13),
)


def recovery() -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Differences to the control, their standard errors and correlation, and the degrees of freedom."""
    groups = [np.array(group, dtype=float) for group in RECOVERY]
    sizes = np.array([len(group) for group in groups])
    dof = int(sizes.sum()) - len(groups)
    variance = sum(float(np.sum((group - group.mean()) ** 2)) for group in groups) / dof
    differences = np.array([group.mean() - groups[0].mean() for group in groups[1:]])
    errors = np.sqrt(variance * (1.0 / sizes[1:] + 1.0 / sizes[0]))
    share = np.sqrt(sizes[1:] / (sizes[1:] + sizes[0]))
    correlation = np.outer(share, share)
    np.fill_diagonal(correlation, 1.0)
    return differences, errors, correlation, dof


def test_dunnetts_p_values_of_groups_of_three_to_twenty_are_those_of_mvtnorm() -> None:
    # summary(glht(aov(minutes ~ blanket, recovery), mcp(blanket = "Dunnett"))); the digits are of mnormt::sadmvt
    differences, errors, correlation, dof = recovery()
    assert differences / errors == pytest.approx([-1.330, -4.656, -1.884], abs=5e-4)
    found = adjust("dunnett", differences / errors, correlation, 4, np.full(3, float(dof)))
    assert found == pytest.approx([0.4559168545, 0.0001198394, 0.1819800049], abs=2e-6)


def test_dunnetts_intervals_are_those_of_desctools() -> None:
    # DescTools::DunnettTest(minutes ~ blanket, data = recovery); its quantile is searched for by simulation
    differences, errors, correlation, dof = recovery()
    half = critical_value("dunnett", correlation, 4, float(dof), 0.95) * errors
    assert differences - half == pytest.approx([-6.126872, -11.460206, -3.869811], abs=3e-3)
    assert differences + half == pytest.approx([1.8602056, -3.4731277, 0.5364781], abs=3e-3)


@pytest.mark.parametrize(
    ("dof", "half", "published"),
    [
        # TukeyHSD(aov(breaks ~ wool + tension, warpbreaks), "tension")
        (50, 9.353420726843538, (0.03362621891137918, 0.0011217877170325297, 0.44742102143145668)),
        # TukeyHSD(aov(breaks ~ wool * tension, warpbreaks), "tension")
        (48, 8.819647156951049, (0.022855398402122584, 0.00055953922179385884, 0.40494419624975098)),
    ],
)
def test_tukeys_p_values_and_half_width_belong_together_as_in_r(
    dof: int, half: float, published: tuple[float, ...]
) -> None:
    error = half / critical_value("tukey", np.eye(3), 3, float(dof), 0.95)
    found = [tukey_tail(difference / error, 3, float(dof)) for difference in (10.0, 14.7222222222, 4.7222222222)]
    assert found == pytest.approx(published, rel=2e-5)


@pytest.mark.parametrize(
    ("dof", "level", "printed"),
    [
        (5.0, 0.95, (2.57, 3.03, 3.29, 3.48, 3.62, 3.73)),
        (10.0, 0.95, (2.23, 2.57, 2.76, 2.89, 2.99, 3.07)),
        (20.0, 0.95, (2.09, 2.38, 2.54, 2.65, 2.73, 2.80)),
        (60.0, 0.95, (2.00, 2.27, 2.41, 2.51, 2.58, 2.64)),
        (float("inf"), 0.95, (1.96, 2.21, 2.35, 2.44, 2.51, 2.57)),
        (10.0, 0.99, (3.17, 3.53, 3.74, 3.88)),
    ],
)
def test_critical_values_are_those_of_dunnetts_table(dof: float, level: float, printed: tuple[float, ...]) -> None:
    # Dunnett 1964, Biometrics 20:482, doi 10.2307/2528490: two-sided, one to six treatments against a control
    found = [
        critical_value("dunnett", 0.5 * (np.ones((k, k)) + np.eye(k)), k + 1, dof, level)
        for k in range(1, len(printed) + 1)
    ]
    assert found == pytest.approx(printed, abs=0.0055)


@pytest.mark.parametrize(
    ("groups", "dof", "q"), [(3, 5.0, 4.60), (3, 10.0, 3.88), (4, 20.0, 3.96), (5, 60.0, 3.98), (10, 30.0, 4.82)]
)
def test_critical_values_are_those_of_the_studentised_range(groups: int, dof: float, q: float) -> None:
    # upper 5 % points as printed in textbooks, and by qtukey(0.95, groups, dof)
    found = critical_value("tukey", np.eye(groups), groups, dof, 0.95) * np.sqrt(2.0)
    assert found == pytest.approx(q, abs=0.0055)
