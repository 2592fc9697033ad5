"""Which items are worth a close look, and by which topics: one pass of one automaton for all topics.

From what a topic requires follow clauses: sets of literals of which at least one must be in the text. Each topic has a
bit in each of its clauses; a literal that is found sets the bits of the clauses it satisfies, and a topic is a
candidate when all of them are set. It may let through too much (it knows nothing of nearness, windows, lookalikes and
absences), never too little. So a topic costs nothing until its clauses are met, however many topics there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from config.topic import Condition, TopicFile
from processors.automaton import BytesAutomaton
from processors.terms import parse

_CLAUSES: Final = 4  # of a topic, the most selective; more would cost more than they save

Clause = frozenset[str]  # literals; one of them must be there


class Gate:
    """The candidates among many items. Immutable."""

    def __init__(self, topics: Sequence[TopicFile]) -> None:
        per_topic = [clauses(topic) for topic in topics]
        self._topics = len(topics)
        self._slots = max((len(of_topic) for of_topic in per_topic), default=0)
        self._base = 0  # the bits that need no literal
        bits: dict[str, int] = {}
        for number, of_topic in enumerate(per_topic):
            for slot in range(self._slots):
                bit = 1 << (slot * self._topics + number)
                if slot >= len(of_topic):
                    self._base |= bit
                    continue
                for literal in of_topic[slot]:
                    bits[literal] = bits.get(literal, 0) | bit
        self._bits = list(bits.values())
        self._automaton = BytesAutomaton(list(bits)) if bits else None
        self._always = self._met(self._base) if self._slots else (1 << self._topics) - 1

    def candidates(self, folded: Sequence[bytes]) -> list[tuple[int, int]]:
        """Return (number of the text, topics as a bit set) of the texts that some topic must look at.

        Args:
            folded: folded texts in UTF-8, each beginning and ending with a space.
        """
        found: list[tuple[int, int]] = []
        ends: list[int] = []
        end = -1
        for text in folded:
            end += len(text) + 1
            ends.append(end)
        hits = self._automaton.find(b"\x02".join(folded)) if self._automaton else []
        bits, base = self._bits, self._base
        number, limit, met = 0, ends[0] if ends else 0, base
        touched: dict[int, int] = {}
        for literal, _, stop in hits:
            if stop > limit:
                if met != base:
                    touched[number] = met
                    met = base
                while stop > limit:
                    number += 1
                    limit = ends[number]
            met |= bits[literal]
        if met != base:
            touched[number] = met
        if self._always:
            return [(number, self._met(touched.get(number, base)) | self._always) for number in range(len(folded))]
        for number, met in touched.items():
            topics = self._met(met)
            if topics:
                found.append((number, topics))
        return found

    def _met(self, bits: int) -> int:
        """Reduce the clauses' bits to the topics all of whose clauses are met."""
        topics = bits
        for slot in range(1, self._slots):
            topics &= bits >> (slot * self._topics)
            if not topics:
                return 0
        return topics & ((1 << self._topics) - 1)


def clauses(topic: TopicFile) -> list[Clause]:
    """Derive what must be in a text for the topic to score at all, most selective first."""
    literals = _literals(topic)
    needed = [clause for name in topic.requires for clause in _needed(topic.evidence[name].when, topic, literals)]
    selective = sorted(set(needed), key=lambda clause: (_frequency(clause), sorted(clause)))
    kept: list[Clause] = []
    for clause in selective:
        if not any(other <= clause for other in kept):
            kept.append(clause)
    return kept[:_CLAUSES]


def _needed(condition: Condition, topic: TopicFile, literals: Mapping[str, Clause]) -> list[Clause]:
    """List clauses without which the condition cannot hold."""

    def of(name: str | Condition) -> list[Clause]:
        if isinstance(name, Condition):
            return _needed(name, topic, literals)
        return [literals[name]] if name in literals else _needed(topic.evidence[name].when, topic, literals)

    found = [clause for name in condition.all for clause in of(name)]
    choices = [of(name) for name in condition.any]
    if choices and all(choices):
        found.append(frozenset().union(*(min(choice, key=_frequency) for choice in choices)))
    return found


def _literals(topic: TopicFile) -> dict[str, Clause]:
    """Collect for each concept the literals of its terms and of all concepts that count as it."""
    found: dict[str, Clause] = {}

    def collect(name: str) -> Clause:
        if name not in found:
            concept = topic.concepts[name]
            patterns = (parse(term) for terms in concept.terms.values() for term in terms)
            own = (pattern.anchor or pattern.literal for pattern in patterns)
            found[name] = frozenset(own).union(*map(collect, concept.any_of))
        return found[name]

    for name in topic.concepts:
        collect(name)
    return found


def _frequency(clause: Iterable[str]) -> float:
    """Guess how often a clause is met: short literals are frequent, and each byte makes one rarer."""
    return sum(0.5 ** len(literal.encode()) for literal in clause)
