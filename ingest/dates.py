"""The dates of entries: a ladder over the raw string, with a reason to doubt what it read. Pure.

The feed parser's own dates aren't used: it reads KST and MSK as UTC, `2025.11.21` as the first of November, and
seconds since 1970 as the year 1763.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from ingest.model import Reason

MAX_DATE_CHARS = 100
FUTURE_TOLERANCE = timedelta(hours=1)
_YEARS = range(1970, 2200)
_MAX_OFFSET = timedelta(hours=14)


class Dated(NamedTuple):
    """A date as read."""

    when: datetime | None  # aware, UTC; None when missing or unreadable
    doubt: str = ""  # reason code that says why it may be wrong; empty when trusted


class _Time(NamedTuple):
    offset: timedelta  # into the day
    zone: timezone | None  # None: not told, or not understood


def read_first(raws: Iterable[str], now: datetime) -> Dated:
    """Read the first readable date of several, best first."""
    first = Dated(None, Reason.DATE_MISSING)
    for raw in raws:
        dated = read(raw, now)
        if dated.when is not None:
            return dated
        if dated.doubt == Reason.DATE_UNREADABLE:
            first = dated
    return first


def read(raw: str, now: datetime) -> Dated:
    """Read one date as written. `now` is when the document was fetched: much later than that is doubtful."""
    text = " ".join(raw[: MAX_DATE_CHARS + 1].split())
    if not text:
        return Dated(None, Reason.DATE_MISSING)
    if len(text) > MAX_DATE_CHARS:
        return Dated(None, Reason.DATE_UNREADABLE)
    try:
        dated = _ladder(_CLOCK_FIRST.sub(r"\2 \1", text))
    except (ValueError, OverflowError):
        dated = None
    if dated is None or dated.when is None or dated.when.year not in _YEARS:
        return Dated(None, Reason.DATE_UNREADABLE)
    if dated.when > now + FUTURE_TOLERANCE:
        return Dated(dated.when, Reason.DATE_FUTURE)
    return dated


_CLOCK_FIRST = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2})?),? (.+)$")


def _ladder(text: str) -> Dated | None:
    for rung in (_epoch, _year_first, _named_month, _day_first):
        dated = rung(text)
        if dated is not None:
            return dated
    return None


def _epoch(text: str) -> Dated | None:
    """Seconds or milliseconds since 1970."""
    if re.fullmatch(r"\d{9,10}(\.\d+)?", text):
        return Dated(datetime.fromtimestamp(float(text), UTC))
    if re.fullmatch(r"\d{12,13}", text):
        return Dated(datetime.fromtimestamp(int(text) / 1000, UTC))
    return None


_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})(?:\s?[-./]\s?|\s?[년年]\s?)(?P<m>\d{1,2})(?:\s?[-./]\s?|\s?[월月]\s?)(?P<d>\d{1,2})"
    r"(?:[.,]|\s?[일日号號])?(?P<rest>\D.*)?"
)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<rest>[T ]?\d{4}(?:\d{2})?(?:\D.*)?)?")


def _year_first(text: str) -> Dated | None:
    """ISO 8601 and its relatives, and the East Asian order."""
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _assemble(match["y"], match["m"], match["d"], match["rest"] or "")
    match = _COMPACT.fullmatch(text)
    if match:
        rest = re.sub(r"^[T ]?(\d\d)(\d\d)(\d\d)?", lambda at: f" {at[1]}:{at[2]}:{at[3] or '00'}", match["rest"] or "")
        return _assemble(match["y"], match["m"], match["d"], rest)
    return None


_DAY_FIRST = re.compile(r"(?:\w+\.?,? )?(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4})(?P<rest>\D.*)?")


def _day_first(text: str) -> Dated | None:
    """Day, month, year in figures. With a slash it may be month, day, year: read only where the figures tell."""
    match = _DAY_FIRST.fullmatch(text)
    if not match:
        return None
    day, month = match["a"], match["b"]
    if match["sep"] == "/":
        months = [int(figure) <= 12 for figure in (day, month)]  # noqa: PLR2004
        if all(months) and int(day) != int(month):
            return None
        if months[0]:
            day, month = month, day
    return _assemble(match["y"], month, day, match["rest"] or "")


_MONTH_NAMES = """
january jan janv janvier januar jänner ene enero января январь янв січня січень січ gennaio janeiro
february feb févr fév février februar febrero февраля февраль фев лютого лютий лют febbraio fevereiro
march mar mars märz mrz maerz marzo марта март мар березня березень бер março
april apr avr avril abr abril апреля апрель апр квітня квітень кві квіт aprile
may mai mayo мая май травня травень тра трав maggio maio
june jun juin juni junio июня июнь июн червня червень чер черв giugno junho
july jul juil juillet juli julio июля июль июл липня липень лип luglio julho
august aug août aout ago agosto августа август авг серпня серпень сер серп
september sep sept septembre septiembre set сентября сентябрь сен сент вересня вересень вер settembre setembro
october oct octobre okt oktober octubre октября октябрь окт жовтня жовтень жов жовт ottobre outubro
november nov novembre noviembre ноября ноябрь ноя нояб листопада листопад лис novembro
december dec déc décembre dez dezember dic diciembre декабря декабрь дек грудня грудень гру груд dicembre dezembro
"""
_MONTHS = {
    name: number for number, names in enumerate(_MONTH_NAMES.strip().splitlines(), start=1) for name in names.split()
}
_CLOCK = re.compile(r"\d{1,2}[:h]\d{1,2}")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_SHORT_YEAR_PIVOT = 69


def _named_month(text: str) -> Dated | None:
    """RFC 822, 850, 2822, asctime and everyday spellings: a month by name, a day, a year, in any order."""
    clock = _CLOCK.search(text)
    date = text[: clock.start()] if clock else text
    rest = text[clock.start() :] if clock else ""
    months = [m for m in (_MONTHS.get(word.lower()) for word in _WORD.findall(date)) if m]
    figures = _NUMBER.findall(date)
    if months and len(figures) == 1 and clock:  # asctime: the year stands last
        late = re.search(r" (\d{4})$", rest)
        if late:
            figures.append(late[1])
            rest = rest[: late.start()]
    if not months or len(figures) != 2:  # noqa: PLR2004 - a day and a year
        return None
    day, year = sorted(figures, key=len) if len(figures[0]) != len(figures[1]) else figures
    if len(year) == 2:  # noqa: PLR2004
        year = f"{20 if int(year) < _SHORT_YEAR_PIVOT else 19}{year}"
    # The last one: `mar.` is Tuesday before it is March in "mar., 21 janv. 2025".
    return _assemble(year, str(months[-1]), day, rest)


def _assemble(year: str, month: str, day: str, rest: str) -> Dated | None:
    midnight = datetime(int(year), int(month), int(day), tzinfo=UTC)
    rest = rest.strip(" ,.")
    time = _time(rest)
    if time is None:
        # Words (a weekday) may follow a date; figures that are no time of day make it unreadable.
        return None if any(char.isdigit() for char in rest) else Dated(midnight, Reason.DATE_NO_TIME)
    when = midnight + time.offset
    if time.zone is None:
        return Dated(when, Reason.DATE_NO_ZONE)
    return Dated(when.replace(tzinfo=time.zone).astimezone(UTC))


_AFTERNOON = frozenset({"pm", "p.m.", "p.m", "오후", "下午", "午後", "晚上"})
_HALVES = r"오전|오후|上午|下午|午前|午後|晚上|[ap]\.?m\.?"
_TIME = re.compile(
    rf"(?:\D*?(?P<before>{_HALVES}))?\D*?"
    r"(?P<h>\d{1,2})\s?(?::|h|[시時时点點])\s?(?:(?P<m>\d{1,2})[분分]?)?(?:\s?:?\s?(?P<s>\d{1,2})[초秒]?(?:[.,]\d+)?)?"
    rf"\s?(?P<after>{_HALVES})?(?P<zone>(?:\D|$).*)?",
    re.IGNORECASE,
)


def _time(rest: str) -> _Time | None:
    match = _TIME.fullmatch(rest)
    if not match:
        return None
    hour, minute, second = (int(match[part] or 0) for part in "hms")
    half = (match["before"] or match["after"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and minute):  # noqa: PLR2004
        return None
    offset = timedelta(hours=hour, minutes=minute, seconds=min(second, 59))
    return _Time(offset, _zone(match["zone"] or ""))


_OFFSET = re.compile(r"(?:gmt|utc|ut|z)?\s?([+\-−])(\d{1,2})(?::?(\d{2}))?(?:\s?\(?[^\d()]*\)?)", re.IGNORECASE)
_ZONES = {
    name: timezone(timedelta(hours=float(hours)))
    for hours, names in {
        "0": "z utc gmt ut uct wet",
        "1": "bst cet mez west met",
        "2": "cest mesz eet sast cat",
        "3": "msk мск eest trt eat idt",
        "3.5": "irst",
        "4": "msd samt gst gulf",
        "5": "yekt pkt uzt",
        "6": "omst almt",
        "7": "krat novt wib ict",
        "8": "irkt hkt sgt pht awst",
        "9": "kst jst yakt",
        "9.5": "acst",
        "10": "vlat aest",
        "10.5": "acdt",
        "11": "magt aedt sakt",
        "12": "pett nzst",
        "13": "nzdt",
        "-2.5": "ndt",
        "-3": "brt art adt clst",
        "-3.5": "nst",
        "-4": "edt ast clt",
        "-5": "est cdt cot pet",
        "-6": "cst mdt",
        "-7": "mst pdt",
        "-8": "pst akdt",
        "-9": "akst",
        "-10": "hst",
    }.items()
    for name in names.split()
}


def _zone(text: str) -> timezone | None:
    """Read a zone. One that is unknown, or that names several (IST), is no zone."""
    text = text.strip(" ,.[]").lower()
    match = _OFFSET.fullmatch(text)
    if match:
        size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(size if match[1] == "+" else -size) if size <= _MAX_OFFSET else None
    return _ZONES.get(text.strip("()"))
