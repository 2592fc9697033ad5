"""An alert, or an item kept silent, as an analyst reads it; and an alert for machines. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from core.codec import encode
from core.reasons import says
from core.reports import Silent
from core.types import Alert, AlertData, AlertSource, Evidence
from core.words import ago, count, moment, score, span
from delivery.layout import Paint, hanging, joined, labelled, link, quoted, safe, wrap

_INDENT = 8
_MOST_SOURCES = 8
_MOST_WORDS = 6
_MOST_REASONS = 6
_NARROWEST = 40
_UNPRINTABLE = re.compile("[^ -~]")  # what is left after JSON has escaped the controls of ASCII


def alert_text(alert: Alert, *, width: int, colour: bool, now: datetime) -> str:
    """Write an alert as a block of lines: the headline, what it is, why, who says so, and when."""
    data, paint, room = alert.data, Paint(colour), max(width, _NARROWEST)
    inner = room - _INDENT
    lines = [paint(line, "bold") for line in wrap(safe(data.headline) or "(no headline)", room)]
    lines += _subject(alert, room, paint, now)
    lines += labelled("why", _reasons(data.evidence, inner), _INDENT, paint)
    lines += labelled("from", _sources(data, inner, paint), _INDENT, paint)
    lines += labelled("link", [link(data.link)], _INDENT, paint)
    lines += labelled("times", [line for each in _times(data, now) for line in wrap(each, inner)], _INDENT, paint)
    lines += labelled("id", [safe(alert.id)], _INDENT, paint)
    return "\n".join(lines)


def alert_json(alert: Alert) -> str:
    """Write an alert as one CloudEvents JSON object on one line, safe to show on a terminal."""
    return _UNPRINTABLE.sub(_escaped, encode(alert).decode())


def silent_text(silent: Silent, *, width: int, colour: bool, now: datetime) -> str:
    """Write an item that concerned a topic and alerted no one, and why it did not."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    inner = room - _INDENT
    lines = wrap(safe(silent.title) or "(no title)", room)
    about = ["silent", ago(silent.time, now), safe(silent.topic), safe(silent.outlet)]
    lines += [paint(line, "dim") for line in joined(about, room)]
    lines += labelled("why", wrap(_silent_reason(silent), inner), _INDENT, paint)
    missing = [line for sentence in silent.missing for line in hanging("- ", safe(sentence), inner)]
    lines += labelled("missing", missing, _INDENT, paint)
    if silent.story:
        lines += labelled("story", wrap(f"{safe(silent.headline)} ({safe(silent.story)})", inner), _INDENT, paint)
    lines += labelled("link", [link(silent.url)], _INDENT, paint)
    return "\n".join(lines)


def evidence(reason: Evidence, width: int) -> list[str]:
    """Write one reason, for (+) or against (-), with the words it rests on as they stand in the original."""
    words = list(dict.fromkeys(span.text for span in reason.spans))
    shown = ", ".join(quoted(word) for word in words[:_MOST_WORDS])
    more = f" and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
    text = safe(reason.says) + (f": {shown}{more}" if words else "")
    return hanging("- " if reason.weight < 0 else "+ ", text, width)


def _subject(alert: Alert, width: int, paint: Paint, now: datetime) -> list[str]:
    data = alert.data
    facets = ", ".join(safe(facet).replace("_", " ") for facet in data.facets)
    parts = [
        data.level.upper(),
        ago(alert.time, now),
        safe(data.topic),
        facets,
        score(data.score, data.threshold),
    ]
    first, *others = joined(parts, width)
    level, _, rest = first.partition(" ")
    return [f"{paint(level, 'bold', 'green' if data.level == 'new' else 'cyan')} {rest}", *others]


def _reasons(reasons: tuple[Evidence, ...], width: int) -> list[str]:
    """Write the reasons, strongest first and those against last. Without weight, one only helped another."""
    ordered = sorted((reason for reason in reasons if reason.weight), key=lambda reason: -reason.weight)
    speak_for = [reason for reason in ordered if reason.weight > 0]
    against = [reason for reason in ordered if reason.weight < 0]
    lesser = len(speak_for) - _MOST_REASONS
    lines = [line for each in speak_for[:_MOST_REASONS] for line in evidence(each, width)]
    if lesser > 0:
        lines += [f"  and {count(lesser, 'lesser reason')}"]
    return lines + [line for each in against for line in evidence(each, width)]


def _sources(data: AlertData, width: int, paint: Paint) -> list[str]:
    outlets = len({source.name for source in data.sources})
    head = f"{count(outlets, 'outlet')}, {count(data.origins, 'origin')}"
    state = sum(source.kind == "state_media" for source in data.sources)
    if state:
        head += ", all state media" if state == len(data.sources) else ", state media marked"
    lines = wrap(head, width)
    for source in data.sources[:_MOST_SOURCES]:
        lines += [
            paint(line, "yellow") if source.kind == "state_media" else line for line in _source(source, data, width)
        ]
    left = len(data.sources) - _MOST_SOURCES
    return [*lines, f"  and {left} more"] if left > 0 else lines


def _source(source: AlertSource, data: AlertData, width: int) -> list[str]:
    kind = "STATE MEDIA" if source.kind == "state_media" else safe(source.kind).replace("_", " ")
    origin = f"origin {safe(source.origin)}" if source.origin else ""
    marks = ", ".join(mark for mark in (kind, safe(source.country), safe(source.language), origin) if mark)
    text = safe(source.name) + (f" ({marks})" if marks else "")
    if source.title != data.headline:
        text += f": {safe(source.title)}"
    return hanging("  ", text, width)


def _times(data: AlertData, now: datetime) -> list[str]:
    times = data.times
    doubt = f"; doubtful: {says(times.published_doubt)}" if times.published_doubt else ""
    if times.published:
        published = f"published {moment(times.published)}, {ago(times.published, now)}{doubt}"
    else:
        published = f"published: not told{doubt}"
    seen = f"seen {moment(times.first_seen)}"
    if times.lag_published_to_seen_s is not None:
        lag = times.lag_published_to_seen_s
        seen += f", {span(lag)} after it was published" if lag >= 0 else f", {span(-lag)} before its own date"
    matched = f"matched {moment(times.matched)}"
    alerted = f"alerted {moment(times.alerted)}, {_short(times.lag_seen_to_alerted_s)} after it was seen"
    return [published, seen, matched, alerted]


def _short(seconds: float) -> str:
    return f"{max(seconds, 0):.1f} s" if seconds < 10 else span(seconds)  # noqa: PLR2004 - tenths matter below


def _silent_reason(silent: Silent) -> str:
    reason = says(silent.reason)
    if silent.score is None or silent.threshold is None:
        return reason
    return f"{reason}: {score(silent.score, silent.threshold)}"


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    if char.isprintable():
        return char
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
