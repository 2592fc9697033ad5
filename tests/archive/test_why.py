from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.answer_why import why
from archive.queries import Archive
from archive.why import Explain
from core.reports import Explanation, Why, WhyStage
from core.types import TopicId
from stream.sqlite import SqliteLog
from tests.archive.make import (
    AGENCY,
    MINUTE,
    NOW,
    REASON,
    TOPIC,
    alert,
    feed,
    fold,
    item,
    match,
    member,
    new_log,
    story,
)

LATER = NOW + MINUTE
URL = "https://paper.example/shells"


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = new_log()
    yield log
    log.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.sqlite"


def asked(path: Path, question: str = URL, explain: dict[TopicId, Explain] | None = None) -> Why:
    with Archive.open(path) as archive:
        return why(archive, question, now=LATER, explain=explain)


def outcomes(answer: Why) -> list[tuple[str, str, str]]:
    return [(stage.stage, stage.topic, stage.outcome) for stage in answer.stages]


def stage(answer: Why, name: str) -> WhyStage:
    return next(each for each in answer.stages if each.stage == name)


def judge(score: float) -> Explain:
    def explain(title: str, summary: str) -> Explanation:
        assert (title, summary) == ("Shells cross the border", "A train was seen.")
        return Explanation(TOPIC, score, 0.5, score >= 0.5, 0.25 <= score < 0.5, missing=("names a weapon",))

    return explain


def test_an_item_that_alerted_went_through_every_stage(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), match(), story([member(alerted="a1")]), alert())
    answer = asked(path)
    assert (answer.asked, answer.title, answer.outlet, answer.url) == (
        "known_url",
        "Shells cross the border",
        "The Paper",
        URL,
    )
    assert outcomes(answer) == [
        ("fetched", "", "ok"), ("new", "", "ok"), ("matched", "arms", "ok"), ("story", "arms", "ok"), ("alert", "arms", "ok"),
    ]  # fmt: skip
    assert stage(answer, "new").says == "It was first seen 2026-11-24 08:00:00 UTC, 1 min after it was published."
    assert stage(answer, "matched").evidence == match().evidence
    assert stage(answer, "story").says == "In a story of 1 item: Shells"
    assert stage(answer, "alert").says == "It alerted as new 2026-11-24 08:00:02 UTC, 2 s after it was seen."
    assert ("alert (new)", "a1 at 2026-11-24 08:00:02 UTC") in stage(answer, "alert").facts


def test_a_copy_ends_at_the_last_stage_with_its_reason_in_words(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), match(), story([member(silent="copy")]))
    alerted = stage(asked(path), "alert")
    assert (alerted.outcome, alerted.facts) == ("no", (("reason", "copy"),))
    assert alerted.says == "It was kept silent: it copies a report that has alerted already."


def test_a_near_miss_ends_at_matching_and_tells_what_was_missing(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), match(verdict="near_miss", score=0.4, missing=("names a weapon", "names a buyer")))
    answer = asked(path)
    assert outcomes(answer)[2:] == [("matched", "arms", "no")]
    matched = stage(answer, "matched")
    assert matched.says == "A near miss: score 0.40, 0.50 needed."
    assert [value for name, value in matched.facts if name == "missing"] == ["names a weapon", "names a buyer"]


def test_an_edit_that_fell_below_keeps_the_match_it_had(log: SqliteLog, path: Path) -> None:
    edited = item(revision=1, title="Correction", seen=LATER)
    fold(log, path, item(), edited, match(), match(edited, verdict="near_miss"), story([member(alerted="a1")]), alert())
    answer = asked(path)
    assert answer.title == "Correction"
    assert stage(answer, "new").says.endswith("1 min after it was published, and edited 1 time since.")
    assert [name for name, _ in stage(answer, "new").facts] == ["revision 0", "revision 1"]
    assert outcomes(answer)[2:] == [("matched", "arms", "ok"), ("story", "arms", "ok"), ("alert", "arms", "ok")]
    assert stage(answer, "alert").says == "It alerted as new 2026-11-24 08:00:02 UTC."


def test_backlog_says_that_it_alerts_no_one(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(backlog=True, published=None, doubt="date_missing"))
    answer = asked(path)
    assert (stage(answer, "new").outcome, "before we began to watch" in stage(answer, "new").says) == ("no", True)
    assert ("published", "not told; doubtful: the publisher gave no date") in stage(answer, "fetched").facts


@pytest.mark.parametrize(
    ("explain", "outcome", "says"),
    [
        (None, "unknown", "No topic has matched it, nor nearly; none is loaded to ask why."),
        ({TOPIC: judge(0.1)}, "no", "By the topic as it is now, no match: score 0.10, 0.50 needed."),
        ({TOPIC: judge(0.3)}, "unknown", "would be a near miss (score 0.30, 0.50 needed)"),
        ({TOPIC: judge(0.8)}, "unknown", "would match (score 0.80, 0.50 needed)"),
    ],
)
def test_an_item_without_a_verdict_is_judged_again(
    explain: dict[TopicId, Explain] | None, outcome: str, says: str, log: SqliteLog, path: Path
) -> None:
    fold(log, path, item())
    matched = stage(asked(path, explain=explain), "matched")
    assert matched.outcome == outcome
    assert says in matched.says
    assert matched.facts == ((("missing", "names a weapon"),) if explain else ())


@pytest.mark.parametrize(("doubt", "before"), [("date_no_zone", MINUTE), ("", -MINUTE)])
def test_a_date_that_cannot_be_right_gives_no_lag(doubt: str, before: timedelta, log: SqliteLog, path: Path) -> None:
    fold(log, path, item(published=NOW - before, doubt=doubt))
    assert stage(asked(path), "new").says == "It was first seen 2026-11-24 08:00:00 UTC."


def test_a_topic_that_matched_and_one_that_is_loaded_are_both_told(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), match(verdict="near_miss"))
    answer = asked(path, explain={TopicId("troops"): judge(0.1)})
    assert outcomes(answer)[2:] == [("matched", "arms", "no"), ("matched", "troops", "no")]


def test_an_item_in_a_story_whose_topic_left_no_match_cannot_be_told(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), story([member()]))
    assert stage(asked(path), "matched").says.startswith("Neither a match nor a near miss is on record")


@pytest.mark.parametrize(
    ("values", "story_says", "alert_says"),
    [
        ((), "No story holds it yet.", "Nothing has been decided about alerting yet."),
        ((story([member()]),), "In a story of 1 item: Shells", "Nothing has been decided about alerting yet."),
        (
            (story([member(alerted="a1")]),),
            "In a story of 1 item: Shells",
            "It alerted; the alert itself is not on record.",
        ),
    ],
)
def test_what_later_stages_have_not_said_yet_is_told_as_unknown(
    values: tuple[object, ...], story_says: str, alert_says: str, log: SqliteLog, path: Path
) -> None:
    fold(log, path, item(), match(), *values)  # type: ignore[arg-type]
    answer = asked(path)
    assert (stage(answer, "story").says, stage(answer, "alert").says) == (story_says, alert_says)


def test_a_story_that_has_expired_is_named(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), match(), story([member()]))
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM stories")
    connection.close()
    assert stage(asked(path), "story").says == "Its story s1 is not on record any more."


UNKNOWN = "https://paper.example/other"


def test_an_address_of_a_feed_in_good_health_was_not_in_it(log: SqliteLog, path: Path) -> None:
    fold(log, path, feed(), item())
    answer = asked(path, UNKNOWN)
    assert (answer.asked, outcomes(answer)) == ("unknown_url", [("fetched", "", "no")])
    (fetched,) = answer.stages
    assert "1 feed brings articles of paper.example, and no poll has missed anything." in fetched.says
    assert fetched.facts == (("The Paper", "healthy, last polled 1 min ago, no gaps"),)


@pytest.mark.parametrize(
    ("state", "fact"),
    [
        (feed(failures=2, reason="dns"), "failing: the host name does not resolve, last polled 1 min ago, no gaps"),
        (feed(failures=2, reason="gone"), "gone for good, last polled 1 min ago, no gaps"),
        (feed(gaps=2), "healthy, last polled 1 min ago, 2 gaps: between two polls entries may have come and gone"),
        (feed(due=NOW - 60 * MINUTE), "its poll is overdue, last polled 1 min ago, no gaps"),
        (feed(polled=None, due=None), "waiting for its first poll, never polled, no gaps"),
    ],
)
def test_an_address_of_a_feed_in_trouble_may_have_been_missed(
    state: object, fact: str, log: SqliteLog, path: Path
) -> None:
    fold(log, path, state, feed(AGENCY))  # type: ignore[arg-type]
    (fetched,) = asked(path, UNKNOWN).stages
    assert (fetched.outcome, fetched.facts) == ("unknown", (("The Paper", fact),))
    assert "may have missed it" in fetched.says


def test_an_address_of_a_host_that_no_feed_serves_needs_a_feed(log: SqliteLog, path: Path) -> None:
    fold(log, path, feed())
    (fetched,) = asked(path, "https://nowhere.example/x").stages
    assert fetched.outcome == "no"
    assert "add a feed" in fetched.says


def test_words_that_one_item_holds_answer_for_it_and_else_offer_what_there_is(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), item("i2", title="Shells again", url="https://paper.example/2"), match())
    assert asked(path, "cross border").title == "Shells cross the border"
    both = asked(path, "shells")
    assert (both.asked, both.stages, {hit.item for hit in both.hits}) == ("text", (), {"i1", "i2"})
    assert asked(path, "nothing of it").hits == ()


def test_evidence_is_that_of_the_match(log: SqliteLog, path: Path) -> None:
    fold(log, path, match())
    assert REASON in stage(asked(path), "matched").evidence


@pytest.mark.parametrize(
    ("score", "outcome", "says"),
    [
        (0.9, "ok", "An item with this title would match: score 0.90, 0.50 needed."),
        (0.4, "no", "An item with this title would be a near miss: score 0.40, 0.50 needed."),
        (0.1, "no", "An item with this title would not match: score 0.10, 0.50 needed."),
    ],
)
def test_words_that_no_item_holds_are_judged_as_a_title(
    log: SqliteLog, path: Path, score: float, outcome: str, says: str
) -> None:
    fold(log, path, item())

    def explain(title: str, summary: str) -> Explanation:
        assert (title, summary) == ("zeppelins over the bay", "")
        return Explanation(TOPIC, score, 0.5, score >= 0.5, 0.25 <= score < 0.5, missing=("names a weapon",))

    answer = asked(path, "zeppelins over the bay", {TOPIC: explain})
    assert (answer.asked, answer.hits, outcomes(answer)) == ("text", (), [("matched", TOPIC, outcome)])
    assert stage(answer, "matched").says == says
    assert stage(answer, "matched").facts == (("missing", "names a weapon"),)
