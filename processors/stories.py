"""The stories that are open, held so that the ones like a new item are found at once. One topic, one partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from core.types import ItemId, Member, Story, StoryId
from processors.likeness import share

_COMMON: Final = 500  # members that share a shingle; one that more share says nothing
_SAMPLED: Final = 2  # only hashes divisible by this are indexed: half the memory, and still dozens an item


class Near(NamedTuple):
    """A member whose text is like the one asked for."""

    share: float
    story: Story
    member: Member


class OpenStories:
    """Stories by item and by text. Holds what `put` gave it until `expire` or `drop`."""

    def __init__(self) -> None:
        self._stories: dict[StoryId, Story] = {}  # least recently changed first
        self._by_item: dict[ItemId, StoryId] = {}
        self._by_shingle: dict[int, set[ItemId]] = {}

    def __iter__(self) -> Iterator[Story]:
        return iter(self._stories.values())

    def __len__(self) -> int:
        return len(self._stories)

    def of(self, item: ItemId) -> tuple[Story, Member] | None:
        """Find the story of an item, and the item as its member."""
        if (name := self._by_item.get(item)) is None:
            return None
        story = self._stories[name]
        return story, next(member for member in story.members if member.item == item)

    def put(self, story: Story) -> None:
        """Take a story, or a new state of one."""
        self.drop(story.id)
        self._stories[story.id] = story
        for member in story.members:
            self._by_item[member.item] = story.id
            for shingle in _indexed(member.signature):
                self._by_shingle.setdefault(shingle, set()).add(member.item)

    def drop(self, name: StoryId) -> None:
        """Forget a story, if it is there."""
        story = self._stories.pop(name, None)
        for member in story.members if story else ():
            del self._by_item[member.item]
            for shingle in _indexed(member.signature):
                sharing = self._by_shingle[shingle]
                sharing.discard(member.item)
                if not sharing:
                    del self._by_shingle[shingle]

    def near(self, signature: Sequence[int], likeness: float) -> list[Near]:
        """List the members whose text shares at least so much with the signature, most alike first."""
        shared: Counter[ItemId] = Counter()
        for shingle in _indexed(signature):
            sharing = self._by_shingle.get(shingle, ())
            if len(sharing) <= _COMMON:
                shared.update(sharing)
        found: list[Near] = []
        for item in shared:
            story = self._stories[self._by_item[item]]
            member = next(member for member in story.members if member.item == item)
            alike = share(signature, member.signature)
            if alike >= likeness:
                found.append(Near(alike, story, member))
        return sorted(found, key=lambda near: (-near.share, near.member.first_seen, near.member.item))

    def expire(self, now: datetime, age: timedelta) -> list[StoryId]:
        """Forget the stories unchanged for longer than `age`; name them."""
        old: list[StoryId] = []
        for name, story in self._stories.items():
            if now - story.updated <= age:
                break
            old.append(name)
        for name in old:
            self.drop(name)
        return old


def _indexed(signature: Sequence[int]) -> list[int]:
    if len(signature) <= 8:  # noqa: PLR2004 - few enough to lose them all by sampling
        return list(signature)
    return [shingle for shingle in signature if shingle % _SAMPLED == 0]
