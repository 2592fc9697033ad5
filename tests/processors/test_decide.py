"""Which matches alert: the whole table of reasons."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from config.settings import Alerts
from core.reasons import WORDS
from core.types import FeedId, Item, Match, Member, Source
from processors.decide import Decision, decide
from processors.stories import OpenStories
from tests.processors.making import NOW, item, match, source

RULES = Alerts()
HOUR = timedelta(hours=1)
TITLE = "North Korea ships 500 containers of shells to Russia"
LEAD = "The containers left the port of Rajin on Monday, said a ministry. Analysts saw them on satellite images."


class Desk:
    """Decides one match after another, as the stage does."""

    def __init__(self) -> None:
        self.stories = OpenStories()

    def take(self, of: Item | Match, after: timedelta = timedelta(0)) -> Decision:
        made = decide(self.stories, of if isinstance(of, Match) else match(of), NOW + after, RULES)
        if made.story:
            self.stories.put(made.story)
        return made

    def member(self, name: str) -> Member:
        return next(member for story in self.stories for member in story.members if member.item == name)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def report(name: str, outlet: str = "Outlet", title: str = TITLE, summary: str = LEAD, **more: object) -> Item:
    return item(name, title, summary, source=more.pop("source", source(outlet)), **more)


def outcome(made: Decision) -> str:
    return made.alert.data.level if made.alert else made.silent


def test_a_first_report_opens_a_story_and_alerts_as_new(desk: Desk) -> None:
    made = desk.take(report("a"))
    assert made.alert
    assert made.story
    assert (made.alert.data.level, made.alert.subject, made.story.alerted) == ("new", made.story.id, NOW)
    assert desk.member("a").alerted == made.alert.id


def test_a_near_miss_leaves_no_trace(desk: Desk) -> None:
    assert desk.take(match(report("a"), "near_miss")) == Decision(None, None, "near_miss")


COPIES: list[tuple[Source, str, str]] = [
    (source("Other"), TITLE, "copy"),
    (source("Other"), f"{TITLE} - Other News", "copy"),
    (source("Outlet"), TITLE, "same_outlet_copy"),
    (source("Other", origin="agency"), TITLE, "same_origin"),
]


@pytest.mark.parametrize(("outlet", "title", "reason"), COPIES)
def test_a_copy_joins_the_story_in_silence(desk: Desk, outlet: Source, title: str, reason: str) -> None:
    first = report("a") if reason != "same_origin" else report("a", source=source("Outlet", origin="agency"))
    opened = desk.take(first)
    made = desk.take(report("b", title=title, source=outlet), HOUR)
    assert outcome(made) == reason
    assert made.story
    assert opened.story
    assert made.story.id == opened.story.id
    assert desk.member("b").silent == reason


def test_a_report_of_its_own_opens_another_story(desk: Desk) -> None:
    desk.take(report("a"))
    assert (
        outcome(desk.take(report("b", title="Putin thanks Kim for sappers in Kursk", summary="He spoke in Moscow.")))
        == "new"
    )
    assert len(desk.stories) == 2


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        (TITLE.replace("500", "900"), LEAD),
        ("North Korea denies it ships 500 containers of shells to Russia", LEAD),
        (TITLE, f"Of 40 ships, 3 are back. {LEAD}"),
    ],
)
def test_a_copy_that_says_something_else_is_news(desk: Desk, title: str, summary: str) -> None:
    desk.take(report("a", summary=f"Of 40 ships, 2 are back. {LEAD}"))
    assert outcome(desk.take(report("b", "Other", title, summary), HOUR)) == "new"


def test_after_the_copy_window_the_same_text_is_news_again(desk: Desk) -> None:
    desk.take(report("a"))
    assert outcome(desk.take(report("b", "Other"), RULES.copy_window)) == "copy"
    assert outcome(desk.take(report("c", "Third"), RULES.copy_window + HOUR)) == "new"


def test_backlog_never_alerts_and_silences_no_live_report(desk: Desk) -> None:
    assert outcome(desk.take(report("a", backlog=True))) == "backlog"
    assert outcome(desk.take(report("b", "Second", backlog=True))) == "backlog"
    assert len(desk.stories) == 1
    assert outcome(desk.take(report("c", "Third"), HOUR)) == "new"
    assert outcome(desk.take(report("d", "Fourth"), 2 * HOUR)) == "copy"


def test_the_same_match_again_changes_nothing(desk: Desk) -> None:
    desk.take(report("a"))
    assert desk.take(report("a"), HOUR) == Decision(None, None, "known")
    desk.take(report("a", revision=2), HOUR)
    assert desk.take(report("a", revision=1), HOUR) == Decision(None, None, "known")


def test_an_edit_that_claims_the_same_is_silent_and_keeps_its_alert(desk: Desk) -> None:
    first = desk.take(report("a"))
    made = desk.take(report("a", title=TITLE.replace("ships", "has shipped"), revision=1), HOUR)
    assert outcome(made) == "revision"
    assert first.alert
    assert (desk.member("a").alerted, desk.member("a").silent) == (first.alert.id, "")
    assert desk.member("a").revision == 1


@pytest.mark.parametrize(
    ("title", "summary"),
    [(TITLE.replace("500", "700"), LEAD), (TITLE, "The ministry denied it."), (f"{TITLE}, Moscow denies", LEAD)],
)
def test_an_edit_that_claims_something_else_alerts_as_update(desk: Desk, title: str, summary: str) -> None:
    first = desk.take(report("a"))
    made = desk.take(report("a", title=title, summary=summary, revision=1), HOUR)
    assert outcome(made) == "update"
    assert made.alert
    assert first.alert
    assert (made.alert.subject, made.alert.id != first.alert.id) == (first.alert.subject, True)
    assert made.story
    assert (made.story.headline, len(made.story.members)) == (title, 1)


def test_an_edited_copy_is_judged_as_any_edit(desk: Desk) -> None:
    desk.take(report("a"))
    desk.take(report("b", "Other"))
    assert outcome(desk.take(report("b", "Other", TITLE + "!", revision=1))) == "revision"
    assert desk.member("b").silent == "revision"
    assert outcome(desk.take(report("b", "Other", TITLE.replace("500", "600"), revision=2))) == "update"


@pytest.mark.parametrize("backlog", [True, False])
def test_an_edit_of_backlog_never_alerts(desk: Desk, backlog: bool) -> None:
    desk.take(report("a", backlog=True))
    assert outcome(desk.take(report("a", title=TITLE.replace("500", "9"), revision=1, backlog=backlog))) == "backlog"


def test_the_alert_carries_sources_origins_and_honest_times(desk: Desk) -> None:
    published = NOW - timedelta(minutes=5)
    first = report("c", published=published, published_doubt="date_no_zone")
    desk.take(first)
    desk.take(report("a", source=source("Agency", origin="wire")))
    desk.take(report("b", source=source("Echo", origin="wire")))
    desk.take(report("d", source=Source(FeedId("another"), "Outlet", "https://outlet.example/second")))
    edited = msgspec.structs.replace(first, title=f"{TITLE}, 9 wagons", summary=LEAD + " word" * 1000, revision=1)
    made = desk.take(edited, HOUR)
    assert made.alert
    data = made.alert.data
    assert [each.name for each in data.sources] == ["Outlet", "Agency", "Echo"]
    assert data.origins == 2
    assert (made.alert.source, made.alert.type) == ("armswatch/arms", "org.armswatch.alert.update")
    assert len(data.summary) <= 2000
    times = data.times
    assert (times.published, times.published_doubt, times.first_seen, times.alerted) == (
        published,
        "date_no_zone",
        NOW,
        NOW + HOUR,
    )
    assert (times.lag_published_to_seen_s, times.lag_seen_to_alerted_s) == (300.0, 3600.0)


def test_without_a_date_the_lag_from_publishing_is_unknown(desk: Desk) -> None:
    made = desk.take(report("a"))
    assert made.alert
    assert made.alert.data.times.lag_published_to_seen_s is None


@pytest.mark.parametrize(("doubt", "shown"), [("", "date_future"), ("date_no_zone", "date_no_zone")])
def test_an_item_dated_after_it_was_seen_has_a_doubtful_date_and_no_lag(desk: Desk, doubt: str, shown: str) -> None:
    made = desk.take(report("a", published=NOW + timedelta(minutes=5), published_doubt=doubt))
    assert made.alert
    assert (made.alert.data.times.published_doubt, made.alert.data.times.lag_published_to_seen_s) == (shown, None)


def test_an_alert_has_the_same_name_whatever_its_level(desk: Desk) -> None:
    """A replay from the middle may find an edit to be the first report."""
    edited = report("a", title=TITLE.replace("500", "700"), revision=1)
    desk.take(report("a"))
    update, new = desk.take(edited), Desk().take(edited)
    assert (outcome(update), outcome(new)) == ("update", "new")
    assert update.alert
    assert new.alert
    assert update.alert.id == new.alert.id


def test_a_revision_matches_though_its_first_version_did_not(desk: Desk) -> None:
    desk.take(match(report("a"), "near_miss"))
    assert outcome(desk.take(report("a", revision=1))) == "new"


def test_a_replay_from_nothing_gives_the_same_names() -> None:
    one, two = Desk().take(report("a")), Desk().take(report("a"), HOUR)
    assert one.alert
    assert two.alert
    assert (one.alert.id, one.alert.subject) == (two.alert.id, two.alert.subject)


def test_a_reprint_word_for_word_adds_no_text_to_compare_with(desk: Desk) -> None:
    desk.take(report("a"))
    desk.take(report("b", "Other"))
    desk.take(report("c", "Third", "Ships with shells leave for Russia"))
    assert desk.member("b").signature == ()
    assert desk.member("c").signature != ()


def test_every_reason_has_its_words() -> None:
    assert {"near_miss", "backlog", "copy", "same_outlet_copy", "same_origin", "revision"} <= set(WORDS)
