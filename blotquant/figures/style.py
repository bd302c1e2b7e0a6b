"""The look of figures: journal widths, small sans-serif text, colours that colour-blind readers tell apart."""

from __future__ import annotations

import functools
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


__all__ = [
    "COLOURS",
    "DASHES",
    "DOUBLE",
    "GREY",
    "MARKERS",
    "POINT",
    "SINGLE",
    "STYLE",
    "Dash",
    "broken_lines",
    "figure_bytes",
    "journal_look",
    "look",
    "new_axes",
    "new_figure",
    "resize",
    "styled",
    "text_size",
]

POINT = 25.4 / 72.0
"""One point [mm]."""

SINGLE, DOUBLE = 85.0, 174.0
"""Widths of one and of two columns of a journal [mm]."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, told apart by colour-blind readers (https://jfly.uni-koeln.de/color/)."""

Dash: TypeAlias = str | tuple[float, tuple[float, ...]]

DASHES: tuple[Dash, ...] = ("-", (0.0, (4.5, 1.5)), (0.0, (1.2, 1.2)), (0.0, (5.0, 1.5, 1.2, 1.5)))
"""Solid, dashed, dotted and both in turn, told apart in print without colour."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "*")
GREY = "#666666"
_NOTEBOOK_DPI, _SCREEN_DPI = 288, 128  # a journal's small text is shown a third larger, and sharp on fine screens

# Han, kana and hangul are not in DejaVu; a font that has them is taken where one is installed.
_FURTHER_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "MS Gothic",
)

STYLE: dict[str, Any] = {
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.titlesize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.borderaxespad": 0.0,
    "legend.borderpad": 0.0,
    "legend.labelspacing": 0.3,
    "legend.columnspacing": 1.2,
    "legend.handletextpad": 0.4,
    "legend.handlelength": 1.4,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.parse_math": False,  # a name with a dollar sign is a name
    "axes.unicode_minus": True,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "blotquant",  # the same figure gives the same bytes
    "pdf.fonttype": 42,
}

_LOOK: ContextVar[str] = ContextVar("look", default="journal")

P = ParamSpec("P")
R = TypeVar("R")


@functools.cache
def _fonts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in _FURTHER_FONTS if name in installed))


@contextmanager
def look(name: str) -> Iterator[None]:
    """Choose the look of what is drawn inside: ``journal``, or ``matplotlib`` for the user's own settings."""
    token = _LOOK.set(name)
    try:
        yield
    finally:
        _LOOK.reset(token)


@contextmanager
def journal_look() -> Iterator[None]:
    """Hold the journal look, and keep quiet about signs that no installed font has (SVG text keeps them).

    Inside ``look("matplotlib")`` the user's settings hold, and only what keeps files stable and names names is set.
    """
    import matplotlib as mpl

    look: Any = STYLE | {"font.family": list(_fonts())}
    if _LOOK.get() == "matplotlib":
        look = {name: STYLE[name] for name in ("text.parse_math", "svg.fonttype", "svg.hashsalt", "pdf.fonttype")}
    with mpl.rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw with the journal look, unless the caller hands in Axes: then the caller's settings hold.

    Axes in a figure of their own show that figure in a notebook: no pyplot knows of it and would.
    """

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from matplotlib.axes import Axes

        if kwargs.get("ax") is not None:
            return draw(*args, **kwargs)
        with journal_look():
            drawn = draw(*args, **kwargs)
        if isinstance(drawn, Axes):
            drawn._repr_png_ = functools.partial(_shown, drawn)  # type: ignore[attr-defined]  # for IPython alone
        return drawn

    return wrapper


def new_figure(width: float, height: float, *, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """Make an empty figure that needs no display and no pyplot state; sizes in mm."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 25.4, height / 25.4), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def new_axes(width: float, height: float) -> Axes:
    """Make one empty Axes in a figure of its own; sizes in mm."""
    return new_figure(width, height).add_subplot()


def resize(ax: Axes, width: float, height: float) -> None:
    """Give the figure of some Axes its size [mm], once it is known what stands around them."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.set_size_inches(width / 25.4, height / 25.4)


@functools.lru_cache(maxsize=4096)
def text_size(text: str, size: float) -> tuple[float, float]:
    """Width and height of a text of one or more lines [point], without a renderer."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    lines = text.split("\n")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        font = FontProperties(family=list(_fonts()), size=size)
        widths = [TextToPath().get_text_width_height_descent(line or " ", font, ismath=False)[0] for line in lines]
    return 1.05 * float(max(widths)), 1.3 * size * len(lines)  # hinting makes drawn text a little wider


def broken_lines(text: str, width: float, size: float) -> list[str]:
    """Break a text at its spaces into lines of at most so many points; a longer word stands alone and sticks out."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, size)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _shown(ax: Axes) -> tuple[bytes, dict[str, int]]:
    """Give the figure of some Axes for a notebook: its PNG, and the width at which it is shown [px]."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes stand in no figure")
    return figure_bytes(figure, "png", dpi=_NOTEBOOK_DPI), {"width": round(figure.get_size_inches()[0] * _SCREEN_DPI)}


def figure_bytes(figure: Figure, kind: str, *, dpi: int = 600) -> bytes:
    """Write a figure; the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What is written.
    kind : str
        ``svg``, ``pdf`` or ``png``.
    dpi : int
        Resolution of PNG, and of pictures inside SVG and PDF.
    """
    metadata = {
        "svg": {"Date": None, "Creator": "blotquant"},
        "pdf": {"CreationDate": None, "Creator": "blotquant", "Producer": "blotquant"},
        "png": {"Software": "blotquant"},
    }[kind]
    buffer = io.BytesIO()
    with journal_look():
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
    return buffer.getvalue()
