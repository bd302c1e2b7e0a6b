"""The tables that blotquant writes, in the order of the pipeline."""

from __future__ import annotations

from .columns import Column, Table, columns

__all__ = ["TABLES"]

_PLACE = """
image | text | | Image id: path relative to the study, with #channel and @region where one file gives several.
lane | int | | Lane number, from 1 at the left of the upright membrane.
"""

_KEYS = """
target | text | | Protein that the image was probed for.
site | text | | Phosphorylation site of the phospho image.
quantity | text | | What is divided by what: P/S phospho/total, P/L phospho/loading, S/L total/loading; P or S alone.
stimulus | text | | What the cells were stimulated with.
treatment | text | | What the cells were treated with.
"""

_DOSE = """
dose | float | dose_unit | Dose of the treatment; blank for a treatment without doses, 0 for the vehicle of a series.
dose_unit | text | | Unit of dose.
"""

_RATIO = (
    """
membrane | text | | Membrane on which the lane lies (the phospho image's where two are paired).
lane | int | | Lane number on that membrane.
sample | text | | Lysate.
stimulus | text | | What the cells were stimulated with.
treatment | text | | What the cells were treated with.
"""
    + _DOSE
    + """
replicate | text | | Biological replicate: the unit of statistics and the block.
technical | text | | Repeat of one lysate.
role | text | | What the lane is for (sample, standard, calibrator, maximum, minimum …).
target | text | | Protein that the images were probed for.
site | text | | Phosphorylation site.
quantity | text | | What is divided by what: P/S phospho/total, P/L phospho/loading, S/L total/loading; P or S alone.
phospho | float | AU px | Numerator: in P/S after loading correction, in P/L, S/L as measured; NaN if unknown.
phospho_se | float | AU px | Its standard error from measuring.
total | float | AU px | Denominator: in P/S after loading correction, in P/L, S/L the loading; NaN if unknown.
total_se | float | AU px | Its standard error from measuring.
loading | float | | Loading of the lane, mean 1 over the membrane; 1 without a control above its limit.
ratio | float | | phospho / total of the lane; NaN when a band is saturated or its loading is not known.
ratio_se | float | | Standard error of the ratio from measuring alone.
ratio_loq | float | | Ratio below which the numerator is below its limit of quantification.
bound | text | | What ratio_bound is to the true ratio where a band is saturated or below LOQ: lower, upper, unknown.
ratio_bound | float | | Ratio that bounds the true one: from the volume that is known, or the limit of a faint band.
detected | bool | | Both bands are above their limits of detection.
flags | flags | | Doubts, worst first.
"""
)

_LANES = (
    _PLACE
    + """
left | float | px | Left edge of the lane's box (half-open), pixels of the file as given.
right | float | px | Right edge of the lane's box.
top | float | px | Top edge of the lane's box.
bottom | float | px | Bottom edge of the lane's box.
centre | float | px | Centre of the lane across the run, at the middle of its length.
width | float | px | Width of the lane across the run.
tilt | float | degree | Lean of the lane's centre line against the upright, clockwise positive.
curve | curve | px | Centre line: points row:col through which a polynomial passes.
confidence | float | | 0 to 1: how surely the lane is where it is said to be.
reason | text | | What lowers the confidence, in words.
flags | flags | | Doubts, worst first.
"""
)

_BANDS = (
    _PLACE
    + """
band | text | | Number of the row, from 1 at the top of the membrane; ``lane`` for a whole-lane stain.
target | text | | Protein, where the row is an image's target; empty otherwise.
detected | bool | | The volume is above the limit of detection.
centre_row | float | px | Signal-weighted centre; the expected place when not detected.
centre_col | float | px | Signal-weighted centre; the expected place when not detected.
top | float | px | Top edge of the band's box (half-open), pixels of the file as given.
bottom | float | px | Bottom edge of the band's box.
left | float | px | Left edge of the band's box.
right | float | px | Right edge of the band's box.
curve | curve | px | Ridge of the band: points row:col through which a polynomial passes.
lean | float | px/px | Slope of the lane's centre line at the band (columns per row, upright picture).
sigma | float | px | Half thickness of the band along the run (standard deviation of its profile).
score | float | | Evidence for the band in units of its noise, from finding it; 0 where it was only expected.
raw | float | AU px | Sum of the pixels of the band's window.
background | float | AU px | Background under the same pixels.
volume | float | AU px | Signal above background.
volume_se | float | AU px | One standard error of the volume.
snr | float | | volume / volume_se.
height | float | AU | Peak of the band above background, averaged over the middle of the lane.
lod | float | AU px | Limit of detection of a band of this size at this place.
loq | float | AU px | Limit of quantification of a band of this size at this place.
saturated | int | px | Pixels of the band at the detector's limit.
rejected | float | | Share of the band's pixels replaced by the fitted band (dust, scratches).
mass_kda | float | kDa | Apparent mass from the ladder.
mass_low | float | kDa | Lower 95 % prediction limit of the mass, by how the ladder's own bands stray from its curve.
mass_high | float | kDa | Upper 95 % prediction limit of the mass.
flags | flags | | Doubts, worst first.
"""
)

_CORRECTIONS = """
image | text | | Image in which the edit was made.
what | text | | lane or band.
lane | int | | Lane number, before any renaming.
band | text | | Number of the row, before any renaming; empty for an edit of a lane.
action | text | | move, add, delete, rename or exclude (measured, but left out of groups, tests and curves).
old | text | px | What was there before: the box as top:bottom,left:right in pixels of the file as given, or the number.
new | text | px | What is there now, written alike.
who | text | | Who made the edit.
when | text | | When, as the editor's clock said it.
why | text | | The reason given.
"""

_PROFILES = (
    _PLACE
    + """
first | float | px | Row of the upright, uncropped picture at which the first value stands.
step | float | px | Rows from one value to the next; each is a mean over so many.
signal | text | AU | Mean counts of the middle half of the lane, from top to bottom, parted by spaces; bright = protein.
"""
)

_GROUPS = (
    _KEYS
    + _DOSE
    + """
n | int | | Biological replicates.
n_technical | int | | Lanes behind them.
mean | float | | Arithmetic mean of folds (of ratios where there is no reference).
sd | float | | Standard deviation between replicates.
sem | float | | Standard error of the mean.
geometric_mean | float | | Geometric mean; NaN when a value is zero or less.
ci_low | float | | Lower limit of the geometric mean, at comparison.level.
ci_high | float | | Upper limit of the geometric mean, at comparison.level.
percent_inhibition | float | % | Mean percent inhibition between the maximum and minimum controls.
flags | flags | | Doubts, worst first.
"""
)

_TESTS = (
    _KEYS
    + _DOSE
    + """
versus | text | | What the group is compared with.
method | text | | Test, model and correction in words; blank where the two are not compared (see note).
n | int | | Biological replicates of the group.
n_versus | int | | Biological replicates of what it is compared with.
effect | float | | Fold against versus.
ci_low | float | | Lower limit of the effect at comparison.level, adjusted as the p value is.
ci_high | float | | Upper limit of the effect, likewise.
statistic | float | | Test statistic.
dof | float | | Degrees of freedom of the residual.
p | float | | p value of the single comparison.
p_adjusted | float | | p value adjusted for all comparisons of its family.
note | text | | What to know when reading the row.
"""
)

_CURVES = (
    _KEYS
    + """
model | text | | Curve: 3pl, 4pl, 5pl or flat.
parameter | text | | top, bottom, ic50, hill, asymmetry, then derived ones (ic10, ic90, ic50_absolute …).
value | float | unit | Estimate; NaN when undetermined.
se | float | unit | Standard error (of ln value for doses: se of the logarithm times the value); NaN when unknown.
ci_low | float | unit | Lower limit at comparison.level; 0 when open.
ci_high | float | unit | Upper limit at comparison.level; infinite when open.
unit | text | | Unit of the parameter; % for a top or bottom in percent activity.
wald_low | float | unit | Lower limit at comparison.level by the standard error (of ln value for dose, hill, asymmetry).
wald_high | float | unit | Upper limit at comparison.level from the standard error.
method | text | | How the interval and the standard error were made.
note | text | | For example "> 400 nM".
"""
)

_POTENCIES = (
    _KEYS
    + """
unit | text | | Unit of the doses.
ic50 | float | unit | Dose that takes away half, or brings it where hill < 0 (an EC50); see kind; NaN: undetermined.
ci_low | float | unit | Lower limit at comparison.level; 0 when open.
ci_high | float | unit | Upper limit at comparison.level; infinite when open.
kind | text | | relative or absolute.
interval | text | | How the interval was made (profile or wald).
hill | float | | Steepness; positive when activity falls with dose.
n | int | | Biological replicates behind the curve.
points | int | | Points behind the curve.
note | text | | For example "> 400 nM".
"""
)

_QUALITY = """
scope | text | | What the figure is of: image, membrane, plate, replicate, target or study.
name | text | | Which one.
measure | text | | What was measured; `blotquant schema measures` explains each.
value | float | unit | The figure; blank where the note says it all.
unit | text | | Unit of the figure.
note | text | | What it says about the data, in words.
tone | text | | fact, good or worry.
"""

_CALIBRATION = """
scope | text | | membrane or image that was calibrated.
name | text | | Which one.
kind | text | | mass (ladder), linearity (dilution series), scale (between membranes), exposure.
parameter | text | | Which point or coefficient.
x | float | | Position [px], amount [µg] or time [s] of a point; NaN for a coefficient.
value | float | unit | Value of the point or coefficient.
se | float | unit | Its standard error; for a ladder point the leave-one-out error.
unit | text | | Unit of the value.
note | text | | What to know about it.
"""

_SENSITIVITY = (
    _KEYS
    + _DOSE
    + """
choice | text | | What was varied: background, normalisation, control, or combined (several of them at once).
option | text | | What was taken instead.
default | bool | | This row is the choice that the result was made with.
n | int | | Biological replicates.
fold | float | | Fold of the group under this choice (mean over replicates).
ci_low | float | | Lower limit at comparison.level.
ci_high | float | | Upper limit at comparison.level.
change | float | % | How far the fold moved from the default choice.
"""
)

_CURVE_POINTS = (
    _KEYS
    + """
dose | float | dose_unit | Dose on a fine grid.
dose_unit | text | | Unit of dose.
fitted | float | | The fitted curve.
ci_low | float | | Lower limit of the curve, at comparison.level.
ci_high | float | | Upper limit of the curve, at comparison.level.
"""
)


def _folds() -> tuple[Column, ...]:
    extra = """
reference | text | | Condition that the fold is relative to.
is_reference | bool | | The lane belongs to that condition.
fold | float | | ratio relative to the reference condition of its block.
fold_se | float | | Standard error of the fold from measuring alone.
percent_activity | float | % | 0 % at the minimum control, 100 % at the maximum control; not clipped.
percent_activity_se | float | % | Its standard error from measuring, that of both controls included.
percent_inhibition | float | % | 100 − percent activity.
response | float | | What the curve is fitted to: percent activity, or fold or ratio where there are no controls.
response_se | float | | Its standard error from measuring this lane; the controls' is shared by the block.
minimum | float | | Mean of the minimum control that the lane was held against, on the ratio's scale.
minimum_se | float | % | Its standard error from measuring, in percent activity; all lanes held against it share it.
minimum_n | int | | Lanes behind that mean; 0 without a minimum control.
"""
    return (*columns(_RATIO), *columns(extra))


_OF_WELLS = """
plate | text? | | Plate of the well.
signal | float? | | The response as read, before it was related to the controls.
maximum_se | float? | % | Standard error of the maximum control's mean, in percent activity; shared by a plate.
"""

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("lanes", "a lane of an image", columns(_LANES)),
        Table("bands", "a band, found or expected", columns(_BANDS)),
        Table("ratios", "a lane's phospho/total (or P/L, S/L)", columns(_RATIO)),
        Table("folds", "a normalised ratio", _folds(), columns(_OF_WELLS)),
        Table("groups", "a treatment × dose", columns(_GROUPS)),
        Table("tests", "one comparison", columns(_TESTS)),
        Table("curves", "one parameter of a fit", columns(_CURVES)),
        Table("potencies", "a target × treatment", columns(_POTENCIES)),
        Table("curve_points", "a dose on a fitted curve", columns(_CURVE_POINTS)),
        Table("sensitivity", "a fold under one defensible choice", columns(_SENSITIVITY)),
        Table("calibration", "a calibration point or coefficient", columns(_CALIBRATION)),
        Table("quality", "a figure of merit", columns(_QUALITY)),
        Table("profiles", "the light along a lane of an image, for the eye", columns(_PROFILES)),
        Table("corrections", "an edit of a lane or a band by hand", columns(_CORRECTIONS)),
    )
}
"""The tables of a result, in the order of the pipeline."""
