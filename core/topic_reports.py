"""What is told of a topic that was measured, fitted or compared. Values only; `--json` prints them as they stand."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from msgspec import Struct

from core.types import Evidence

Interval = tuple[float, float]  # from, to


class Text(Struct, frozen=True, gc=False):
    """An item to be judged: stored, or labelled."""

    id: str
    title: str
    summary: str
    language: str = ""
    url: str = ""
    outlet: str = ""
    first_seen: datetime | None = None  # None: not told
    label: str = ""  # on, off, borderline; empty when not labelled


class Intervals(TypedDict):
    """How far each figure may be off by the chance of which items were labelled."""

    precision: Interval
    recall: Interval
    f1: Interval


class Scores(TypedDict):
    """How well some items were judged."""

    precision: float
    recall: float
    f1: float
    n: int


class Figures(Scores):
    """The same, with intervals."""

    intervals: Intervals


class FacetFigures(TypedDict):
    """How the items of one facet were judged."""

    n: int
    right: int  # judged as labelled
    share: float  # of them judged as labelled
    interval: Interval  # of the share
    shown: int  # of an `on` facet: items where the topic shows that facet; 0 of an `off` one


class ByFacet(TypedDict):
    """Figures by the facet that the labelled items name."""

    on: dict[str, FacetFigures]
    off: dict[str, FacetFigures]


class Bin(TypedDict):
    """The items whose score lies between two bounds."""

    low: float
    high: float
    n: int
    score: float  # their mean score
    share: float  # of them that are on
    interval: Interval  # of the share


class Calibration(TypedDict):
    """How far scores can be read as probabilities."""

    brier: float  # mean squared distance between score and label; 0 is perfect
    brier_interval: Interval
    brier_scored: float  # of the items that have what the topic requires; the others score 0
    scored: int  # how many those are
    error: float  # mean distance between a bin's score and its share, weighted by items
    bins: list[Bin]


class NearMisses(TypedDict):
    """Items in the band below the threshold."""

    on: int
    off: int


class Judged(TypedDict):
    """An item that was judged wrongly, and why."""

    id: str
    score: float
    line: int  # of the file; 0 when not told
    lang: str
    title: str
    facet: str
    near_miss: bool
    facets: list[str]
    evidence: list[Evidence]
    missing: list[str]  # what would have carried it over the threshold, in sentences


class Resampling(TypedDict):
    """How intervals were made."""

    resamples: int
    groups: int  # of items that report the same, drawn together
    confidence: float
    seed: int


class Report(Figures):
    """How well all items were judged."""

    by_lang: dict[str, Figures]
    by_facet: ByFacet
    facets_found: dict[str, int]  # among the items rightly matched
    near_misses: NearMisses
    borderline: int  # lines that are not scored
    calibration: Calibration
    bootstrap: Resampling
    false_positives: list[Judged]
    false_negatives: list[Judged]


class WeightChange(Struct, frozen=True):
    """A weight, as it is and as proposed."""

    name: str  # of the evidence; `bias` for the bias
    says: str
    before: float
    after: float
    held: int  # labelled items where the evidence held
    held_on: int  # of those, on topic


class Flip(Struct, frozen=True):
    """Evidence whose sign the data would turn, had it been let."""

    name: str
    says: str
    before: float
    wanted: float  # what the fit without a bound would have come to
    held: int
    held_on: int


class Held(TypedDict):
    """Figures of one model on items that it was not fitted on."""

    figures: Figures
    calibration: Calibration


class Gain(TypedDict):
    """How much a figure rises from before to after, on the same items."""

    value: float
    interval: Interval


class FitReport(TypedDict):
    """What a fit proposes, and what it would bring. Nothing is applied."""

    topic: str
    items: int  # labelled on or off, on which it is measured
    extra: int  # fitted to, and never measured on
    used: int  # of the items, that have what the topic requires: only they tell of weights
    folds: int
    l2: float
    before: Held  # the weights as they are
    after: Held  # fitted to the other folds
    f1_gain: Gain
    brier_gain: Gain  # below 0 is better
    changes: list[WeightChange]
    flips: list[Flip]
    idle: list[str]  # evidence that no item showed: its weight stays
    failing: list[str]  # why the topic would be refused: its own examples that fail, or mistakes
    diff: str  # of the topic file


class Difference(Struct, frozen=True):
    """One reason that counts in one topic and not, or not as much, in the other."""

    says: str
    before: float  # weight; 0 where it did not hold
    after: float
    words: tuple[str, ...]


class Change(Struct, frozen=True):
    """An item that the two topics judge differently."""

    id: str
    title: str
    language: str
    label: str  # on, off, borderline; empty when not labelled
    before: float  # score
    after: float
    why: tuple[Difference, ...]  # strongest first


class Changes(TypedDict):
    """What another topic file would change."""

    items: int  # looked at
    matched_before: int
    matched_after: int
    begin: list[Change]  # match now
    cease: list[Change]  # match no more
    near_begin: list[Change]  # near misses now, and were nothing
    near_cease: list[Change]  # nothing now, and were near misses
    moved: list[Change]  # judged alike, with a score that moved by more than `moves`
    moves: float
    right: int  # labelled items that were judged wrongly and now are rightly
    wrong: int  # the other way round


class DiffReport(TypedDict):
    """The same, and of what."""

    before: str  # topic file
    after: str
    on: str  # the labelled file, archive, or log
    since: str  # of stored items; empty for labelled ones
    changes: Changes


class Day(Struct, frozen=True):
    """How many items of one day."""

    day: str  # 2026-03-01, in UTC
    items: int  # looked at
    matched: int  # by the topic as it is now
    near: int
    then: int  # that were matched when they came


class Kept(Struct, frozen=True):
    """An item that the topic matches."""

    id: str
    title: str
    url: str
    outlet: str
    first_seen: str
    score: float
    facets: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    then: str  # match, near_miss, or empty: how it was judged when it came


class Backtest(TypedDict):
    """What a topic as it is now makes of items."""

    items: int
    matched: int
    near: int
    then: int  # matched when they came, by whatever the topic file was
    days: list[Day]
    top: list[Kept]  # matched now, best first
    new: list[Kept]  # matched now and not then, best first
    lost: list[Kept]  # matched then and not now; score and evidence are of now


class BacktestReport(TypedDict):
    """The same, and of what."""

    topic: str
    since: str
    source: str  # archive or log
    backtest: Backtest
