"""Many images or studies on any executor; one failure does not stop the rest."""

from __future__ import annotations

from .engine import Failure, Outcome, Pool, value_of
from .manifest import Manifest, find_images
from .measuring import Failed, check_methods, measure
from .output import claimed
from .studies import (
    STUDIES,
    Request,
    find_studies,
    quantify_studies,
    quantify_study,
    study_names,
    write_studies,
)
from .summary import Summary, summarise_run
from .writing import write_all, write_shown

__all__ = [
    "STUDIES",
    "Failed",
    "Failure",
    "Manifest",
    "Outcome",
    "Pool",
    "Request",
    "Summary",
    "check_methods",
    "claimed",
    "find_images",
    "find_studies",
    "measure",
    "quantify_studies",
    "quantify_study",
    "study_names",
    "summarise_run",
    "value_of",
    "write_all",
    "write_shown",
    "write_studies",
]
