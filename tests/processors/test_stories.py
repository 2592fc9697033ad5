"""The index of open stories: finds what comparing with everything would find, and forgets what is old."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.types import ItemId, Member, Story, StoryId
from processors.likeness import share
from processors.stories import OpenStories
from tests.processors.making import NOW, TOPIC, source


def member(name: str, *signature: int) -> Member:
    return Member(ItemId(name), 0, source(), "", name, "en", NOW, "", tuple(sorted(signature)))


def story(name: str, *members: Member, updated: datetime = NOW) -> Story:
    return Story(StoryId(name), TOPIC, name, members, NOW, updated)


def test_a_story_is_found_by_its_items_until_dropped() -> None:
    stories = OpenStories()
    first, second = member("a", 1, 2), member("b", 3)
    whole = story("s", first, second)
    stories.put(whole)
    assert stories.of(ItemId("b")) == (whole, second)
    assert (len(stories), list(stories)) == (1, [whole])
    stories.drop(StoryId("s"))
    stories.drop(StoryId("s"))
    assert stories.of(ItemId("b")) is None
    assert stories.near((1, 2), 0.1) == []


def test_a_new_state_of_a_story_takes_the_place_of_the_old() -> None:
    stories = OpenStories()
    stories.put(story("s", member("a", 1, 2)))
    stories.put(story("s", member("a", 5, 6)))
    assert stories.near((1, 2), 0.1) == []
    assert [near.member.item for near in stories.near((5, 6), 0.9)] == ["a"]


def test_the_most_alike_comes_first() -> None:
    stories = OpenStories()
    stories.put(story("s", member("half", 2, 4, 20, 22)))
    stories.put(story("t", member("whole", 2, 4, 6, 8)))
    assert [near.member.item for near in stories.near((2, 4, 6, 8), 0.4)] == ["whole", "half"]


def test_a_shingle_that_everything_shares_finds_nothing() -> None:
    stories = OpenStories()
    for number in range(501):
        stories.put(story(f"s{number}", member(f"i{number}", 2, 1000 + number)))
    assert stories.near((2,), 0.1) == []
    assert len(stories.near((2, 1001), 0.5)) == 1


def test_stories_unchanged_for_long_are_forgotten_oldest_first() -> None:
    stories = OpenStories()
    for name, hours in (("a", 0), ("b", 1), ("c", 5)):
        stories.put(story(name, member(name, 1), updated=NOW + timedelta(hours=hours)))
    assert stories.expire(NOW + timedelta(hours=6), timedelta(hours=5)) == ["a"]
    assert [each.id for each in stories] == ["b", "c"]
    stories.put(msgspec.structs.replace(next(iter(stories)), updated=NOW + timedelta(hours=7)))
    assert stories.expire(NOW + timedelta(hours=11), timedelta(hours=5)) == ["c"]


SIGNATURES = st.lists(st.integers(0, 40).map(lambda number: number * 2), min_size=1, max_size=20, unique=True)


@given(st.lists(SIGNATURES, min_size=1, max_size=6), SIGNATURES, st.floats(0.1, 1))
def test_the_index_finds_what_comparing_with_everything_finds(
    held: list[list[int]], asked: list[int], likeness: float
) -> None:
    stories = OpenStories()
    members = [member(str(number), *signature) for number, signature in enumerate(held)]
    for each in members:
        stories.put(story(each.item, each))
    found = {near.member.item for near in stories.near(sorted(asked), likeness)}
    assert found == {each.item for each in members if share(asked, each.signature) >= likeness}
