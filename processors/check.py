"""What can be wrong with a topic file beyond its shape: every mistake at once, with its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from config.topic import Condition, TopicFile
from core.errors import Mistake
from processors.terms import TermError, parse

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


def _in_concepts(topic: TopicFile) -> Iterator[Flaw]:
    for name, concept in topic.concepts.items():
        key = f"concepts.{name}"
        for part, words in (("terms", concept.terms), ("unless", concept.unless)):
            for language, terms in words.items():
                for number, term in enumerate(terms):
                    try:
                        parse(term)
                    except TermError as error:
                        yield f"{key}.{part}.{language}[{number}]", term, str(error)
        for number, other in enumerate(concept.any_of):
            if other not in topic.concepts:
                yield f"{key}.any_of[{number}]", other, "the name of a concept"
            elif name in _reach(topic, other):
                yield f"{key}.any_of[{number}]", other, f"a concept that does not lead back to {name}"
        if not concept.any_of and not any(concept.terms.values()):
            yield key, "", "terms, or other concepts in any_of"


def _reach(topic: TopicFile, start: str) -> set[str]:
    """Find every concept that counts as `start`, itself included."""
    seen: set[str] = set()
    ahead = [start]
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
            yield f"{key}.facet", rule.facet, "one of the facets"
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
                below = name in topic.evidence
                yield place, name, "evidence listed above this one" if below else "the name of a concept or of evidence"
