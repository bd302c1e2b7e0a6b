"""Every figure and the report of studies of every size, to be looked at: ``python -m tests.gallery OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

from blotquant.figures import FIGURES, figure_bytes
from blotquant.report import write_report, write_review
from tests.contracts.test_figures import CASES, COURSES, drawn_case
from tests.drawn_result import with_dilutions


def main(folder: Path) -> None:
    """Write a folder for each case: figures as PNG of the size and resolution of a screen, report and review page."""
    for case in (*CASES, *COURSES):
        place = folder / case.replace(" ", "_")
        place.mkdir(parents=True, exist_ok=True)
        result = drawn_case(case)
        for name, kind in FIGURES.items():
            for drawn in kind.draw(with_dilutions(drawn_case(case)) if name == "linearity" else result):
                (place / f"{drawn.stem}.png").write_bytes(figure_bytes(drawn.figure, "png", dpi=200))
        print(write_report(result, place / "report.html"), write_review(result, place / "review.html"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
