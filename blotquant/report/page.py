"""The page itself: one file, nothing from the network, names shown as text."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

import jinja2

from .. import __version__
from ..conditions import in_folds
from ..figures.names import plain
from ..files import write_whole
from ..tables import as_text, further_columns
from .answer import answer, replicate_assumed
from .card import report_card
from .grids import grids
from .leading import leading
from .methods import methods
from .overlays import BAND_COLUMNS, membrane_views
from .plates import Plate, embedded_plates
from .source import ReportSource
from .wording import joined, moment
from .worries import general_warnings, worries

__all__ = ["missing_parts", "policy", "render", "template", "verbatim", "write_report"]

_TEMPLATES = Path(__file__).parent / "templates"
_NO_REFERENCE = "No folds: no control is named. Name it under [control] in study.toml, or give lanes the role maximum."
_NO_VALUE = "No folds: no lane of the reference has a value; the table of ratios says why of each."


@functools.cache  # the pages of a run share their parts, which take a while to compile
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # a page is filled in once, and looking for what could be folded takes a fifth of compiling it
    )


def template(name: str) -> jinja2.Template:
    """Return the template of a page; whatever is put into it is escaped."""
    return _environment().get_template(name)


@functools.cache
def verbatim(name: str) -> str:
    """Return a page's style or script; it holds nothing to fill in, and compiling it would take longer than reading."""
    return (_TEMPLATES / name).read_text("utf-8").removesuffix("\n")


def _hash(text: str) -> str:
    """Return the source expression by which a content security policy allows exactly this text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def policy(style: str, script: str = "") -> str:
    """Return the content security policy of a page: its own style and script, pictures inside it, nothing else."""
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; {scripts}base-uri 'none'; form-action 'none'"
    )


def _missing_curve(result: ReportSource) -> list[str]:
    """Say why there is no curve: no doses, or what every fit lacked."""
    if result.curve_points["fitted"].notna().any():
        return []
    why = [plain(note) for note in dict.fromkeys(result.potencies["note"]) if plain(note)]
    takes = "it takes one treatment with at least four doses and its zero dose"
    return [f"No dose-response curve: {joined(why, 3) or takes}."]


def _no_tests(result: ReportSource) -> str:
    """Say why nothing was compared: of too few replicates a test has no p value, but a row all the same."""
    cells = [name.replace("_", " ") for name in further_columns(result.groups, "groups")]
    if cells and len(result.groups):
        return (
            f"No tests: conditions are compared within one cell of group_by ({joined(cells)}), and none holds two "
            "conditions of one stimulus, or both controls. Load what others are to be compared with in every cell."
        )
    return "No tests: they compare conditions of one stimulus, or both controls, and there are not two with a value."


def _missing_tests(result: ReportSource) -> list[str]:
    """Say why there is no p value: nothing to compare, too few replicates, or what the rows of the table say."""
    tests, few = result.tests, result.settings.comparison.min_replicates
    if not len(tests):
        return [_no_tests(result)]
    if tests["p"].notna().any():
        return []
    most = int(tests[["n", "n_versus"]].min(axis=1).max())
    if most < few:
        return [f"No p values: they take {few} biological replicates of both conditions, and there are n = {most}."]
    return ["No p values: the notes in the table of tests say why."]


def missing_parts(result: ReportSource) -> list[str]:
    """Say which parts this result does not have, and what would bring them."""
    curve, said = _missing_curve(result), list[str]()
    if not len(result.images):  # a table of responses has its curves, and nothing else is expected of it
        return curve
    if not len(result.ratios) and not len(result.folds):
        said.append("No ratios: nothing pairs a phospho image with a total or loading image of the same lanes.")
    elif not result.folds["fold"].notna().any():
        said.append(_NO_VALUE if in_folds(result.folds).any() else _NO_REFERENCE)
    said += [*curve, *_missing_tests(result)]
    if not len(result.sensitivity):
        said.append("No table of other choices: it is made from folds.")
    return said


def _headline(result: ReportSource, plates: list[Plate]) -> Plate | None:
    """Pick the figure of what the answer leads with."""
    kind, rows = leading(result)
    fit = [plate for plate in plates if plate.kind in ("dose_response", "groups")]
    first = {str(name): as_text(value) for name, value in rows.iloc[0].items()} if kind else {}
    mine = [plate for plate in fit if all(first.get(name) == value for name, value in plate.shows.items())]
    return next(iter(mine or fit), None)


def render(result: ReportSource) -> str:
    """Return the page as HTML; the same result gives the same text.

    Parameters
    ----------
    result : Result
        The result that the page shows; parts that it does not have are said to be missing.
    """
    style, script = verbatim("style.css"), verbatim("report.js")
    membranes, hidden = membrane_views(result)
    text, cited = methods(result)
    plates = embedded_plates(result)
    record: dict[str, Any] = dict(result.record)
    return template("report.html").render(
        title=plain(record.get("title", "")) or "Western blot quantification",
        version=__version__,
        record=record,
        time=moment(str(record.get("time", ""))),
        style=style,
        script=script,
        policy=policy(style, script),
        answer=answer(result),
        headline=_headline(result, plates),
        plates=plates,
        membranes=membranes,
        hidden=hidden,
        profiles={image.image: image.profiles for membrane in membranes for image in membrane.images},
        band_columns=BAND_COLUMNS,
        worries=worries(result),
        warnings=general_warnings(result),
        grids=grids(result),
        card=report_card(result),
        methods=text,
        cited=cited,
        missing=missing_parts(result),
        replicate_assumed=replicate_assumed(result),
        settings=result.settings.as_dict(),
    )


def write_report(result: ReportSource, path: str | Path) -> Path:
    """Write the page.

    Parameters
    ----------
    result : Result
        The result.
    path : str or Path
        The file, as a rule ``report.html``; its folder is made if it is not there.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, render(result).encode("utf-8"))
    return target
