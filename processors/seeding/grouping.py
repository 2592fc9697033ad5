"""Groups what was found: names round the side they belong to, words and phrases round one matter.

Both by rules that can be told in a sentence, because the analyst who reads the proposal will regroup it:

- a name joins its state (`names.py` says why); a name without one stands alone;
- a phrase joins the word it is about (`fighter jet`, `jets`), and two matters become one when the sentences that have
  them are much the same (cosine of their sets of sentences).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from processors.seeding.names import OTHER, PLACE, WEAPON, Name
from processors.seeding.reading import Sentence
from processors.seeding.salient import Salient

_ALIKE: Final = 0.45  # cosine
_LARGEST: Final = 8  # terms of a matter that was put together
_TITLED: Final = 3.0  # standard deviations that standing in a title is worth
_COMPARED: Final = 60  # matters; the strongest
_MATTERS: Final = 12
_OFTEN: Final = 3  # occurrences of a matter of its own, or else it is in every seed
_FACTS: Final = 2  # occurrences that a name needs, unless its kind is sure


class Side(NamedTuple):
    """Somebody who may act: a state with its people and places, or a person, a body, a name alone."""

    label: str  # for people
    names: tuple[Name, ...]
    times: int
    fronted: int  # seeds that name it in their evidence window


class Matter(NamedTuple):
    """What the seeds speak about, in words that go together."""

    label: str  # its strongest word
    found: tuple[Salient, ...]

    @property
    def strength(self) -> float:
        """How surely the seeds speak of it: the z of its surest word."""
        return max(each.z for each in self.found)

    @property
    def rank(self) -> float:
        """Its strength, and more when it stands in a title."""
        return self.strength + (_TITLED if any(each.titled for each in self.found) else 0.0)


def sides(names: Iterable[Name], sentences: Sequence[Sentence], window: int) -> list[Side]:
    """Gather names into sides, the strongest first: by the seeds that name it early, then by mentions."""
    members: dict[tuple[str, ...], list[Name]] = defaultdict(list)
    for name in names:
        if name.kind != WEAPON and _worth(name) and (name.state or name.kind != PLACE):
            members[(name.state,) if name.state else ("", *name.words)].append(name)
    found = [_side(key, group, sentences, window) for key, group in members.items()]
    return sorted(found, key=lambda side: (-side.fronted, -side.times, side.label))


def _worth(name: Name) -> bool:
    return name.kind not in (OTHER, PLACE) or name.times >= _FACTS


def _side(key: Sequence[str], group: Sequence[Name], sentences: Sequence[Sentence], window: int) -> Side:
    mentions = [mention for name in group for mention in name.mentions]
    seen = {sentences[mention.sentence].seed for mention in mentions if sentences[mention.sentence].place <= window}
    label = _capitals(key[0]) if key[0] else group[0].shown
    return Side(label, tuple(group), len(mentions), len(seen))


def _capitals(state: str) -> str:
    return " ".join(word[0].upper() + word[1:] for word in state.split())


def places(names: Iterable[Name]) -> tuple[Name, ...]:
    """Give the places that belong to no side."""
    return tuple(name for name in names if name.kind == PLACE and not name.state and _worth(name))


def weapons(names: Iterable[Name]) -> tuple[Name, ...]:
    """Give the types and calibres."""
    return tuple(name for name in names if name.kind == WEAPON)


def matters(found: Sequence[Salient], seeds: int) -> tuple[tuple[Matter, ...], tuple[Salient, ...]]:
    """Group words and phrases into matters; return them, the strongest first, and the words left over."""
    by_head: dict[str, list[Salient]] = defaultdict(list)
    for each in found:
        by_head[each.head].append(each)
    groups = list(by_head.values())
    groups = _merged(groups[:_COMPARED]) + groups[_COMPARED:]
    made = sorted((Matter(group[0].shown, tuple(group)) for group in groups), key=lambda one: (-one.rank, one.label))
    strong = [matter for matter in made if _often(matter, seeds)][:_MATTERS]
    rest = [each for matter in made if matter not in strong for each in matter.found]
    return tuple(strong), tuple(sorted(rest, key=lambda each: (-each.z, each.shown)))


def _often(matter: Matter, seeds: int) -> bool:
    told = any(each.titled or each.seeds == seeds > 1 for each in matter.found)
    return told or _most(matter.found) >= _OFTEN


def _most(found: Sequence[Salient]) -> int:
    return max(each.times for each in found)


def _merged(groups: list[list[Salient]]) -> list[list[Salient]]:
    """Put groups together as long as two share their sentences, the most alike first."""
    while True:
        pairs = [
            (_cosine(one, other), -first, -second)
            for first, one in enumerate(groups)
            for second, other in enumerate(groups[:first])
            if len(one) + len(other) <= _LARGEST and min(_most(one), _most(other)) >= _OFTEN
        ]
        best = max(pairs, default=(0.0, 0, 0))
        if best[0] < _ALIKE:
            return groups
        larger, smaller = groups[-best[1]], groups[-best[2]]
        merged = sorted([*larger, *smaller], key=lambda each: (-each.z, each.shown))
        groups = [group for group in groups if group is not larger and group is not smaller] + [merged]


def _cosine(one: Sequence[Salient], other: Sequence[Salient]) -> float:
    """Compare the sentences of two groups; a single sentence is no likeness."""
    ours = frozenset().union(*(each.places for each in one))
    theirs = frozenset().union(*(each.places for each in other))
    shared = len(ours & theirs)
    return shared / math.sqrt(len(ours) * len(theirs)) if shared > 1 else 0.0


def slug(label: str, fallback: str) -> str:
    """Make a name for the file of a label: Latin letters and digits, else the fallback."""
    made = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:40]
    return made if made[:1].isalpha() else fallback
