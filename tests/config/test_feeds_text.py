"""Feeds put into the text of a file: what is there stays, and what comes out holds both."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import places
from config.feeds_text import feed_of, feeds_text, with_feeds
from config.loader import load_feeds
from config.settings import Feed, FeedKind
from core.errors import ConfigError

HERE = Path(__file__).resolve().parent
A, B = Feed(url="https://a.example/"), Feed(url="https://b.example/")
NEW = Feed(
    url="https://new.example/rss?a=1&b=[2]", name="Neu: “x” # no", language="de", country="DE", kind="wire",
    origin="yes", interval=timedelta(minutes=5), enabled=False,
)  # fmt: skip


def loaded(text: str) -> tuple[Feed, ...]:
    return load_feeds(HERE / "feeds.yaml", text.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("feeds:\n  - url: https://a.example/\n", "feeds:\n  - url: https://a.example/\n  - url: https://b.example/\n"),
        ("feeds:\n- url: https://a.example/", "feeds:\n- url: https://a.example/\n- url: https://b.example/\n"),
        (
            "feeds:\n  -   url: https://a.example/  # ours\n      name: A  # yes\n\n# The end\n",
            "feeds:\n  -   url: https://a.example/  # ours\n      name: A  # yes\n  -   url: https://b.example/\n\n# The end\n",
        ),
        (
            "# x\r\nfeeds:\r\n  - url: https://a.example/\r\n# end",
            "# x\r\nfeeds:\r\n  - url: https://a.example/\r\n  - url: https://b.example/\r\n# end",
        ),
        ("feeds: [{url: https://a.example/}]\n", 'feeds: [{url: https://a.example/}, {url: "https://b.example/"}]\n'),
        (
            "feeds:\n  - {url: https://a.example/,\n     name: A}\n  # end\n",
            "feeds:\n  - {url: https://a.example/,\n     name: A}\n  - url: https://b.example/\n  # end\n",
        ),
        (
            "feeds:\n  - url: https://a.example/\n    name: >-\n      A\n\n# end\n",
            "feeds:\n  - url: https://a.example/\n    name: >-\n      A\n\n  - url: https://b.example/\n# end\n",
        ),
        (
            "feeds:\n  - url: https://a.example/\n    name: ''\n...\n",
            "feeds:\n  - url: https://a.example/\n    name: ''\n  - url: https://b.example/\n...\n",
        ),
        (
            "\ufefffeeds:\n  - url: https://a.example/\n",
            "\ufefffeeds:\n  - url: https://a.example/\n  - url: https://b.example/\n",
        ),
    ],
    ids=["plain", "no end", "comments", "crlf", "brackets", "inner brackets", "folded", "document end", "bom"],
)
def test_feeds_go_behind_the_last_and_nothing_else_changes(before: str, after: str) -> None:
    assert with_feeds(before, [B], "feeds.yaml") == after
    assert [feed.url for feed in loaded(after)] == [A.url, B.url]


@pytest.mark.parametrize("text", ["{feeds: [{url: https://a.example/}]}\n", "{feeds: \n [{url: https://a.example/}]}"])
def test_a_file_all_in_brackets_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError, match="one entry a line"):
        with_feeds(text, [B], "feeds.yaml")


def test_every_key_is_written_and_read_back() -> None:
    for before in ("feeds:\n  - url: https://a.example/\n", "feeds: [{url: https://a.example/}]\n"):
        assert loaded(with_feeds(before, [NEW, B], "feeds.yaml")) == (A, NEW, B)
    assert feeds_text([NEW]) == (
        '  - url: "https://new.example/rss?a=1&b=[2]"\n    name: "Neu: “x” # no"\n    language: de\n    country: DE\n'
        '    kind: wire\n    origin: "yes"\n    interval: 5m\n    enabled: false\n'
    )


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufffe\uffff"), max_size=30
)
FEEDS = st.builds(
    Feed,
    url=st.from_regex(r"https?://[a-z]{1,9}\.example/[!-~]{0,20}", fullmatch=True).filter(lambda url: "\\" not in url),
    name=NAMES,
    language=st.sampled_from(["", "no", "ko", "yue"]),
    country=st.sampled_from(["", "NO", "KR"]),
    kind=st.sampled_from(get_args(FeedKind)),
    origin=NAMES,
    interval=st.none() | st.integers(120, 21_600).map(lambda seconds: timedelta(seconds=seconds)),
    enabled=st.booleans(),
)
LISTS = st.lists(FEEDS, min_size=1, max_size=4, unique_by=lambda feed: feed.url)


@given(LISTS)
def test_whatever_a_feed_says_comes_back(feeds: list[Feed]) -> None:
    text = "feeds:\n  - url: https://first.example.org/\n"
    assert loaded(with_feeds(text, feeds, "feeds.yaml"))[1:] == tuple(feeds)
    assert loaded("feeds:\n  - url: https://first.example.org/\n" + feeds_text(feeds))[1:] == tuple(feeds)


def test_the_shipped_file_takes_another() -> None:
    path = places.packaged() / "feeds.yaml"
    text = path.read_text("utf-8")
    after = with_feeds(text, [NEW], "feeds.yaml")
    assert loaded(after) == (*load_feeds(path), NEW)
    assert after.replace(feeds_text([NEW]), "") == text


def test_what_somebody_else_says_of_a_feed_is_held_to_our_rules() -> None:
    assert feed_of({"url": "https://a.example/"}, "x") == A
    with pytest.raises(ConfigError) as caught:
        feed_of({"url": "gopher://a.example/", "kind": "blog"}, "list.opml")
    assert {mistake.key for mistake in caught.value.mistakes} == {"url", "kind"}


def test_one_file_of_feeds_is_held_to_the_limits_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n  - url: https://a.example/\n    interval: 1m\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="min_interval"):
        load_feeds(path)
    (tmp_path / "armswatch.yaml").write_text("polling: {min_interval: 30s}\nwrong: 1\n", encoding="utf-8")
    assert [feed.url for feed in load_feeds(path)] == [A.url]


def test_a_file_of_feeds_with_mistakes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    for text in ("feeds:\n  - url: https://a.example/\n  - url: https://a.example/\n", "feeds: [", "", "feeds: []"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError):
            load_feeds(path)
