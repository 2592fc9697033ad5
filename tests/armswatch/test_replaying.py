"""A stage is set back on the log, and nothing is doubled by it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import msgspec
import pytest

from armswatch import wiring
from armswatch.clock import utc_now
from armswatch.inquiry import alerts as archived
from armswatch.replaying import inputs, replay
from config.loader import Config
from core import catalogue
from core.codec import decode
from core.errors import AlreadyRunning, StorageUnusable, UserError
from core.types import Match
from stream.log import NewRecord, TopicPartition
from tests.armswatch.desk import a_round, alerts, opened, positions


def matches(config: Config) -> list[str]:
    with closing(wiring.read_log(config)) as log:
        sources = [info.source for info in log.describe() if info.source.topic == catalogue.MATCHES]
        return [decode(Match, record.value or b"").id for source in sources for record in log.scan(source)]


def on_log(config: Config) -> list[bytes]:
    with closing(wiring.read_log(config)) as log:
        return alerts(log)


def test_matching_and_alerting_twice_raises_no_alert_twice(desk: Config) -> None:
    before, found = on_log(desk), matches(desk)
    assert len(before) >= 2

    for _ in range(2):
        assert replay(desk, "match", None).records == 7
        assert replay(desk, "alert", None).records >= len(before)
        a_round(desk, "match", "alert", "archive")

    assert len(matches(desk)) == 3 * len(found), "it was not matched again: this shows nothing"
    assert set(matches(desk)) == set(found)
    assert on_log(desk) == before


def test_an_alert_whose_story_is_gone_is_raised_again_under_the_same_id(desk: Config) -> None:
    with opened(desk) as log:
        stories = list(log.latest(catalogue.STORIES))
        log.append([NewRecord(story.topic, story.key, None, story.partition) for story in stories])

    replay(desk, "alert", None)
    a_round(desk, "alert", "archive")

    ids = [msgspec.json.decode(alert)["id"] for alert in on_log(desk)]
    assert len(ids) == 2 * len(set(ids)) > 0
    shown = archived(desk, since=timedelta(days=1), topic=None, text="", limit=100)
    assert sorted(alert.id for alert in shown) == sorted(set(ids))


def test_it_goes_back_to_a_time(desk: Config) -> None:
    later = utc_now() + timedelta(hours=1)
    with opened(desk) as log:
        log.append([NewRecord(catalogue.ITEMS, b"late", b"{}", 0, later)])
        end = log.offset_at(TopicPartition(catalogue.ITEMS, 0), later + timedelta(days=1))

    report = replay(desk, "match", later)

    assert report.records == 1
    assert positions(desk)["match"]["armswatch.items/0"] == end - 1


def test_a_dry_run_tells_the_same_and_changes_nothing(desk: Config) -> None:
    before = positions(desk)

    told = replay(desk, "alert", None, dry_run=True)

    assert told.dry_run
    assert positions(desk) == before
    done = replay(desk, "alert", None)
    assert (done.partitions, done.records) == (told.partitions, told.records)
    assert positions(desk) != before


def test_the_archive_is_filled_anew(desk: Config) -> None:
    def shown() -> list[str]:
        return [alert.id for alert in archived(desk, since=timedelta(days=1), topic=None, text="", limit=100)]

    before = shown()
    assert before

    assert replay(desk, "archive", None, dry_run=True).partitions != ()
    assert wiring.archive_path(desk).exists()
    replay(desk, "archive", None)
    assert not wiring.archive_path(desk).exists()
    assert wiring.archive_path(desk).with_name("archive.sqlite.before-replay").exists()
    a_round(desk, "archive")

    assert shown() == before


def test_the_archive_cannot_be_set_back_to_a_time(desk: Config) -> None:
    with pytest.raises(UserError, match="as a whole"):
        replay(desk, "archive", utc_now())


def test_it_is_refused_while_the_service_runs_but_a_dry_run_is_not(desk: Config) -> None:
    with opened(desk):
        with pytest.raises(AlreadyRunning):
            replay(desk, "match", None)
        assert replay(desk, "match", None, dry_run=True).records == 7


def test_without_a_log_it_says_so(desk: Config) -> None:
    wiring.log_path(desk).unlink()

    with pytest.raises(StorageUnusable, match="no event log"):
        replay(desk, "match", None, dry_run=True)


def test_it_knows_what_each_stage_reads(desk: Config) -> None:
    with opened(desk) as log:
        steps = wiring.stages(desk, log, wiring.compiled(desk), utc_now)
        assert {name: tuple(step.inputs) for name, step in steps.items()} == {
            name: tuple(topics) for name, topics in inputs(desk).items()
        }
