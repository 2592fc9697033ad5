"""Dates as publishers write them, and when to doubt them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import MAX_DATE_CHARS, read, read_first

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEN = datetime(2025, 11, 21, 10, tzinfo=UTC)
MIDNIGHT = datetime(2025, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("Fri, 21 Nov 2025 10:00:00 GMT", TEN),
        ("Fri, 21 Nov 2025 10:00:00 +0000", TEN),
        ("Fri, 21 Nov 2025 10:00:00 -0000", TEN),
        ("Fri, 21 Nov 2025 19:00:00 +0900", TEN),
        ("Fri, 21 Nov 2025 19:00:00 KST", TEN),
        ("Fri, 21 Nov 2025 19:00:00 JST", TEN),
        ("21 Nov 2025 13:00 MSK", TEN),
        ("21 Nov 2025 13:00:00 МСК", TEN),
        ("Fri, 21 Nov 2025 05:00:00 EST", TEN),
        ("Fri, 21 Nov 2025 06:00:00 EDT", TEN),
        ("Fri, 21 Nov 2025 02:00:00 PST", TEN),
        ("Fri, 21 Nov 2025 11:00:00 BST", TEN),
        ("Fri, 21 Nov 2025 11:00:00 CET", TEN),
        ("Fri, 21 Nov 2025 12:00:00 CEST", TEN),
        ("Fri, 21 Nov 2025 19:00:00 GMT+9", TEN),
        ("Fri, 21 Nov 2025 19:00:00 GMT+09:00", TEN),
        ("Fri, 21 Nov 2025 19:00:00 UTC+0900", TEN),
        ("Fri, 21 Nov 2025 05:00:00 -0500 (EST)", TEN),
        ("Fri, 21 Nov 2025 05:00:00 -0500 EST", TEN),
        ("Thu,28 Jul 2022 4:35:5 GMT+9", datetime(2022, 7, 27, 19, 35, 5, tzinfo=UTC)),
        ("Friday, 21-Nov-25 10:00:00 GMT", TEN),
        ("21 Nov 98 10:00:00 GMT", datetime(1998, 11, 21, 10, tzinfo=UTC)),
        ("Fri Nov 21 10:00:00 GMT 2025", TEN),
        ("Fri Nov 21 2025 19:00:00 GMT+0900 (Korean Standard Time)", TEN),
        ("Nov 21, 2025 05:00 AM EST", TEN),
        ("Nov 21, 2025 12:30 AM UTC", MIDNIGHT + timedelta(minutes=30)),
        ("Nov 21, 2025 12:30 p.m. UTC", MIDNIGHT + timedelta(hours=12, minutes=30)),
        ("Пт, 21 ноя 2025 13:00:00 +0300", TEN),
        ("vie, 21 nov 2025 11:00:00 +0100", TEN),
        ("mar., 21 janv. 2025 11:00:00 +0100", datetime(2025, 1, 21, 10, tzinfo=UTC)),
        ("Fri, 21 Nov 2025 24:00:00 GMT", datetime(2025, 11, 22, tzinfo=UTC)),
        ("Fri, 21 Nov 2025 09:59:60 GMT", TEN - timedelta(seconds=1)),
        ("2025-11-21T10:00:00Z", TEN),
        ("2025-11-21T10:00Z", TEN),
        ("2025-11-21t10:00:00z", TEN),
        ("2025-11-21T19:00:00+09:00", TEN),
        ("2025-11-21T19:00:00+0900", TEN),
        ("2025-11-21T19:00:00+09", TEN),
        ("2025-11-21T19:00:00.123456789+09:00", TEN),
        ("2025-11-21T19:00:00,5 +09:00", TEN),
        ("2025-11-21 19:00:00 KST", TEN),
        ("20251121T100000Z", TEN),
        ("20251121T1000Z", TEN),
        ("1763719200", TEN),
        ("1763719200.5", TEN + timedelta(milliseconds=500)),
        ("1763719200000", TEN),
        (" \t Fri,  21 Nov 2025\n10:00:00 GMT ", TEN),
    ],
)
def test_a_full_date_is_read_and_trusted(raw: str, wanted: datetime) -> None:
    assert read(raw, NOW) == (wanted, "")


@pytest.mark.parametrize(
    "raw",
    [
        "2025-11-21 10:00:00",
        "2025-11-21T10:00:00",
        "2025.11.21 10:00",
        "2025. 11. 21. 10:00:00",
        "2025/11/21 10:00",
        "20251121100000",
        "2025년 11월 21일 10:00",
        "2025년 11월 21일 (금) 오전 10시 00분",
        "2025년 11월 21일 오전 10:00",
        "2025-11-21 오전 10:00",
        "2025年11月21日 10:00",
        "2025年11月21日 上午10时00分",
        "21 ноября 2025 10:00",
        "21 листопада 2025, 10:00",
        "21. November 2025 10:00 Uhr",
        "21 novembre 2025 à 10:00",
        "21 novembre 2025 à 10h00",
        "21 de noviembre de 2025 10:00",
        "21.11.2025 10:00",
        "21/11/2025 10:00",
        "11/21/2025 10:00",
        "10:00 21.11.2025",
        "10:00, 21 Nov 2025",
        "Fri Nov 21 10:00:00 2025",
        "Fri, 21 Nov 2025 10:00:00",
        "Fri, 21 Nov 2025 10:00:00 IST",
        "Fri, 21 Nov 2025 10:00:00 XYZ",
        "Fri, 21 Nov 2025 10:00:00 +9900",
    ],
)
def test_a_date_without_a_zone_that_is_understood_is_taken_for_utc_with_a_doubt(raw: str) -> None:
    assert read(raw, NOW) == (TEN, "date_no_zone")


@pytest.mark.parametrize(
    "raw",
    ["2025-11-21", "20251121", "2025년 11월 21일", "2025年11月21日", "2025年11月21日 星期五", "November 21, 2025", "21 Nov 2025", "21.11.2025", "11/21/2025",
     "21/11/2025", "Fri, 21 Nov 2025", "21 de noviembre de 2025"],
)  # fmt: skip
def test_a_date_without_time_of_day_is_midnight_with_a_doubt(raw: str) -> None:
    assert read(raw, NOW) == (MIDNIGHT, "date_no_time")


def test_two_like_figures_need_no_order() -> None:
    assert read("05/05/2025", NOW).when == datetime(2025, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    ["yesterday", "Invalid Date", "0000-00-00 00:00:00", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Feb 2025 10:00:00 GMT",
     "2025-13-01", "Fri, 21 Nov 99999 10:00:00 GMT", "05/06/2025", "13/13/2025", "21 Nov 2025 25:00:00 GMT", "21 Nov 2025 10:61 GMT",
     "令和7年11月21日", "2025-W47-5", "21 Nov", "1 2 Nov 2025 10:00 GMT", "1969-12-31T23:00:00Z", "2500-01-01T00:00:00Z", "9" * 9 + "9.9" + "9" * 60,
     "1" * (MAX_DATE_CHARS + 1), "-1", "2025-11-21 10", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_a_date_that_makes_no_sense_is_none(raw: str) -> None:
    assert read(raw, NOW) == (None, "date_unreadable")


def test_no_date_is_missing() -> None:
    assert read(" \n", NOW) == (None, "date_missing")
    assert read_first([], NOW) == (None, "date_missing")


def test_a_date_well_after_the_fetch_is_doubted_and_kept() -> None:
    late = NOW + timedelta(hours=2)
    assert read(late.isoformat(), NOW) == (late, "date_future")
    near = NOW + timedelta(minutes=59)
    assert read(near.isoformat(), NOW) == (near, "")


def test_the_first_readable_of_several_dates_counts() -> None:
    assert read_first(["", "soon", "2025-11-21T10:00:00Z", "2024-01-01T00:00:00Z"], NOW) == (TEN, "")
    assert read_first(["", "soon", ""], NOW) == (None, "date_unreadable")


EARLIEST = datetime(1971, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LATEST = datetime(2025, 12, 31, tzinfo=UTC).replace(tzinfo=None)
MOMENTS = st.datetimes(EARLIEST, LATEST, timezones=st.integers(-12 * 4, 14 * 4).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
))  # fmt: skip


@given(MOMENTS)
def test_standard_spellings_are_read_to_the_second(moment: datetime) -> None:
    second = moment.replace(microsecond=0)
    assert read(format_datetime(second), NOW) == (second, "")
    assert read(second.isoformat(), NOW) == (second, "")
    assert read(second.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), NOW) == (second, "")


FRAGMENTS = st.sampled_from(
    ["2025", "11", "21", "99", "0", "Nov", "ноября", "Fri,", "-", "/", ".", ":", "T", "Z", "+0900", "GMT", "10:00", "년", "월", "오후",
     "日", " ", "  ", "(", ")", "x", "１", "²"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=30), st.lists(FRAGMENTS, max_size=10).map("".join)))
def test_whatever_comes_is_a_value_and_in_utc(raw: str) -> None:
    when, doubt = read(raw, NOW)
    assert (when is None) == (doubt in {"date_missing", "date_unreadable"})
    assert when is None or (when.tzinfo is UTC and 1970 <= when.year < 2200)
