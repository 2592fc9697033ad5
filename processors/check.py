"""What can be wrong with a topic file beyond its shape: every mistake at once, with its key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from config.loader import LoadedTopic
from config.topic import Concept, Condition, TopicFile
from config.wording import did_you_mean
from core.errors import Mistake
from processors.fold import WORD, fold_exact, script
from processors.terms import TermError, parse

_REGEX: Final = re.compile(r"\\|\||\[[^\]]*\]|\.[*+]|\(\?|^\^|\w\$$|\{\d|\)[?*+]|\w\?\w|\w[?+](?:$|\s)")
_SMALLEST_STEM: Final = 2  # letters

Flaw = tuple[str, str, str]  # key, value as written, what is wanted
LineOf = Callable[[str], int | None]


def mistakes(topic: TopicFile, file: str = "", line_of: LineOf = lambda _key: None) -> list[Mistake]:
    """List what is wrong with a topic, in the order of the file.

    Args:
        topic: the topic, right in shape.
        file: its name, for the messages.
        line_of: gives the line of a dotted key.
    """
    return [Mistake(file, line_of(key), key, value, wanted) for key, value, wanted in _flaws(topic)]


def _flaws(topic: TopicFile) -> Iterator[Flaw]:
    yield from _in_concepts(topic)
    yield from _in_evidence(topic)
    for number, name in enumerate(topic.requires):
        if name not in topic.evidence:
            yield f"requires[{number}]", name, "the name of a piece of evidence"
    if topic.near_miss > topic.threshold:
        yield "near_miss", str(topic.near_miss), f"at most the threshold, {topic.threshold}"
    yield from _in_sums(topic)


def _in_sums(topic: TopicFile) -> Iterator[Flaw]:
    most = topic.bias + sum(max(rule.weight, 0) for rule in topic.evidence.values())
    needed = logit(topic.threshold)
    if most < needed:
        sums = f"bias and all weights above 0 make {most:g}, and it takes {needed:.2f}"
        yield "threshold", f"{topic.threshold:g}", f"a threshold that an item can reach: {sums}"


def logit(probability: float) -> float:
    """Turn a probability, above 0 and below 1, into log-odds."""
    return math.log(probability / (1 - probability))


def line_finder(loaded: LoadedTopic) -> LineOf:
    """Let the loader find a dotted key: `must_match[3].title` is ("must_match", 3, "title")."""

    def line(key: str) -> int:
        path = [int(number) if number else name for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key)]
        return loaded.line_of(tuple(path))

    return line


def _in_concepts(topic: TopicFile) -> Iterator[Flaw]:
    for name, concept in topic.concepts.items():
        key = f"concepts.{name}"
        for part, words in (("terms", concept.terms), ("unless", concept.unless)):
            for language, terms in words.items():
                for number, term in enumerate(terms):
                    if wanted := _wanted_of(term):
                        yield f"{key}.{part}.{language}[{number}]", term, wanted
        yield from _contradictions(concept, key)
        for number, other in enumerate(concept.any_of):
            if other not in topic.concepts:
                yield f"{key}.any_of[{number}]", other, _named("the name of a concept", other, topic.concepts)
            elif name in reach(topic, [other]):
                yield f"{key}.any_of[{number}]", other, f"a concept that does not lead back to {name}"
        if not concept.any_of and not any(concept.terms.values()):
            yield key, "", "terms, or other concepts in any_of"


def _wanted_of(term: str) -> str:
    """Tell what is wanted of a term that cannot be looked for as it was meant; empty when all is well."""
    if _REGEX.search(term):
        return "words, not a regular expression: `*` stands for any ending, and each alternative is a term of its own"
    try:
        parse(term)
    except TermError as error:
        return str(error)
    letters = fold_exact(term).text.strip()
    if "*" in term and len(letters) < _SMALLEST_STEM and script(letters) == WORD:
        return "at least two letters beside a star: this is in nearly every text"
    return ""


def _contradictions(concept: Concept, key: str) -> Iterator[Flaw]:
    """Find terms that are lookalikes of themselves, and so never count."""
    away = {term: language for language, terms in concept.unless.items() for term in terms}
    for language, terms in concept.terms.items():
        for number, term in enumerate(terms):
            if term in away:
                yield f"{key}.terms.{language}[{number}]", term, f"a term that unless.{away[term]} does not take back"


def _named(wanted: str, name: str, known: Iterable[str]) -> str:
    return wanted + did_you_mean(name, known)


def reach(topic: TopicFile, names: Iterable[str]) -> set[str]:
    """Find every concept whose hits count as one of the named, those included."""
    seen: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in seen and name in topic.concepts:
            seen.add(name)
            ahead.extend(topic.concepts[name].any_of)
    return seen


def _in_evidence(topic: TopicFile) -> Iterator[Flaw]:
    above: set[str] = set()
    for name, rule in topic.evidence.items():
        key = f"evidence.{name}"
        if name in topic.concepts:
            yield key, "", "a name that no concept has"
        if rule.facet is not None and rule.facet not in topic.facets:
            yield f"{key}.facet", rule.facet, _named("one of the facets", rule.facet, topic.facets)
        yield from _in_condition(rule.when, f"{key}.when", topic, above)
        above.add(name)


def _in_condition(condition: Condition, key: str, topic: TopicFile, above: set[str]) -> Iterator[Flaw]:
    members: Mapping[str, list[str | Condition]] = {
        "all": condition.all,
        "any": condition.any,
        "none": condition.none,
    }
    if not any(members.values()):
        yield key, "", "at least one name under all, any or none"
    if condition.near is not None and len(condition.all) < 2:  # noqa: PLR2004
        yield f"{key}.near", str(condition.near), "two names or more under all"
    for part, names in members.items():
        for number, name in enumerate(names):
            place = f"{key}.{part}[{number}]"
            if isinstance(name, Condition):
                yield from _in_condition(name, place, topic, above)
            elif name not in topic.concepts and name not in above:
                yield place, name, _wanted_name(name, topic)
    yield from _impossible(condition, key, topic)


def _wanted_name(name: str, topic: TopicFile) -> str:
    if name in topic.evidence:
        return "evidence listed above this one, so that none leads back to itself"
    return _named("the name of a concept or of evidence", name, [*topic.concepts, *topic.evidence])


def _impossible(condition: Condition, key: str, topic: TopicFile) -> Iterator[Flaw]:
    """Find names whose presence makes the condition fail: the absence of the same, or of a group it is in, is asked."""
    absent = [name for name in condition.none if isinstance(name, str)]
    ruled_out = {*absent, *reach(topic, absent)}
    for number, name in enumerate(condition.all):
        if isinstance(name, str) and name in ruled_out:
            yield f"{key}.all[{number}]", name, "a name that `none` does not rule out: this can never hold"
    if condition.any and all(isinstance(name, str) and name in ruled_out for name in condition.any):
        yield f"{key}.any", "", "a name that `none` does not rule out: this can never hold"
