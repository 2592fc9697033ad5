"""What a topic as it is now would have matched, for people: days, what is new or lost, and the best. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from core.topic_reports import BacktestReport, Day, Kept
from core.words import count
from delivery.layout import Paint, hanging, joined, link, safe, wrap
from delivery.topic_changes import more
from delivery.topic_report import reasons, table, weighed

_NARROWEST = 60
_REASONS = 4
_INDENT = 8


def backtest_text(report: BacktestReport, *, width: int = 100, colour: bool = False) -> str:
    """Write what came of a backtest."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    found = report["backtest"]
    head = (
        f"{safe(report['topic'])} on {count(found['items'], 'item')} since {report['since']} "
        f"(from the {report['source']}): "
        f"{found['matched']:,} match, {found['near']:,} nearly; {found['then']:,} matched when they came"
    )
    lines = [paint(line, "bold") for line in wrap(head, room)]
    lines += _days(found["days"], room, paint)
    lines += _items("matched now, and not when they came", found["new"], room, paint)
    lines += _items("matched when they came, and not now", found["lost"], room, paint)
    lines += _items("best", found["top"], room, paint)
    return "\n".join(lines)


def _days(days: Sequence[Day], width: int, paint: Paint) -> list[str]:
    if not days:
        return []
    rows = [["day (UTC)", "items", "match", "near", "matched then"]]
    rows += [[each.day, f"{each.items:,}", f"{each.matched:,}", f"{each.near:,}", f"{each.then:,}"] for each in days]
    return ["", *table(rows, width, paint)]


def _items(heading: str, items: Sequence[Kept], width: int, paint: Paint) -> list[str]:
    lines = ["", paint(heading, "bold")] if items else []
    for item in items:
        lines += _item(item, width, paint)
    return lines


def _item(item: Kept, width: int, paint: Paint) -> list[str]:
    lines = hanging(f"  {item.score:.2f}  ", safe(item.title) or "(no title)", width)
    inner = width - _INDENT
    then = "near miss then" if item.then == "near_miss" else "no match then" if not item.then else ""
    facets = ", ".join(safe(facet).replace("_", " ") for facet in item.facets)
    about = joined([safe(item.outlet), item.first_seen[:16].replace("T", " "), facets, then], inner)
    lines += [paint(" " * _INDENT + line, "dim") for line in about]
    ordered = reasons(item.evidence)
    for each in ordered[:_REASONS]:
        lines += [" " * _INDENT + line for line in weighed(each, inner)]
    lines += [" " * (_INDENT - 2) + line for line in more(len(ordered) - _REASONS)]
    return [*lines, " " * _INDENT + link(item.url)]
