"""How well a topic judges labelled items: precision, recall, F1, how sure they are, and where it errs and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from core.topic_reports import FacetFigures, Figures, Judged, Report, Scores
from processors.bootstrap import Plan, f_measures, interval, resample, sums_by_group
from processors.calibration import Outcome, calibration, wilson
from processors.judge import Explanation
from processors.topic import CompiledTopic

Row = Mapping[str, str]


class Case(NamedTuple):
    """A labelled item, and what the topic says of it."""

    id: str
    row: Row
    on: bool
    group: str  # items of one group report the same
    found: Explanation

    @property
    def outcome(self) -> str:
        """Name it: tp, fp, fn or tn."""
        return outcome(matched=self.found.matched, on=self.on)

    @property
    def scored(self) -> bool:
        """Tell whether it has what the topic requires; otherwise its score is 0, whatever the weights."""
        return self.found.score > 0


def evaluate(rows: Iterable[Row], topic: CompiledTopic, plan: Plan | None = None) -> Report:
    """Judge labelled items (`title`, `summary`, `lang`, `label`: on, off or borderline, which is not scored).

    A row may have `id`, `line`, `facet`, and `episode`, `story` or `url`, which say what reports the same.
    """
    every = list(rows)
    cases = [case_of(row, number, topic) for number, row in enumerate(every, 1) if row.get("label") in ("on", "off")]
    return report(cases, plan or Plan(), sum(row.get("label") == "borderline" for row in every))


def case_of(row: Row, number: int, topic: CompiledTopic) -> Case:
    """Judge one labelled item; without an `id` it is called by its line, or by this number."""
    found = topic.explain(row.get("title") or "", row.get("summary") or "")
    name = str(row.get("id") or row.get("line") or number)
    return Case(name, row, row["label"] == "on", group_of(row), found)


def group_of(row: Row) -> str:
    """Name what the item reports: its episode, else its story, else its page, else its text."""
    told = next((f"{key}:{row[key]}" for key in ("episode", "story", "url") if row.get(key)), "")
    return told or f"text:{row.get('title') or ''}\n{row.get('summary') or ''}"


def report(cases: Sequence[Case], plan: Plan, borderline: int = 0) -> Report:
    """Put the figures together."""
    by_lang = _by(cases, lambda case: case.row.get("lang") or "")
    near = [case.on for case in cases if case.found.near_miss]
    outcomes = [Outcome(case.found.score, case.on, case.group, case.scored) for case in cases]
    return {
        **figures(_outcomes(cases), plan),
        "by_lang": {language: figures(_outcomes(part), plan) for language, part in by_lang.items()},
        "by_facet": {
            "on": _by_facet([case for case in cases if case.on]),
            "off": _by_facet([case for case in cases if not case.on]),
        },
        "facets_found": dict(Counter(name for each in cases if each.outcome == "tp" for name in each.found.facets)),
        "near_misses": {"on": near.count(True), "off": near.count(False)},
        "borderline": borderline,
        "calibration": calibration(outcomes, plan),
        "bootstrap": {
            "resamples": plan.resamples,
            "groups": len({case.group for case in cases}),
            "confidence": plan.confidence,
            "seed": plan.seed,
        },
        "false_positives": [_judged(case) for case in cases if case.outcome == "fp"],
        "false_negatives": [_judged(case) for case in cases if case.outcome == "fn"],
    }


def outcome(*, matched: bool, on: bool) -> str:
    """Name how an item was judged: tp, fp, fn or tn."""
    return ("t" if matched == on else "f") + ("p" if matched else "n")


def figures(outcomes: Sequence[tuple[str, str]], plan: Plan) -> Figures:
    """Reckon precision, recall and F1, with intervals, of groups and outcomes (tp, fp, fn or tn)."""
    scores = scores_of(Counter(each for _, each in outcomes))
    if not outcomes:
        return {**scores, "intervals": {"precision": (0.0, 1.0), "recall": (0.0, 1.0), "f1": (0.0, 1.0)}}
    rows = ((group, counted(each)) for group, each in outcomes)
    drawn = f_measures(resample(sums_by_group(rows), plan))
    spans = {name: interval(values, plan) for name, values in drawn.items()}
    return {
        **scores,
        "intervals": {"precision": spans["precision"], "recall": spans["recall"], "f1": spans["f1"]},
    }


def counted(each: str) -> tuple[float, float, float]:
    """Turn an outcome into a vector: right, alarmed falsely, missed."""
    return float(each == "tp"), float(each == "fp"), float(each == "fn")


def scores_of(count: Mapping[str, int]) -> Scores:
    """Reckon the figures. Nothing matched is a precision of 1; nothing to match, a recall of 1."""
    right, matched, wanted = count["tp"], count["tp"] + count["fp"], count["tp"] + count["fn"]
    precision = right / matched if matched else 1.0
    recall = right / wanted if wanted else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    n = sum(count.values())
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "n": n}


def _outcomes(cases: Sequence[Case]) -> list[tuple[str, str]]:
    return [(case.group, case.outcome) for case in cases]


def _by_facet(cases: Sequence[Case]) -> dict[str, FacetFigures]:
    parts = _by(cases, lambda case: case.row.get("facet") or "")
    return {facet: _facet(part) for facet, part in parts.items() if facet}


def _by(cases: Iterable[Case], key: Callable[[Case], str]) -> dict[str, list[Case]]:
    parts: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        parts[key(case)].append(case)
    return dict(sorted(parts.items()))


def _facet(cases: Sequence[Case]) -> FacetFigures:
    right = sum(case.outcome in ("tp", "tn") for case in cases)
    name = cases[0].row["facet"]
    return {
        "n": len(cases),
        "right": right,
        "share": round(right / len(cases), 4),
        "interval": wilson(right, len(cases)),
        "shown": sum(case.on and name in case.found.facets for case in cases),
    }


def _judged(case: Case) -> Judged:
    row, found = case.row, case.found
    return {
        "id": case.id,
        "score": round(found.score, 4),
        "line": int(row.get("line") or 0),
        "lang": row.get("lang") or "",
        "title": row.get("title") or "",
        "facet": row.get("facet") or "",
        "near_miss": found.near_miss,
        "facets": list(found.facets),
        "evidence": list(found.evidence),
        "missing": list(found.missing),
    }
