"""The tables that a user writes."""

from __future__ import annotations

from .columns import Table, columns

__all__ = ["FORMS", "INPUTS", "MODES", "POLARITIES"]

FORMS = ("phospho", "total", "loading", "stain", "marker")
"""What an image may show, as a membrane's images stand from top to bottom."""

MODES = ("two_colour", "strip_reprobe", "parallel", "cut")
"""How images of one lysate may have come about."""

POLARITIES = ("auto", "bright", "dark")
"""What protein may be in a file."""

_IMAGES = """
image | text | | Image file, relative to the study folder.
membrane | text | | One transferred gel; all its images share its lanes.
target | text | | Protein that the image was probed for (STAT3).
form | text | | phospho, total, loading or stain; marker: a picture of the ladder by visible light, on the same grid.
site | text? | | Phosphorylation site (Y705).
mode | text? | | two_colour, strip_reprobe, parallel or cut; blank: same membrane, unstated.
pair | text? | | Joins phospho and total that sit on different membranes.
region | text? | px | top:bottom,left:right of the blot in the picture, or the name of a strip (1 is the topmost).
channel | text? | | Channel of a file with several.
polarity | text? | | auto, bright or dark: what protein is in the file.
rotate | float? | degree | Quarter turns clockwise that bring the picture upright (90, 180, 270).
mirror | bool? | | The picture is mirrored.
n_lanes | int? | | Number of lanes, ladders and empty ones included.
row | int? | | Which row is the target, from 1 at the top.
mass_kda | float? | kDa | Expected mass of the target.
exposure_s | float? | s | Exposure time.
antibody | text? | | Antibody, for the report.
rrid | text? | | Its research resource identifier.
dilution | text? | | Its dilution.
detection | text? | | ECL, NIR …, for the report.
note | text? | | Anything.
"""

_SAMPLES = """
membrane | text | | Membrane of images.csv.
lane | int | | Lane number, from 1 at the left of the upright membrane.
treatment | text | | What the cells were treated with (vehicle, baricitinib).
dose | float? | dose_unit | Dose; blank: a treatment without doses.
dose_unit | text? | | pM, nM, µM, mM, M or a mass per volume; default nM.
stimulus | text? | | What the cells were stimulated with (IL-6, none).
sample | text? | | Lysate; the same name twice is technical.
replicate | text? | | Biological replicate; default: the membrane.
technical | text? | | Repeat of one lysate.
role | text? | | sample, ladder, standard, calibrator, maximum, minimum, empty or skip.
amount_ug | float? | µg | Protein loaded.
note | text? | | Anything.
"""

_RESPONSES = """
treatment | text | | Compound.
dose | float | dose_unit | Dose; 0 or blank for controls.
response | float | | Signal as read.
role | text? | | sample, maximum (full activity) or minimum (no activity).
replicate | text? | | Biological replicate.
plate | text? | | Plate; controls count for their own plate.
target | text? | | Kinase or phospho-protein.
stimulus | text? | | What the cells were stimulated with.
dose_unit | text? | | Unit of dose; default nM.
"""

INPUTS: dict[str, Table] = {
    table.name: table
    for table in (
        Table("images", "an image", columns(_IMAGES)),
        Table("samples", "a lane of a membrane", columns(_SAMPLES)),
        Table("responses", "a well, a tube or a lane with its response", columns(_RESPONSES)),
    )
}
"""The tables that a user writes; `responses` is the TABLE of ``blotquant fit``."""
