"""The configuration that comes with the program."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from config import places
from config.loader import Config, load
from config.settings import Settings


@pytest.fixture(scope="module")
def config() -> Config:
    return load(places.packaged(), {})


def test_it_has_no_mistakes_and_changes_no_default(config: Config) -> None:
    assert config.settings == Settings()
    assert config.own_topics
    assert config.topics


def test_it_watches_many_feeds_in_nine_languages_of_every_kind(config: Config) -> None:
    languages = Counter(feed.language for feed in config.feeds)
    kinds = Counter(feed.kind for feed in config.feeds)

    assert len(config.enabled_feeds) >= 150
    assert set(languages) == {"en", "ru", "uk", "ko", "ja", "zh", "de", "fr", "es"}
    assert {"wire", "newspaper", "broadcaster", "state_media", "think_tank", "government", "trade_press"} <= set(kinds)


def test_state_media_of_the_countries_it_is_about_are_marked(config: Config) -> None:
    marked = {feed.country for feed in config.feeds if feed.kind == "state_media"}

    assert {"KP", "RU", "CN"} <= marked


def test_every_feed_says_who_and_what_it_is(config: Config) -> None:
    assert all(feed.name and feed.kind != "other" for feed in config.feeds)
    assert len({feed.name for feed in config.feeds}) == len(config.feeds)
    assert all(
        feed.country or "un.org" in feed.url or "iaea" in feed.url or "europa.eu" in feed.url for feed in config.feeds
    )


def test_feeds_of_one_site_share_an_origin(config: Config) -> None:
    origins: dict[str, set[str]] = {}
    for feed in config.feeds:
        host = (urlsplit(feed.url).hostname or "").removeprefix("www.")
        origins.setdefault(host, set()).add(feed.origin or feed.name)

    shared = {"news.google.com", "gov.uk"}  # a way to two wires; two ministries
    assert {host for host, names in origins.items() if len(names) > 1} <= shared


def test_wires_and_sources_close_to_the_topic_are_polled_often(config: Config) -> None:
    often = {
        feed.origin or feed.name for feed in config.feeds if feed.interval and feed.interval.total_seconds() == 300
    }

    assert {"yonhap", "tass", "rossiya-segodnya", "kyodo", "kcna", "NK News", "daily-nk"} <= often


def test_no_host_is_asked_for_more_than_a_few_feeds_at_a_time(config: Config) -> None:
    hosts = Counter(urlsplit(feed.url).hostname for feed in config.feeds)

    assert max(hosts.values()) <= 6
