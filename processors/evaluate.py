"""How well a topic judges labelled items: precision, recall, F1, and where it errs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TypedDict

from processors.topic import CompiledTopic


class Figures(TypedDict):
    """How well some items were judged."""

    precision: float
    recall: float
    f1: float
    n: int


class Judged(TypedDict):
    """An item that was judged wrongly."""

    id: str
    score: float


class Report(Figures):
    """How well all items were judged."""

    by_lang: dict[str, Figures]
    false_positives: list[Judged]
    false_negatives: list[Judged]


def evaluate(rows: Iterable[Mapping[str, str]], topic: CompiledTopic) -> Report:
    """Judge labelled items (`title`, `summary`, `lang`, `label`: on, off or borderline, which is not scored)."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: dict[str, list[Judged]] = {"fp": [], "fn": []}
    for number, row in enumerate(rows, 1):
        label = row.get("label", "")
        if label not in ("on", "off"):
            continue
        found = topic.explain(row.get("title") or "", row.get("summary") or "")
        outcome = ("t" if found.matched == (label == "on") else "f") + ("p" if found.matched else "n")
        counts[row.get("lang") or ""][outcome] += 1
        if outcome in wrong:
            wrong[outcome].append({"id": str(row.get("id") or number), "score": round(found.score, 4)})
    overall = _figures(sum(counts.values(), Counter()))
    return {
        **overall,
        "by_lang": {language: _figures(count) for language, count in sorted(counts.items())},
        "false_positives": wrong["fp"],
        "false_negatives": wrong["fn"],
    }


def _figures(count: Counter[str]) -> Figures:
    """Reckon the figures. Nothing matched is a precision of 1; nothing to match, a recall of 1."""
    right, matched, wanted = count["tp"], count["tp"] + count["fp"], count["tp"] + count["fn"]
    precision = right / matched if matched else 1.0
    recall = right / wanted if wanted else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "n": count.total()}
