"""What a topic, as it is now, would have matched of the items that came in. Pure."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from core.topic_reports import Backtest, Day, Kept, Text
from core.types import ItemId, Verdict
from processors.compare import batches, found
from processors.judge import Explanation
from processors.topic import CompiledTopic, CompiledTopics

_NO_DAY: Final = "not told"


def backtest(texts: Iterable[Text], topic: CompiledTopic, then: Mapping[ItemId, Verdict], most: int) -> Backtest:
    """Judge stored items, and set that beside how they were judged when they came.

    Args:
        texts: the items.
        topic: as it is now.
        then: the verdicts of the time, by item.
        most: items to keep of each list: of the ones matched the best, of the others the nearest.
    """
    compiled = CompiledTopics([topic])
    days: dict[str, Counter[str]] = defaultdict(Counter)
    kept: dict[str, list[Kept]] = {"top": [], "new": [], "lost": []}
    for batch in batches(texts):
        now = found(compiled, batch)
        for number, text in enumerate(batch):
            verdict = then.get(ItemId(text.id), "")
            judged = now.get(number)
            day = days[f"{text.first_seen:%Y-%m-%d}" if text.first_seen else _NO_DAY]
            day.update(items=1, then=int(verdict == "match"))
            if judged:
                day["matched" if judged.matched else "near"] += 1
            if judged and judged.matched:
                _keep(kept["top"], _kept(text, judged, verdict), most)
                if verdict != "match":
                    _keep(kept["new"], _kept(text, judged, verdict), most)
            elif verdict == "match":
                _keep(kept["lost"], _kept(text, judged or topic.explain(text.title, text.summary), verdict), most)
    total = sum(days.values(), Counter[str]())
    return {
        "items": total["items"],
        "matched": total["matched"],
        "near": total["near"],
        "then": total["then"],
        "days": [
            Day(day, count["items"], count["matched"], count["near"], count["then"])
            for day, count in sorted(days.items())
        ],
        "top": _ordered(kept["top"], most),
        "new": _ordered(kept["new"], most),
        "lost": _ordered(kept["lost"], most),
    }


def _keep(items: list[Kept], item: Kept, most: int) -> None:
    """Add an item; now and then let go of all but the best, so that a long reading takes little memory."""
    items.append(item)
    if len(items) > 2 * most + 100:
        items[:] = _ordered(items, most)


def _ordered(items: list[Kept], most: int) -> list[Kept]:
    return heapq.nsmallest(most, items, key=lambda item: (-item.score, item.first_seen, item.id))


def _kept(text: Text, judged: Explanation, then: str) -> Kept:
    seen = text.first_seen.isoformat() if text.first_seen else ""
    return Kept(
        text.id, text.title, text.url, text.outlet, seen, round(judged.score, 4), judged.facets, judged.evidence, then
    )
