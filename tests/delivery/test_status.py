from __future__ import annotations

from datetime import timedelta

import pytest
from rich.cells import cell_len

from core.reports import Counts, FeedReport, GroupLag, Proof, Silence, StatusReport
from core.types import FeedId
from delivery.render import silence_text, status_text
from tests.archive.make import MINUTE, NOW

DAY = Counts(
    NOW - timedelta(days=1), items=1200, matches=3, near_misses=1, stories=2, silent=2, last_item=NOW - 2 * MINUTE
)
REAL = Silence("real", 152, 152)


def feed(name: str, health: str = "ok", **changes: object) -> FeedReport:
    facts: dict[str, object] = {
        "id": FeedId(name), "name": name, "url": f"https://{name}.example/", "health": health, "last_poll": NOW - MINUTE,
        "last_success": NOW - MINUTE, "last_new": NOW - 60 * MINUTE, "interval_s": 900.0, "overlap": 0.875, "gaps": 0,
        "items": 9, "lag_s": 95.0, **changes,
    }  # fmt: skip
    return FeedReport(**facts)  # type: ignore[arg-type]


def report(
    *feeds: FeedReport,
    groups: tuple[GroupLag, ...] = (),
    counts: Counts = DAY,
    silence: Silence = REAL,
    running: bool | None = True,
) -> StatusReport:
    return StatusReport(NOW, feeds, groups, counts, silence, running)


def test_status_shows_trouble_first_and_says_what_it_is() -> None:
    feeds = (
        feed("beta"),
        feed("alpha", moved_to="https://new.example/"),
        feed(
            "down",
            "failing",
            failures=3,
            reason="http_status",
            detail="503",
            last_success=NOW - 180 * MINUTE,
            overlap=None,
            lag_s=None,
        ),
        feed("late", "overdue", overdue_s=3600.0, gaps=2),
        feed("gone", "parked", failures=1, reason="gone", last_success=None),
        feed("", "waiting", last_poll=None, last_new=None, interval_s=0.0, overlap=None, lag_s=None),
    )
    groups = (
        GroupLag("match", "armswatch.items", 0, 1, 9, 8),
        GroupLag("match", "armswatch.items", 1, 0, 4, 4),
        GroupLag("archive", "armswatch.items", 0, 9, 9, 0),
    )
    silence = Silence("partly", 6, 2, ("1 feed unreachable (x)", "1 feed gone for good"))
    assert (
        status_text(report(*feeds, groups=groups, silence=silence), width=100, colour=False)
        == """\
The service is running. In the last 24 h: 1,200 items, 3 matches, 1 near miss, 0 alerts, 2 kept
silent.
No alerts in the last 24 h. 6 feeds watched, last item 2 min ago; 1 feed unreachable (x); 1 feed
gone for good: this silence is real for 2 of them only.

health   feed               last poll  last new   every  overlap  gaps         lag
failing  down               1 min ago   1 h ago  15 min        -     0           -
         the server answered with an error (503); 3 failures in a row; last well 3 h ago
parked   gone               1 min ago   1 h ago  15 min      88%     0  1 min 35 s
         the server says the feed is gone for good; never well
overdue  late               1 min ago   1 h ago  15 min      88%     2  1 min 35 s
         its poll is 1 h late
waiting  https://.example/      never     never       -        -     0           -
         not polled yet
ok       alpha              1 min ago   1 h ago  15 min      88%     0  1 min 35 s
         moved to https://new.example/
ok       beta               1 min ago   1 h ago  15 min      88%     0  1 min 35 s

stages behind the log
match  armswatch.items  12 behind"""
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_of_long_names_fits_the_terminal(width: int) -> None:
    page = status_text(report(feed("신문" * 60, "failing", reason="dns", detail="x" * 300)), width=width, colour=False)
    assert max(cell_len(line) for line in page.split("\n")) <= width


def test_a_narrow_terminal_shows_fewer_figures_and_whole_names() -> None:
    page = status_text(report(feed("Sea Trade Weekly", gaps=2)), width=60, colour=False).split("\n")
    assert page[5:7] == [
        "health  feed              last poll  last new  gaps",
        "ok      Sea Trade Weekly  1 min ago   1 h ago     2",
    ]


def test_colours_and_hostile_names_are_kept_apart() -> None:
    page = status_text(report(feed("evil\x1b[31m\n\u202ename", "failing", reason="\x1b[1m")), width=100, colour=True)
    assert "\x1b[31mfailing\x1b[0m  evil[31m name" in page
    assert "\u202e" not in page


def test_without_feeds_or_readers_it_says_what_to_do() -> None:
    page = status_text(
        report(silence=Silence("nothing", 0, 0, ("no feed is watched",)), running=False), width=100, colour=False
    )
    assert page.startswith("The service is not running. In the last 24 h: ")
    assert "No feed is watched. Add feeds to feeds.yaml." in page
    assert page.endswith("No stage has read from the log yet.")


def test_stages_that_keep_up_are_one_line() -> None:
    page = status_text(report(groups=(GroupLag("match", "items", 0, 9, 9, 0),), running=None), width=100, colour=False)
    assert page.endswith("Every stage is up to date with the log.")


def test_dead_letters_are_told_when_there_are_any() -> None:
    page = status_text(report(counts=Counts(None, dead_letters=2)), width=120, colour=False)
    assert "In all: 0 items, 0 matches, 0 near misses, 0 alerts, 0 kept silent, 2 dead letters." in page


_BLIND = "No alerts in the last 24 h. 152 feeds watched, last item 2 min ago; 12 feeds unreachable: "
_SEEN = "2 alerts in the last 24 h. 152 feeds watched, last item just now; 12 feeds unreachable: "
ALERTED = Counts(DAY.since, alerts=2, last_item=NOW)


@pytest.mark.parametrize(
    ("proof", "counts", "said"),
    [
        ("real", DAY, "No alerts in the last 24 h. 152 feeds watched, last item 2 min ago: this silence is real."),
        ("real", ALERTED, "2 alerts in the last 24 h. 152 feeds watched, last item just now."),
        ("real", Counts(None), "No alerts so far. 152 feeds watched, no item yet: this silence is real."),
        (
            "partly",
            DAY,
            _BLIND + "this silence is real for 140 of them only.",
        ),
        (
            "nothing",
            DAY,
            _BLIND + "this silence proves nothing.",
        ),
        (
            "partly",
            ALERTED,
            _SEEN + "there may be more that we could not see.",
        ),
    ],
)
def test_silence_is_told_apart_from_blindness(proof: Proof, counts: Counts, said: str) -> None:
    silence = Silence(proof, 152, 140, () if proof == "real" else ("12 feeds unreachable",))
    assert silence_text(silence, report(counts=counts, silence=silence)) == said
