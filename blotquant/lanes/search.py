"""The search for the lanes of a membrane: a first look for the pitch, then closer looks that bend the comb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..blot import FloatArray
from ..evidence import Canvas, Seen
from .beyond import with_lanes_between, with_lanes_beyond
from .centre_lines import Comb, Marks, fit_comb, mark_bands
from .chains import PRICE, best_chain, candidates
from .ends import smears, trimmed
from .findings import Search
from .halves import pairs_of_halves, with_halves_joined
from .pitches import RIVAL, Glance, first_look
from .places import votes_of
from .second_look import Look, look_again
from .streaks import Blocks, streak_votes
from .votes import Votes, tally
from .wells import FEWEST, usual_step

__all__ = ["choose", "search"]

_OTHER_PITCH = 0.25  # logarithmic distance from which a pitch is another one
_MOST_HYPOTHESES = 3
_OFF_STEP = 0.1  # logarithmic distance of the usual step from the pitch looked at from which it is looked at itself
_MOVED = 0.02  # lanes that move by less than so much of the pitch are where they belong
_BENDS = 3  # how often the comb is bent, at most
_ROUNDS = 2  # how often lanes at the ends are given up
_SAME_BAND = 0.06  # votes of one lane that are nearer along the run are one band, as a share of the pitch


def _one_a_band(votes: Votes, comb: Comb, pitch: float) -> Votes:
    """Gather the votes of one lane that lie together along the run into one."""
    lane = comb.lane_of(votes.row, votes.col, pitch)
    own = np.flatnonzero((lane >= 0) & (votes.weight > 0))
    if own.size == 0:
        return Votes(np.empty(0), np.empty(0), np.empty(0), votes.spacing)
    own = own[np.lexsort((votes.row[own], lane[own]))]
    row, col, weight = votes.row[own], votes.col[own], votes.weight[own]
    new = (np.diff(lane[own]) != 0) | (np.diff(row) > max(2.0, _SAME_BAND * pitch))
    start = np.concatenate([[0], np.flatnonzero(new) + 1])
    total = np.add.reduceat(weight, start)
    return Votes(
        np.add.reduceat(weight * row, start) / total,
        np.add.reduceat(weight * col, start) / total,
        np.maximum.reduceat(weight, start),
        votes.spacing,
    )


def choose(counts: FloatArray, pitch: float, *, price: float = PRICE) -> tuple[float, FloatArray]:
    """Return the worth of the best chain of lanes in a tally, and its columns [px]."""
    place, votes = candidates(counts, pitch)
    worth, chain = best_chain(place, votes, pitch, lane_price=price)
    return worth, place[chain]


def _counts(votes: Votes, comb: Comb, pitch: float) -> FloatArray:
    return tally(comb.flattened(votes.row, votes.col), votes.weight, votes.spacing, pitch, comb.shape[1])


def _closer(images: Sequence[Seen], canvas: Canvas, glance: Glance, *, anew: bool = True) -> Search:
    """Look again at the pitch of a first look, and bend the comb until it fits the bands."""
    pitch = glance.step
    comb = Comb(glance.centre, 0.5 * glance.shear * (canvas.rows - 1), 0.0, 0.0, canvas.shape)
    seen = _Ballot.of([look_again(image, pitch) for image in images], canvas.offsets, pitch)
    counts, worth = _counts(seen.votes, comb, pitch), -np.inf
    for _ in range(_BENDS):
        before = comb.centre
        comb, gain = seen.bent(comb, *candidates(counts, pitch))
        worth, chain = best_chain(comb.centre, gain, pitch)
        comb = replace(comb, centre=comb.centre[chain])
        if len(comb.centre) == 0:
            return replace(Search.nothing(canvas), pitch=pitch, worth=worth)
        if len(comb.centre) == len(before) and np.abs(comb.centre - before).max() < _MOVED * pitch:
            break
        counts = _counts(seen.votes, comb, pitch)
    step = usual_step(comb.centre, pitch)
    if anew and np.log(pitch / step) > _OFF_STEP and len(comb.centre) >= FEWEST:
        shear = 2.0 * comb.lean / max(1, canvas.rows - 1)
        return _closer(images, canvas, Glance(worth, step, shear, comb.centre), anew=False)
    return _completed(images, canvas, seen, Search(comb, pitch, counts, counts, Marks.none(), worth, 0.0))


def _completed(images: Sequence[Seen], canvas: Canvas, seen: _Ballot, found: Search) -> Search:
    """Fit the comb to its bands, give up what is no lane, join halves of lanes and add lanes that are missing."""
    pitch = found.pitch
    single = [_one_a_band(own, found.comb, pitch) for own in seen.cast]
    marks = seen.marks(single)
    found = seen.tallied(replace(found, comb=fit_comb(marks, found.comb, pitch), marks=marks))
    bands, places = Votes.united(single), Votes.united(seen.cast)
    given_up: list[float] = []
    for _ in range(_ROUNDS):
        kept = trimmed(found, bands, places)
        if len(kept.comb.centre) == len(found.comb.centre):
            break
        given_up += smears(found, kept, bands)
        found = seen.tallied(replace(kept, comb=fit_comb(marks, kept.comb, pitch)))  # what was given up bent the others
    pairs = pairs_of_halves(found, bands, seen.looks, canvas.offsets)
    if pairs.size:
        return with_halves_joined(found, bands, pairs, images, canvas)
    comb = with_lanes_between(found.comb, bands, pitch, places=places)
    comb = with_lanes_beyond(
        comb,
        bands,
        marks,
        pitch,
        places=places,
        tallies=(found.counts, found.streaks),
        given_up=np.array(given_up),
        looks=seen.looks,
        offsets=canvas.offsets,
    )
    longer = replace(found, comb=comb)
    # lanes that the others tell cost nothing: fine combs whose bands touch must not lose to coarse ones
    return replace(longer, worth=found.worth + float(longer.votes.sum() - found.votes.sum()))


@dataclass(frozen=True)
class _Ballot:
    """What the images of a membrane have to say at one pitch.

    Parameters
    ----------
    looks : sequence of Look
        Evidence of each image.
    cast : sequence of Votes
        Places that look like bands, image by image.
    streaks : Votes
        Of lanes that show along their whole length.
    votes : Votes
        All of them.
    offsets : sequence of (int, int)
        Where each image starts on the canvas [px].
    pitch : float
        Distance between lanes [px].
    """

    looks: Sequence[Look]
    cast: Sequence[Votes]
    streaks: Votes
    votes: Votes
    offsets: Sequence[tuple[int, int]]
    pitch: float

    @classmethod
    def of(cls, looks: Sequence[Look], offsets: Sequence[tuple[int, int]], pitch: float) -> _Ballot:
        """Let the places and streaks of each image vote."""
        cast = [votes_of(look, pitch, offset) for look, offset in zip(looks, offsets, strict=True)]
        blocks = [Blocks.of(look.picture) for look in looks]
        streaks = [streak_votes(own, pitch, offset) for own, offset in zip(blocks, offsets, strict=True)]
        return cls(looks, cast, Votes.united(streaks), Votes.united([*cast, *streaks]), offsets, pitch)

    def tallied(self, found: Search) -> Search:
        """Tally the votes along the lanes of a search anew."""
        counts, streaks = (_counts(votes, found.comb, self.pitch) for votes in (self.votes, self.streaks))
        return replace(found, counts=counts, streaks=streaks)

    def marks(self, single: Sequence[Votes], *, thick: bool = True) -> Marks:
        """Bands in lanes with their ends."""
        looked = zip(self.looks, single, self.offsets, strict=True)
        return Marks.united([mark_bands(look, own, offset, self.pitch, thick=thick) for look, own, offset in looked])

    def bent(self, comb: Comb, place: FloatArray, gain: FloatArray) -> tuple[Comb, FloatArray]:
        """Bend a comb of candidates to the middles of their bands; returns it and their votes, from left to right."""
        if len(place) == 0:
            return replace(comb, centre=place), gain
        comb = replace(comb, centre=place)
        single = [_one_a_band(own, comb, self.pitch) for own in self.cast]
        comb = fit_comb(self.marks(single, thick=False), comb, self.pitch)
        order = np.argsort(comb.centre, kind="stable")
        return replace(comb, centre=comb.centre[order]), gain[order]


def _hypotheses(glances: Sequence[Glance]) -> list[Glance]:
    """Return the best first look, and others nearly as good that show other lanes; none where no lane is worth it."""
    chosen: list[Glance] = []
    for glance in glances:
        other = all(abs(np.log(glance.step / one.step)) > _OTHER_PITCH for one in chosen)
        if other and glance.worth > RIVAL * glances[0].worth and len(chosen) < _MOST_HYPOTHESES:
            chosen.append(glance)
    return chosen


def search(images: Sequence[Seen], canvas: Canvas) -> Search:
    """Find the lanes that rows of bands speak for.

    Parameters
    ----------
    images : sequence of Seen
        The images of the membrane.
    canvas : Canvas
        Where they lie.
    """
    hypotheses = _hypotheses(first_look(images, canvas))
    if not hypotheses:
        return Search.nothing(canvas)
    found = sorted((_closer(images, canvas, glance) for glance in hypotheses), key=lambda seen: -seen.worth)
    best = found[0]
    others = [seen.worth for seen in found[1:] if abs(np.log(seen.pitch / best.pitch)) > _OTHER_PITCH]
    rival = max(others, default=0.0)
    return replace(best, pitch=max(best.pitch, usual_step(best.comb.centre, best.pitch)), runner_up=rival)
