"""What another file of a topic would change: items that begin or cease to match, and the evidence that does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from core.topic_reports import Change, Changes, Difference, Text
from processors.judge import Explanation
from processors.topic import CompiledTopic, CompiledTopics

_BATCH: Final = 500
_MATCH, _NEAR, _NOTHING = 2, 1, 0


def compare(texts: Iterable[Text], before: CompiledTopic, after: CompiledTopic, moves: float) -> Changes:
    """Judge items by two topics. Items that neither matches nor nearly matches are not looked at closely.

    Args:
        texts: the items.
        before: the topic that is in force.
        after: the other.
        moves: how far a score must move to be told, where the verdict stays.
    """
    old, new = CompiledTopics([before]), CompiledTopics([after])
    changes: Changes = {
        "items": 0, "matched_before": 0, "matched_after": 0, "begin": [], "cease": [], "near_begin": [],
        "near_cease": [], "moved": [], "moves": moves, "right": 0, "wrong": 0,
    }  # fmt: skip
    for batch in batches(texts):
        changes["items"] += len(batch)
        was, now = found(old, batch), found(new, batch)
        for number in sorted({*was, *now}):
            text = batch[number]
            first = was.get(number) or before.explain(text.title, text.summary)
            second = now.get(number) or after.explain(text.title, text.summary)
            _count(changes, text, first, second)
            _sort_in(changes, text, first, second, (before, after))
    for begins in (changes["begin"], changes["near_begin"]):
        begins.sort(key=lambda change: (-change.after, change.id))
    for ceases in (changes["cease"], changes["near_cease"]):
        ceases.sort(key=lambda change: (-change.before, change.id))
    changes["moved"].sort(key=lambda change: (-abs(change.after - change.before), change.id))
    return changes


def batches(texts: Iterable[Text]) -> Iterator[list[Text]]:
    """Take texts by the hundred: they are folded together."""
    ahead = iter(texts)
    while batch := list(islice(ahead, _BATCH)):
        yield batch


def found(topic: CompiledTopics, batch: Sequence[Text]) -> Mapping[int, Explanation]:
    """Find the texts that a topic matches or nearly matches, by their number."""
    pairs = [(text.title, text.summary) for text in batch]
    return {each.number: each.explanation for each in topic.find(pairs)}


def _count(changes: Changes, text: Text, first: Explanation, second: Explanation) -> None:
    changes["matched_before"] += first.matched
    changes["matched_after"] += second.matched
    if first.matched != second.matched and text.label in ("on", "off"):
        changes["right" if second.matched == (text.label == "on") else "wrong"] += 1


def _sort_in(
    changes: Changes, text: Text, first: Explanation, second: Explanation, topics: tuple[CompiledTopic, CompiledTopic]
) -> None:
    was, now = _rank(first), _rank(second)
    if was == now and abs(second.score - first.score) <= changes["moves"]:
        return
    change = Change(
        text.id, text.title, text.language, text.label, round(first.score, 4), round(second.score, 4),
        tuple(_why(first, second, topics)),
    )  # fmt: skip
    if was == now:
        changes["moved"].append(change)
    elif _MATCH in (was, now):
        changes["begin" if now == _MATCH else "cease"].append(change)
    else:
        changes["near_begin" if now == _NEAR else "near_cease"].append(change)


def _rank(found: Explanation) -> int:
    return _MATCH if found.matched else _NEAR if found.near_miss else _NOTHING


def _why(first: Explanation, second: Explanation, topics: tuple[CompiledTopic, CompiledTopic]) -> list[Difference]:
    """Find what counts in one and not, or not as much, in the other; what is required goes first."""
    reasons = _required(first, second)
    weighed: list[Difference] = []
    was = {each.name: each for each in first.evidence}
    now = {each.name: each for each in second.evidence}
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        before, after = old.weight if old else 0.0, new.weight if new else 0.0
        if before != after:
            shown = new or was[name]
            words = tuple(dict.fromkeys(span.text for span in shown.spans))
            weighed.append(Difference(shown.says, before, after, words))
    for says, before, after in _settings(topics):
        if before != after:
            weighed.append(Difference(says, before, after, ()))
    return reasons + sorted(weighed, key=lambda each: -abs(each.after - each.before))


def _required(first: Explanation, second: Explanation) -> list[Difference]:
    if not first.score:
        return [Difference(f"now there, and required: {says}", 0.0, 0.0, ()) for says in first.missing]
    if not second.score:
        return [Difference(f"now missing, and required: {says}", 0.0, 0.0, ()) for says in second.missing]
    return []


def _settings(topics: tuple[CompiledTopic, CompiledTopic]) -> list[tuple[str, float, float]]:
    before, after = topics[0].file, topics[1].file
    return [
        ("the bias", before.bias, after.bias),
        ("the threshold", before.threshold, after.threshold),
        ("the near-miss limit", before.near_miss, after.near_miss),
    ]
