from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from core.codec import decode
from core.errors import CodecError
from core.reports import Silent
from core.types import Alert, AlertSource, Evidence, ItemId, Span, StoryId
from delivery.alerts import alert_json, alert_text, silent_text
from tests.archive.make import AGENCY, MINUTE, NOW, PAPER, TOPIC, alert, item

LATER = NOW + 3 * MINUTE
HOSTILE = "\x1b[2J\x1b]0;pwned\x07Head\u202eline\u2066 \r\n\t\x9b31m two\x00 lines\u2028"
SGR = re.compile("\x1b\\[[0-9;]+m")


def source(name: str = "The Paper", **changes: object) -> AlertSource:
    facts: dict[str, object] = {
        "name": name, "url": "https://p.example/1", "title": "Shells cross the border", "language": "en", "country": "GB",
        "kind": "newspaper", "origin": "", "first_seen": NOW, **changes,
    }  # fmt: skip
    return AlertSource(**facts)  # type: ignore[arg-type]


AGENCY_SAYS = source(
    "State Agency", title="북한군 러시아 파병", language="ko", country="KP", kind="state_media", origin="agency"
)


def text(of: Alert, width: int = 80, *, colour: bool = False) -> str:
    return alert_text(of, width=width, colour=colour, now=LATER)


def test_an_alert_reads_from_the_headline_to_its_reasons_sources_and_times() -> None:
    assert (
        text(alert(sources=[source(), AGENCY_SAYS]))
        == """\
Shells cross the border
NEW · 2 min 58 s ago · arms · munitions, rail transport
score 0.91, 0.50 needed
why     + names both sides in one sentence: “Shells”
        - reads like an opinion piece
from    2 outlets, 2 origins, state media marked
          The Paper (newspaper, GB, en)
          State Agency (STATE MEDIA, KP, ko, origin agency): 북한군 러시아 파병
link    https://paper.example/shells
times   published 2026-11-24 07:59:00 UTC, 4 min ago
        seen 2026-11-24 08:00:00 UTC, 1 min after it was published
        matched 2026-11-24 08:00:01 UTC
        alerted 2026-11-24 08:00:02 UTC, 2.0 s after it was seen
id      a1"""
    )


def test_a_doubtful_date_says_so_and_why() -> None:
    doubtful = text(alert(of=item(published=NOW + 9 * MINUTE, doubt="date_no_zone")), 200)
    assert "published 2026-11-24 08:09:00 UTC, in 6 min; doubtful: the publisher's date has no time zone" in doubtful
    assert "seen 2026-11-24 08:00:00 UTC, 9 min before its own date" in doubtful
    undated = text(alert(of=item(published=None, doubt="date_missing")), 200)
    assert "published: not told; doubtful: the publisher gave no date" in undated
    assert "seen 2026-11-24 08:00:00 UTC\n" in undated


def test_a_late_alert_tells_its_lag_in_words() -> None:
    assert "alerted 2026-11-24 09:40:00 UTC, 1 h 40 min after it was seen" in text(alert(time=NOW + 100 * MINUTE))


@pytest.mark.parametrize(
    ("sources", "head"),
    [
        ([source()], "1 outlet, 1 origin"),
        ([source("A", origin="wire"), source("B", origin="wire"), source("C", origin="wire")], "3 outlets, 1 origin"),
        ([AGENCY_SAYS], "1 outlet, 1 origin, all state media"),
        ([AGENCY_SAYS, source()], "2 outlets, 2 origins, state media marked"),
        ([], "0 outlets, 0 origins"),
    ],
)
def test_outlets_are_counted_by_their_origins(sources: list[AlertSource], head: str) -> None:
    assert f"from    {head}\n" in text(alert(sources=sources))


def test_of_many_outlets_some_are_counted_only() -> None:
    shown = text(alert(sources=[source(f"Outlet {number}") for number in range(11)]))
    assert "Outlet 7" in shown
    assert "Outlet 8" not in shown
    assert "          and 3 more\n" in shown


def test_reasons_come_by_weight_with_their_words_and_helpers_are_left_out() -> None:
    words = tuple(Span("title", at, at + 1, f"w{at}", "c") for at in range(8))
    reasons = (
        Evidence("against", "speaks against", -2.0),
        Evidence("helper", "helps another", 0.0),
        Evidence("weak", "weak", 0.5, spans=(words[0], words[0])),
        Evidence("strong", "strong", 3.0, spans=words),
    )
    why = text(alert(evidence=reasons), 120).partition("why     ")[2].partition("from ")[0]
    assert why.split("\n")[:3] == [
        "+ strong: “w0”, “w1”, “w2”, “w3”, “w4”, “w5” and 2 more",
        "        + weak: “w0”",
        "        - speaks against",
    ]


def test_of_many_reasons_the_strongest_are_shown_and_all_that_speak_against() -> None:
    reasons = (
        *(Evidence(f"for{n}", f"reason {n}", 9.0 - n) for n in range(9)),
        Evidence("against", "speaks against", -0.5),
    )
    why = text(alert(evidence=reasons), 120).partition("why     ")[2].partition("from ")[0].split("\n")
    assert why[:8] == [
        "+ reason 0",
        *(f"        + reason {n}" for n in range(1, 6)),
        "          and 3 lesser reasons",
        "        - speaks against",
    ]


def test_scores_show_the_digits_that_tell_them_from_the_threshold() -> None:
    close = alert()
    close = replace(close, data=replace(close.data, score=0.4996))
    assert "score 0.4996, 0.5000 needed" in text(close, 200)


def test_colours_are_only_added_to_the_same_text() -> None:
    of = alert(level="update", sources=[source(), AGENCY_SAYS])
    painted = text(of, colour=True)
    assert SGR.sub("", painted) == text(of)
    assert "\x1b[1mShells cross the border\x1b[0m" in painted
    assert "\x1b[33m  State Agency" in painted


def test_hostile_words_cannot_leave_their_line() -> None:
    words = (Span("title", 0, 1, HOSTILE, "c"),)
    of = alert(
        "id" + HOSTILE,
        of=item(title=HOSTILE, url="https://p.example/" + HOSTILE),
        sources=[source(HOSTILE, title=HOSTILE + "!", country=HOSTILE, language=HOSTILE, kind=HOSTILE, origin=HOSTILE)],
        evidence=[Evidence("e", HOSTILE, 1.0, spans=words)],
    )
    lines = text(of, 300).split("\n")
    assert lines[0] == "[2J]0;pwnedHeadline 31m two lines"
    assert all(line.isprintable() for line in lines)
    assert len(lines) == 11


@pytest.mark.parametrize(
    "title", ["북한군이 러시아에 포탄을 보냈다 " * 30, "弾薬" * 300, "word " * 400, "x" * 3000, ""]
)
@pytest.mark.parametrize("width", [40, 80, 133])
def test_no_line_is_wider_than_the_terminal(title: str, width: int) -> None:
    of = alert(of=item(title=title.strip()), sources=[source(title=title + "!")])
    assert max(cell_len(line) for line in text(of, width).split("\n")) <= width


def test_an_address_stays_in_one_piece() -> None:
    url = "https://p.example/" + "a" * 200
    assert f"link    {url}\n" in text(alert(of=item(url=url)))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "//p.example/a",
        "https://",
        "\x1b]8;;https://p.example\x07",
    ],
)
def test_an_address_that_leads_elsewhere_than_to_the_web_is_not_shown(url: str) -> None:
    refused = "link    (not shown: no http or https address)"
    assert refused in text(alert(of=item(url=url))).split("\n")
    assert refused in silent_text(silent(url=url), width=80, colour=False, now=LATER).split("\n")


@settings(max_examples=100)
@given(st.text() | st.text().map("https://p.example/{}".format))
def test_a_link_is_one_printable_word_of_the_web_or_a_remark(url: str) -> None:
    shown = text(alert(of=item(url=url))).partition("\nlink    ")[2].partition("\n")[0]
    assert shown.startswith("(n") or re.fullmatch(r"https?://[!-~]+", shown)


def test_what_is_missing_is_said() -> None:
    lines = text(alert(of=item(title="", url=""))).split("\n")
    assert lines[0] == "(no headline)"
    assert "link    (none)" in lines


def test_json_lines_are_read_back_one_by_one_as_cloud_events() -> None:
    many = [alert("a1", of=item(title="one\ntwo\r\u0085\u2028\u2029")), alert("a2", level="update"), alert("a3")]
    page = "\n".join(alert_json(each) for each in many)
    assert len(page.splitlines()) == len(many)
    for line, of in zip(page.splitlines(), many, strict=True):
        event = json.loads(line)
        assert decode(Alert, line.encode()) == of
        assert (event["specversion"], event["id"], event["subject"]) == ("1.0", of.id, "s1")
        assert (event["source"], event["type"]) == ("armswatch/arms", f"org.armswatch.alert.{of.data.level}")
        assert datetime.fromisoformat(event["time"]) == of.time
        assert event["datacontenttype"] == "application/json"


def test_half_a_character_is_shown_as_nothing_and_refused_as_json() -> None:
    """The log cannot hold one, as it is no Unicode; a value made by hand can."""
    broken = alert(of=item(title="shells\ud800 cross"))
    assert text(broken).startswith("shells cross\n")
    with pytest.raises(CodecError, match="not Unicode"):
        alert_json(broken)


def test_json_is_the_alert_on_one_line() -> None:
    of = alert(of=item(title="북한 “shells” \u2028 \U0001f680"))
    line = alert_json(of)
    assert decode(Alert, line.encode()) == of
    assert "북한" in line
    assert json.loads(line)["specversion"] == "1.0"


@settings(max_examples=200)
@given(st.text())
def test_json_is_printable_whatever_the_words_and_still_means_them(title: str) -> None:
    of = alert(of=item(title=title))
    line = alert_json(of)
    assert line.isprintable()
    assert decode(Alert, line.encode()) == of


@settings(max_examples=100)
@given(st.text(max_size=200), st.integers(0, 200))
def test_text_is_printable_whatever_the_words_and_the_width(words: str, width: int) -> None:
    of = alert(of=item(title=words), evidence=[Evidence("e", words, 1.0, spans=(Span("title", 0, 1, words, "c"),))])
    assert all(line.isprintable() for line in text(of, width).split("\n"))


def silent(**changes: object) -> Silent:
    facts: dict[str, object] = {
        "topic": TOPIC, "item": ItemId("i1"), "reason": "near_miss", "title": "Almost", "url": "https://paper.example/a",
        "outlet": PAPER.name, "time": NOW, "score": 0.4, "threshold": 0.5, "missing": ("names a weapon", "names a buyer"),
        **changes,
    }  # fmt: skip
    return Silent(**facts)  # type: ignore[arg-type]


def test_a_near_miss_says_what_was_missing() -> None:
    assert (
        silent_text(silent(), width=80, colour=False, now=LATER)
        == """\
Almost
silent · 3 min ago · arms · The Paper
why     it fell just short of the threshold: score 0.40, 0.50 needed
missing - names a weapon
        - names a buyer
link    https://paper.example/a"""
    )


def test_a_copy_names_the_story_it_repeats() -> None:
    copy = silent(
        reason="copy",
        score=None,
        threshold=None,
        missing=(),
        outlet=AGENCY.name,
        story=StoryId("s1"),
        headline="Shells",
        url="",
    )
    assert (
        silent_text(copy, width=80, colour=False, now=NOW)
        == """\
Almost
silent · just now · arms · State Agency
why     it copies a report that has alerted already
story   Shells (s1)
link    (none)"""
    )


def test_a_silent_item_is_as_safe_as_an_alert() -> None:
    hostile = silent(
        title=HOSTILE, outlet=HOSTILE, url=HOSTILE, missing=(HOSTILE,), story=StoryId(HOSTILE), headline=HOSTILE
    )
    assert all(line.isprintable() for line in silent_text(hostile, width=90, colour=False, now=LATER).split("\n"))
    untitled = silent_text(silent(title=""), width=90, colour=True, now=LATER + timedelta(days=3))
    assert SGR.sub("", untitled).startswith("(no title)\nsilent · 3 d ago")
