"""read_study(): the study folder → Study; read_responses() for ``fit``; draft_study() for ``init``."""

from __future__ import annotations

from .draft import check_draft, draft_study
from .reading import Study, read_study
from .responses import read_responses

__all__ = ["Study", "check_draft", "draft_study", "read_responses", "read_study"]
