"""The models: defaults, and what they offer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import Feed, Network, Polling, Settings


def test_defaults_fit_together() -> None:
    assert list(Settings().polling.misfits()) == []


def test_a_feed_needs_its_address_only() -> None:
    feed = Feed(url="https://example.org/feed")

    assert (feed.kind, feed.enabled, feed.interval, feed.origin) == ("other", True, None, "")


def test_the_data_directory_may_be_given_as_a_path() -> None:
    assert Settings(data_dir=Path("/srv")).data_dir == Path("/srv")


@pytest.mark.parametrize(
    ("network", "sent"),
    [
        (Network(), "Armswatch/1.2"),
        (Network(contact="desk@example.org"), "Armswatch/1.2 (+desk@example.org)"),
        (Network(user_agent="Desk ({contact}; {version}) bot"), "Desk bot"),
        (Network(user_agent="Desk {contact}/{version}"), "Desk /1.2"),
        (Network(user_agent="Plain", contact="x"), "Plain"),
        (Network(user_agent="A (b) {version} ({contact})", contact="c {version}"), "A (b) 1.2 (c {version})"),
    ],
)
def test_user_agent_is_whole_with_and_without_a_contact(network: Network, sent: str) -> None:
    assert network.user_agent_for("1.2") == sent


@pytest.mark.parametrize(
    ("polling", "misfits"),
    [
        (Polling(min_interval=timedelta(seconds=1)), []),
        (Polling(interval=timedelta(minutes=2)), []),
        (Polling(interval=timedelta(minutes=1)), [("interval", "at least min_interval (2m)")]),
        (Polling(interval=timedelta(days=1)), [("interval", "at most max_interval (6h)")]),
        (Polling(min_interval=timedelta(minutes=30)), [("min_interval", "at most interval (15m)")]),
        (Polling(max_interval=timedelta(minutes=10)), [("max_interval", "at least interval (15m)")]),
        (
            Polling(min_interval=timedelta(hours=2), max_interval=timedelta(hours=1), interval=timedelta(hours=1)),
            [("min_interval", "at most max_interval (1h)"), ("interval", "at least min_interval (2h)")],
        ),
        (Polling(per_host=60), [("per_host", "at most concurrency (50)")]),
        (Polling(concurrency=1), [("concurrency", "at least per_host (2)")]),
        (Polling(concurrency=1, per_host=3), [("per_host", "at most concurrency (1)")]),
    ],
)
def test_blames_the_key_that_was_written(polling: Polling, misfits: list[tuple[str, str]]) -> None:
    assert list(polling.misfits()) == misfits
