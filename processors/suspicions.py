"""What looks wrong in a topic file and may be meant: told as a warning, and nothing is refused for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from config.loader import LoadedTopic
from config.topic import Concept, Condition, TopicFile
from core.errors import Mistake
from processors.check import Flaw, LineOf, line_finder, logit, mistakes, reach
from processors.fold import WORD, Folded, fold_exact, script
from processors.terms import Pattern, parse

_ENDING: Final = "qz"  # stands for whatever a star may be; no word of any language
_FEW_LETTERS: Final = 2
_ALPHABETS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")  # whose letters are taken for each other


def suspicions_of(loaded: LoadedTopic) -> list[Mistake]:
    """List what looks wrong in a topic as the loader read it; nothing where it is refused anyway."""
    return suspicions(loaded.file, loaded.shown, line_finder(loaded))


def suspicions(topic: TopicFile, file: str = "", line_of: LineOf = lambda _key: None) -> list[Mistake]:
    """List what looks wrong in a topic, concepts first.

    Args:
        topic: the topic, right in shape; one with mistakes has no suspicions.
        file: its name, for the messages.
        line_of: gives the line of a dotted key.
    """
    if mistakes(topic):
        return []
    return [Mistake(file, line_of(key), key, value, wanted) for key, value, wanted in _odd(topic)]


def _odd(topic: TopicFile) -> Iterator[Flaw]:
    for name, concept in topic.concepts.items():
        yield from _in_concept(concept, f"concepts.{name}")
    yield from _unused(topic)
    for name, rule in topic.evidence.items():
        key = f"evidence.{name}"
        if rule.weight < 0 and rule.facet:
            yield f"{key}.weight", f"{rule.weight:g}", "a weight above 0 where a facet is shown, or no facet"
        if rule.weight < 0 and name in topic.requires:
            yield f"{key}.weight", f"{rule.weight:g}", "a weight of 0 or more: what is required does not speak against"
        if rule.weight > 0 and not (rule.when.all or rule.when.any):
            yield (
                f"{key}.weight",
                f"{rule.weight:g}",
                "a weight of 0 or less: only absences are asked, and they are common",
            )
        yield from _cancelled(rule.when, f"{key}.when", topic)
    if not topic.requires and topic.bias >= logit(topic.threshold):
        yield "bias", f"{topic.bias:g}", f"less than {logit(topic.threshold):.2f}: a text without any evidence matches"
    for key, examples in (("must_match", topic.must_match), ("must_not_match", topic.must_not_match)):
        if not examples:
            yield key, "", "some examples: without them nothing tells that a change has spoilt the topic"


def _in_concept(concept: Concept, key: str) -> Iterator[Flaw]:
    away = [parse(term) for terms in concept.unless.values() for term in terms]
    for part, words in (("terms", concept.terms), ("unless", concept.unless)):
        for language, terms in words.items():
            place = f"{key}.{part}.{language}"
            yield from _by_itself(terms, place)
            if part == "terms":
                yield from _beside_others(terms, place, away)


def _by_itself(terms: Sequence[str], place: str) -> Iterator[Flaw]:
    for number, term in enumerate(terms):
        if mixed := _mixed(term):
            yield f"{place}[{number}]", term, f"letters of one alphabet in a word: {mixed}"
        letters = fold_exact(term).text.strip()
        short = len(letters) == 1 or ("*" in term and len(letters) <= _FEW_LETTERS)
        if short and script(letters[0]) == WORD and not term.startswith("="):
            yield f"{place}[{number}]", term, "a longer term: this is in many texts, whatever their matter"


def _mixed(term: str) -> str:
    """Name the letters of the rarer alphabet in a word that has two; empty when no word has."""
    for word in fold_exact(term, keep_case=True).text.split():
        found: dict[str, str] = {}
        for char in word:
            alphabet = unicodedata.name(char, "").partition(" ")[0]
            if alphabet in _ALPHABETS:
                found[alphabet] = found.get(alphabet, "") + char
        if len(found) > 1:
            rarer = min(found, key=lambda alphabet: len(found[alphabet]))
            return f"{found[rarer]} is {rarer.capitalize()}"
    return ""


def _beside_others(terms: Sequence[str], place: str, away: Sequence[Pattern]) -> Iterator[Flaw]:
    """Find terms that never count, and those that add nothing (told once a list: most often there are many)."""
    patterns = [parse(term) for term in terms]
    idle: list[tuple[int, int]] = []
    for number, term in enumerate(terms):
        sample = term.removeprefix("=").replace("*", _ENDING)
        text = fold_exact(sample)  # once: there may be hundreds of terms to look for in it
        own = _found(patterns[number], text, sample)
        if own is None:
            continue
        covers = [cover for pattern in away if (cover := _found(pattern, text, sample))]
        if any(_encloses(cover, own) for cover in covers):
            yield (
                f"{place}[{number}]",
                term,
                "a term that can count: a longer one of `unless` takes it back wherever it is",
            )
        elif not covers and (other := _instead(number, own, patterns, text, sample)) is not None:
            idle.append((number, other))
    if idle:
        number, other = idle[0]
        more = f"; so with {len(idle) - 1} more of this list" if len(idle) > 1 else ""
        wanted = f"a term that adds something: `{terms[other]}` beside it finds all that it does{more}"
        yield f"{place}[{number}]", terms[number], wanted


def _instead(number: int, own: tuple[int, int], patterns: Sequence[Pattern], text: Folded, sample: str) -> int | None:
    """Find a term beside this one that finds all that it does; of two that are the same, the first."""
    for other, pattern in enumerate(patterns):
        if pattern == patterns[number]:
            if other < number:
                return other
        elif (found := _found(pattern, text, sample)) and _encloses(found, own):
            return other
    return None


def _found(pattern: Pattern, text: Folded, sample: str) -> tuple[int, int] | None:
    """Look for a term in a few words; the stretch of folded text."""
    start = text.text.find(pattern.literal)
    while start >= 0:
        if stretch := pattern.accept(text, sample, start, start + len(pattern.literal)):
            return stretch
        start = text.text.find(pattern.literal, start + 1)
    return None


def _encloses(cover: tuple[int, int], hit: tuple[int, int]) -> bool:
    return cover[0] <= hit[0] and hit[1] <= cover[1]


def _cancelled(condition: Condition, key: str, topic: TopicFile) -> Iterator[Flaw]:
    """Find words of a concept that is asked for and of one that must be absent: they can never help."""
    absent = _words(topic, condition.none)
    for part, names in (("all", condition.all), ("any", condition.any)):
        for number, name in enumerate(names):
            if isinstance(name, Condition):
                yield from _cancelled(name, f"{key}.{part}[{number}]", topic)
            elif shared := sorted(_words(topic, [name]).keys() & absent.keys()):
                others = ", ".join(sorted({absent[term] for term in shared}))
                yield (
                    f"{key}.{part}[{number}]",
                    name,
                    f"words of its own: {', '.join(shared[:3])} stands in {others} too, which `none` rules out",
                )
    for number, name in enumerate(condition.none):
        if isinstance(name, Condition):
            yield from _cancelled(name, f"{key}.none[{number}]", topic)


def _words(topic: TopicFile, names: Sequence[str | Condition]) -> Mapping[str, str]:
    """Map the terms of concepts, and of all that count as them, to the concept they stand in."""
    concepts = reach(topic, [name for name in names if isinstance(name, str) and name in topic.concepts])
    return {term: name for name in concepts for terms in topic.concepts[name].terms.values() for term in terms}


def _unused(topic: TopicFile) -> Iterator[Flaw]:
    used = {*topic.requires}
    for rule in topic.evidence.values():
        used.update(_names(rule.when))
    for concept in topic.concepts.values():
        used.update(concept.any_of)
    for name in topic.concepts:
        if name not in used:
            yield f"concepts.{name}", "", "a use: no evidence names this concept"
    for name, rule in topic.evidence.items():
        if name not in used and not rule.weight and not rule.facet:
            yield f"evidence.{name}", "", "a weight, a facet, or other evidence that names it: so it does nothing"
    shown = {rule.facet for rule in topic.evidence.values()}
    for facet in topic.facets:
        if facet not in shown:
            yield f"facets.{facet}", "", "evidence that shows this facet: none does"


def _names(condition: Condition) -> Iterator[str]:
    for member in (*condition.all, *condition.any, *condition.none):
        if isinstance(member, Condition):
            yield from _names(member)
        else:
            yield member
