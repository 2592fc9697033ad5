"""One topic, compiled: whether an item matches it, how surely, and why."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from config.topic import TopicFile
from core.types import Evidence, Span
from processors.automaton import TextAutomaton
from processors.conditions import compile_condition, reads_all
from processors.scene import Hit, Parts, Predicate, Scene, Support, longest, read
from processors.sentences import first_sentences
from processors.terms import Pattern, parse

MAX_MISSING = 6  # pieces of evidence that would each have been enough; the strongest
MAX_SPANS = 20  # of one piece of evidence; a long article may hold hundreds


class Explanation(NamedTuple):
    """What a topic says of a text."""

    score: float  # 0..1; 0 when something required is not there
    threshold: float
    matched: bool
    near_miss: bool  # not matched, and worth a look
    facets: tuple[str, ...]
    evidence: tuple[Evidence, ...]  # that held, in the order of the topic file
    missing: tuple[str, ...]  # sentences of the evidence that would have carried it over the threshold, best first


class _Rule(NamedTuple):
    name: str
    says: str
    weight: float
    facet: str
    holds: Predicate


class _Concept(NamedTuple):
    number: int
    parts: tuple[int, ...]  # concepts whose hits are this one's too


class CompiledTopic:
    """One topic, ready to judge texts. Immutable; safe from any thread."""

    def __init__(self, topic: TopicFile, topic_hash: str) -> None:
        self.file = topic
        self.id = topic.topic
        self.hash = topic_hash
        self.window = topic.window_sentences
        self.reads_all = any(reads_all(rule.when) for rule in topic.evidence.values())  # past the window
        self._required = frozenset(topic.requires)
        self._numbers = {name: number for number, name in enumerate(topic.concepts)}
        self._names = list(topic.concepts)
        self._order = _inside_out(topic, self._numbers)
        self._patterns: list[Pattern] = []
        self._owners: list[list[tuple[int, bool]]] = []  # by pattern: (concept, is a lookalike)
        self._read_terms()
        self._automaton = TextAutomaton([pattern.literal for pattern in self._patterns])
        self._rules = [
            _Rule(name, rule.says, rule.weight, rule.facet or "", compile_condition(rule.when, self._numbers))
            for name, rule in topic.evidence.items()
        ]

    def _read_terms(self) -> None:
        places: dict[Pattern, int] = {}
        for number, concept in enumerate(self.file.concepts.values()):
            for lookalike, words in ((False, concept.terms), (True, concept.unless)):
                for terms in words.values():
                    for pattern in map(parse, terms):
                        place = places.setdefault(pattern, len(places))
                        if place == len(self._patterns):
                            self._patterns.append(pattern)
                            self._owners.append([])
                        if (number, lookalike) not in self._owners[place]:
                            self._owners[place].append((number, lookalike))

    def explain(self, title: str, summary: str = "") -> Explanation:
        """Judge a text and say why."""
        parts = read(title, summary if self.reads_all else first_sentences(summary, self.window))
        return self._judge(parts, frozenset())

    def judge(self, parts: Parts) -> Explanation:
        """Judge an item that was read already, at least as far as this topic reads, and look no further than needed.

        As `explain` does, except that of an item that lacks something required only so much is told.
        """
        return self._judge(parts, self._required)

    def _judge(self, parts: Parts, ending: frozenset[str]) -> Explanation:
        """Weigh the evidence; end at the first of these that doesn't hold."""
        scene = self._look(parts)
        held: dict[str, Support] = {}
        for rule in self._rules:
            support = rule.holds(scene, held)
            if support is not None:
                held[rule.name] = support
            elif rule.name in ending:
                break
        return self._verdict(scene, held)

    def _look(self, parts: Parts) -> Scene:
        """Find every concept in the text."""
        scene = Scene(parts, self.window)
        found: list[set[Hit]] = [set() for _ in self._names]
        covers: list[list[Hit]] = [[] for _ in self._names]
        for part in scene.parts:
            for place, start, end in self._automaton.find(part.folded.text):
                stretch = self._patterns[place].accept(part.folded, part.original, start, end)
                hit = scene.hit(part, *stretch) if stretch else None
                if hit is None:
                    continue
                for number, lookalike in self._owners[place]:
                    if lookalike:
                        covers[number].append(hit)
                    else:
                        found[number].add(hit)
        for number, made_of in self._order:
            hits = found[number].union(*(found[part] for part in made_of))
            found[number] = _uncovered(hits, covers[number]) if covers[number] else hits
        scene.hits = [tuple(sorted(hits)) for hits in found]
        return scene

    def _verdict(self, scene: Scene, held: dict[str, Support]) -> Explanation:
        topic = self.file
        lacking = [name for name in topic.requires if name not in held]
        odds = topic.bias + sum(rule.weight for rule in self._rules if rule.name in held)
        score = 0.0 if lacking else sigmoid(odds)
        shown = {rule.facet for rule in self._rules if rule.name in held}
        matched = score >= topic.threshold
        return Explanation(
            score,
            topic.threshold,
            matched,
            not matched and not lacking and score >= topic.near_miss,
            tuple(facet for facet in topic.facets if facet in shown),
            tuple(
                Evidence(rule.name, rule.says, rule.weight, rule.facet, self._spans(scene, held[rule.name]))
                for rule in self._rules
                if rule.name in held and (rule.weight or rule.facet)
            ),
            () if matched else self._missing(held, odds, lacking),
        )

    def _spans(self, scene: Scene, support: Support) -> tuple[Span, ...]:
        texts = {part.field: part.original for part in scene.parts}
        return tuple(
            Span(hit.field, hit.start, hit.end, texts[hit.field][hit.start : hit.end], self._concept_of(scene, hit))
            for hit in longest(support)[:MAX_SPANS]
        )

    def _concept_of(self, scene: Scene, hit: Hit) -> str:
        """Name the concept of a hit: the innermost, where several have it."""
        return next(self._names[number] for number, _ in self._order if hit in scene.hits[number])

    def _missing(self, held: dict[str, Support], odds: float, lacking: Sequence[str]) -> tuple[str, ...]:
        """Say what was wanted: what is required; else what would have been enough alone; else the least together."""
        if lacking:
            return tuple(self.file.evidence[name].says for name in lacking)
        gap = math.log(self.file.threshold / (1 - self.file.threshold)) - odds
        absent = sorted(
            (rule for rule in self._rules if rule.weight > 0 and rule.name not in held), key=lambda rule: -rule.weight
        )
        enough = tuple(rule.says for rule in absent if rule.weight >= gap)
        if enough:
            return enough[:MAX_MISSING]
        together: list[str] = []
        for rule in absent:
            together.append(rule.says)
            gap -= rule.weight
            if gap <= 0:
                return tuple(together)
        return ()


def sigmoid(odds: float) -> float:
    """Turn log-odds into a probability."""
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


def _uncovered(hits: set[Hit], covers: Sequence[Hit]) -> set[Hit]:
    """Leave out the hits that lie inside a cover; in the time it takes to sort them, for a long text has thousands."""
    reach: dict[
        str, tuple[list[int], list[int]]
    ] = {}  # by field: where covers begin, and how far one till there reaches
    for cover in sorted(covers, key=lambda cover: cover.start):
        starts, ends = reach.setdefault(cover.field, ([], []))
        starts.append(cover.start)
        ends.append(max(cover.end, ends[-1] if ends else 0))

    def covered(hit: Hit) -> bool:
        starts, ends = reach.get(hit.field, ([], []))
        last = bisect_right(starts, hit.start)
        return last > 0 and ends[last - 1] >= hit.end

    return {hit for hit in hits if not covered(hit)}


def _inside_out(topic: TopicFile, numbers: dict[str, int]) -> list[_Concept]:
    """Order the concepts so that each comes after those it is made of."""
    ordered: dict[str, _Concept] = {}

    def visit(name: str) -> None:
        if name in ordered:
            return
        parts = topic.concepts[name].any_of
        for part in parts:
            visit(part)
        ordered[name] = _Concept(numbers[name], tuple(numbers[part] for part in parts))

    for name in topic.concepts:
        visit(name)
    return list(ordered.values())
