"""What another file of a topic would change, for people: counts first, then the items and the evidence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from core.topic_reports import Change, Changes, Difference, DiffReport
from core.words import count
from delivery.layout import Paint, Style, hanging, joined, quoted, safe, wrap

_NARROWEST = 60
_MOST_REASONS = 6
_MOST_WORDS = 6


def diff_text(report: DiffReport, *, limit: int, width: int = 100, colour: bool = False) -> str:
    """Write a comparison; at most `limit` items of each kind."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    changes = report["changes"]
    lines = [*wrap(_of(report), room), "", *_counts(changes, room, paint)]
    sections: tuple[tuple[str, list[Change], Style], ...] = (
        ("begin to match", changes["begin"], "green"),
        ("cease to match", changes["cease"], "red"),
        ("begin to be near misses", changes["near_begin"], "yellow"),
        ("cease to be near misses", changes["near_cease"], "yellow"),
        (f"judged alike, with a score that moves by more than {changes['moves']:g}", changes["moved"], "dim"),
    )
    for heading, items, style in sections:
        lines += _section(heading, items, limit, room, paint, style)
    return "\n".join(lines)


def more(left: int) -> list[str]:
    """Say how many items are not shown."""
    return [f"  and {left:,} more"] if left > 0 else []


def _of(report: DiffReport) -> str:
    since = f" since {report['since']}" if report["since"] else ""
    items = count(report["changes"]["items"], "item")
    return f"{safe(report['before'])} → {safe(report['after'])}, on {items} of {safe(report['on'])}{since}"


def _counts(changes: Changes, width: int, paint: Paint) -> list[str]:
    head = (
        f"matched: {changes['matched_before']:,} → {changes['matched_after']:,} "
        f"({len(changes['begin']):,} begin, {len(changes['cease']):,} cease); near misses: "
        f"{len(changes['near_begin']):,} begin, {len(changes['near_cease']):,} cease; "
        f"{count(len(changes['moved']), 'score moves', 'scores move')} by more than {changes['moves']:g}"
    )
    lines = [paint(line, "bold") for line in wrap(head, width)]
    if changes["right"] or changes["wrong"]:
        text = f"of the labelled ones, {changes['right']:,} are put right and {changes['wrong']:,} are put wrong"
        lines += wrap(text, width)
    return lines


def _section(heading: str, items: Sequence[Change], limit: int, width: int, paint: Paint, style: Style) -> list[str]:
    if not items:
        return []
    lines = ["", paint(f"{heading}: {len(items):,}", "bold", style)]
    for item in items[:limit]:
        lines += _change(item, width, paint)
    return lines + more(len(items) - limit)


def _change(item: Change, width: int, paint: Paint) -> list[str]:
    lines = hanging(f"  {item.before:.2f} → {item.after:.2f}  ", safe(item.title) or "(no title)", width)
    label = f"labelled {item.label}" if item.label else ""
    about = joined([safe(item.id), safe(item.language), label], width - 15)
    lines += [paint(f"{'':15}{line}", "dim") for line in about]
    for each in item.why[:_MOST_REASONS]:
        lines += hanging(f"{'':15}{_weights(each)}", _reason(each), width)
    left = len(item.why) - _MOST_REASONS
    return [*lines, f"{'':15}and {count(left, 'lesser difference')}"] if left > 0 else lines


def _weights(each: Difference) -> str:
    return f"{each.before:+g} → {each.after:+g}  " if each.before or each.after else ""


def _reason(each: Difference) -> str:
    words = ", ".join(quoted(word) for word in each.words[:_MOST_WORDS])
    left = len(each.words) - _MOST_WORDS
    return safe(each.says) + (f": {words}" if words else "") + (f" and {left} more" if left > 0 else "")
