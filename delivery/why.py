"""The way of an item through the stages, in words. Pure."""

from __future__ import annotations

from datetime import datetime

from core.reports import Hit, Outcome, Why, WhyStage
from core.words import ago, count
from delivery.alerts import evidence
from delivery.layout import Paint, Style, hanging, joined, labelled, link, quoted, safe, wrap

_INDENT = 12
_NARROWEST = 40
_MARKS: dict[Outcome, tuple[str, Style]] = {"ok": ("✓ ", "green"), "no": ("✗ ", "red"), "unknown": ("? ", "yellow")}


def why_text(why: Why, *, width: int, colour: bool, now: datetime) -> str:
    """Write what each stage made of it: ✓ went on, ✗ ended there, ? cannot be told."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    lines = _head(why, room, paint)
    for stage in why.stages:
        lines += _stage(stage, room, paint)
    for hit in why.hits:
        lines += _hit(hit, room, paint, now)
    return "\n".join(lines)


def _head(why: Why, width: int, paint: Paint) -> list[str]:
    if why.title or why.url:
        lines = [paint(line, "bold") for line in wrap(safe(why.title) or "(no title)", width)]
        about = " · ".join(part for part in (safe(why.outlet), why.url and link(why.url)) if part)
        return [*lines, paint(about, "dim")]
    if why.asked == "text":
        found = f"{count(len(why.hits), 'item')} found for" if why.hits else "No item found for"
        return wrap(f"{found} {quoted(why.question)}", width)
    return [paint(safe(why.question), "bold")]


def _stage(stage: WhyStage, width: int, paint: Paint) -> list[str]:
    mark, style = _MARKS[stage.outcome]
    inner = width - _INDENT
    says = f"{safe(stage.topic)}: {safe(stage.says)}" if stage.topic else safe(stage.says)
    lines = [paint(line, style) for line in hanging(mark, says, inner)]
    for reason in stage.evidence:
        lines += ["  " + line for line in evidence(reason, inner - 2)]
    for name, value in stage.facts:
        lines += [paint("  " + line, "dim") for line in hanging(f"{safe(name)}: ", safe(value), inner - 2)]
    return labelled(stage.stage, lines, _INDENT, paint)


def _hit(hit: Hit, width: int, paint: Paint, now: datetime) -> list[str]:
    came = {"match": "matched, silent", "near_miss": "near miss", None: "no match"}[hit.verdict]
    said = "alerted" if hit.alert else came
    first, *others = hanging("- ", safe(hit.title) or "(no title)", width)
    about = joined([said, safe(hit.outlet), ago(hit.first_seen, now)], width - 2)
    return [first, *others, *(paint(f"  {line}", "dim") for line in about), f"  {link(hit.url)}"]
