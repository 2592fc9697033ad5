"""What is remembered of feeds' last documents, and how much."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.types import FeedId
from ingest.cut import Key, Tag
from ingest.entries import Recollection
from ingest.identity import Marks
from ingest.memory import Memory, recall, remember

TAG = Tag("item", b"<item")
FEEDS = [FeedId(letter) for letter in "abcd"]


def recollection(name: str) -> Recollection:
    return Recollection(Marks((f"g{name}",), b"12345678", b""), "0123456789abcdef")


def test_what_is_remembered_can_be_recalled() -> None:
    keys = [Key(b"1", b"x"), None, Key(b"3", b"y"), Key(b"4", b"x")]
    recalled = recall(remember(TAG, keys, [recollection("1"), recollection("2"), recollection("3"), None]))
    assert recalled.tag == TAG
    assert recalled.contexts() == {b"1": b"x", b"3": b"y"}
    assert recalled.entries[b"x"] == {b"1": recollection("1")}


def test_of_nothing_nothing_is_remembered() -> None:
    assert remember(TAG, [None], [recollection("1")]) == b""
    assert recall(b"").contexts() == {}


def test_an_entry_takes_a_few_dozen_bytes() -> None:
    keys = [Key(bytes([number]) * 12, b"contexts") for number in range(50)]
    assert len(remember(TAG, keys, [recollection("x" * 16)] * 50)) < 50 * 70


def test_the_feed_polled_longest_ago_is_forgotten_first() -> None:
    memory = Memory(max_bytes=10)
    for feed in FEEDS[:3]:
        memory.keep(feed, b"abc")
    memory.keep(FEEDS[0], b"abc")
    memory.keep(FEEDS[3], b"abc")
    assert [memory.of(feed) for feed in FEEDS] == [b"abc", b"", b"abc", b"abc"]


@given(st.lists(st.tuples(st.sampled_from(FEEDS), st.binary(max_size=12))))
def test_it_never_grows_past_its_bound(kept: list[tuple[FeedId, bytes]]) -> None:
    memory = Memory(max_bytes=20)
    for feed, data in kept:
        memory.keep(feed, data)
        assert memory.of(feed) == data
        assert memory.size_bytes == sum(len(memory.of(each)) for each in FEEDS) <= 20
