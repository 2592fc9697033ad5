"""How the service is, as a page of text. Pure."""

from __future__ import annotations

from datetime import datetime

from core.reasons import says
from core.reports import FeedReport, GroupLag, Health, Silence, StatusReport
from core.words import ago, count, span
from delivery.layout import Paint, Style, columns, hanging, safe, wrap

_NARROWEST = 60
_ORDER: tuple[Health, ...] = ("failing", "parked", "overdue", "waiting", "ok")
_STYLES: dict[Health, Style] = {
    "failing": "red", "parked": "red", "overdue": "yellow", "waiting": "dim", "ok": "green",
}  # fmt: skip
_HEADER = ("health", "feed", "last poll", "last new", "every", "overlap", "gaps", "lag")
_ALL = tuple(range(len(_HEADER)))
_FEW = (0, 1, 2, 3, 6)  # on a narrow terminal: names that can be read are worth more than every figure
_WIDE = 80


def status_text(report: StatusReport, *, width: int, colour: bool) -> str:
    """Write the service's state: what came in, what silence means, feeds (those in trouble first), stages."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    lines = [*_figures(report, room), *wrap(silence_text(report.silence, report), room), ""]
    lines += _feeds(report, room, paint)
    lines += _groups(report.groups, room, paint)
    return "\n".join(lines)


def silence_text(silence: Silence, report: StatusReport) -> str:
    """Say in a sentence or two whether the absence of alerts means anything."""
    counts = report.counts
    said = f"{count(counts.alerts, 'alert')}" if counts.alerts else "No alerts"
    window = f"in the last {_window(report)}" if counts.since else "so far"
    last = f"last item {ago(counts.last_item, report.taken)}" if counts.last_item else "no item yet"
    head = f"{said} {window}. {count(silence.watched, 'feed')} watched, {last}"
    because = "; ".join(safe(reason) for reason in silence.reasons)
    if silence.proof == "real":
        return f"{head}." if counts.alerts else f"{head}: this silence is real."
    if counts.alerts:
        return f"{head}; {because}: there may be more that we could not see."
    if silence.proof == "partly":
        return f"{head}; {because}: this silence is real for {silence.reached} of them only."
    return f"{head}; {because}: this silence proves nothing."


def _window(report: StatusReport) -> str:
    return span((report.taken - report.counts.since).total_seconds()) if report.counts.since else ""


def _figures(report: StatusReport, width: int) -> list[str]:
    counts = report.counts
    running = {True: "The service is running.", False: "The service is not running.", None: ""}[report.running]
    figures = ", ".join(
        (
            count(counts.items, "item"),
            count(counts.matches, "match", "matches"),
            count(counts.near_misses, "near miss", "near misses"),
            count(counts.alerts, "alert"),
            f"{counts.silent:,} kept silent",
            *((count(counts.dead_letters, "dead letter"),) if counts.dead_letters else ()),
        )
    )
    window = f"In the last {_window(report)}: " if counts.since else "In all: "
    return wrap(f"{running} {window}{figures}.".strip(), width)


def _feeds(report: StatusReport, width: int, paint: Paint) -> list[str]:
    if not report.feeds:
        return ["No feed is watched. Add feeds to feeds.yaml."]
    feeds = sorted(report.feeds, key=lambda feed: (_ORDER.index(feed.health), feed.name.casefold(), feed.url))
    shown = _ALL if width >= _WIDE else _FEW
    rows = [[row[at] for at in shown] for row in (_HEADER, *(_feed(feed, report.taken) for feed in feeds))]
    table = columns(rows, width=width, flexible=1, right=frozenset(range(2, len(shown))))
    head, *bodies = ["  ".join(row) for row in table]
    lines = [paint(head.rstrip(), "dim")]
    for feed, row in zip(feeds, bodies, strict=True):
        health, rest = row[: len(table[0][0])], row[len(table[0][0]) :]
        lines.append(paint(health, _STYLES[feed.health]) + rest.rstrip())
        if note := _note(feed, report.taken):
            lines += [paint(line, "dim") for line in hanging(" " * (len(health) + 2), note, width)]
    return lines


def _feed(feed: FeedReport, now: datetime) -> tuple[str, ...]:
    return (
        feed.health,
        safe(feed.name) or safe(feed.url),
        ago(feed.last_poll, now) if feed.last_poll else "never",
        ago(feed.last_new, now) if feed.last_new else "never",
        span(feed.interval_s) if feed.interval_s else "-",
        f"{feed.overlap:.0%}" if feed.overlap is not None else "-",
        f"{feed.gaps:,}",
        span(feed.lag_s) if feed.lag_s is not None else "-",
    )


def _note(feed: FeedReport, now: datetime) -> str:
    if feed.health == "waiting":
        return "not polled yet"
    if feed.health == "overdue":
        return f"its poll is {span(feed.overdue_s)} late"
    moved = f"moved to {safe(feed.moved_to)}" if feed.moved_to else ""
    if feed.health == "ok":
        return moved
    well = f"last well {ago(feed.last_success, now)}" if feed.last_success else "never well"
    times = f"{count(feed.failures, 'failure')} in a row" if feed.failures > 1 else ""
    reason = says(feed.reason) + (f" ({safe(feed.detail)})" if feed.detail else "")
    return "; ".join(part for part in (reason, times, well, moved) if part)


def _groups(groups: tuple[GroupLag, ...], width: int, paint: Paint) -> list[str]:
    lags: dict[tuple[str, str], int] = {}
    for each in groups:
        lags[each.group, each.topic] = lags.get((each.group, each.topic), 0) + each.lag
    behind = [(safe(group), safe(topic), f"{lag:,} behind") for (group, topic), lag in sorted(lags.items()) if lag]
    if not groups:
        return ["", "No stage has read from the log yet."]
    if not behind:
        return ["", "Every stage is up to date with the log."]
    return [
        "",
        paint("stages behind the log", "dim"),
        *("  ".join(row) for row in columns(behind, width=width, flexible=1, right=frozenset({2}))),
    ]
