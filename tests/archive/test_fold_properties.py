from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.fold import ArchiveStep
from core import catalogue
from core.types import Alert, FeedState, Item, Match, Story
from stream.log import NewRecord, Record, TopicPartition
from stream.sqlite import SqliteLog
from tests.archive.make import MINUTE, NOW, TOPIC, alert, feed, item, match, member, new_log, record, story
from tests.archive.test_fold import dump

Value = Item | FeedState | Match | Story | Alert
NAMES = st.sampled_from(["i1", "i2", "i3"])
REVISIONS = st.integers(0, 2)


def an_item(name: str, revision: int) -> Item:
    return item(
        name,
        revision=revision,
        title=f"{name} 북한 revision {revision}",
        seen=NOW + revision * MINUTE,
        url=f"https://paper.example/{name}",
    )


@st.composite
def event(draw: st.DrawFn) -> list[Value]:
    """What the stages write of one happening; what an id stands for never changes."""
    of = an_item(draw(NAMES), draw(REVISIONS))
    kind = draw(st.sampled_from(["item", "match", "story", "alert", "feed"]))
    if kind == "item":
        return [of]
    if kind == "match":
        return [of, match(of, verdict="near_miss" if of.revision else "match")]
    if kind == "alert":
        return [alert(f"a-{of.id}-{of.revision}", of=of)]
    if kind == "feed":
        return [feed(failures=draw(st.integers(0, 3)))]
    members = draw(st.lists(st.tuples(NAMES, REVISIONS, st.sampled_from(["", "copy"])), max_size=3))
    return [
        story(
            (member(an_item(name, revision), silent=silent) for name, revision, silent in members),
            name=draw(st.sampled_from(["s1", "s2"])),
            updated=NOW + timedelta(seconds=draw(st.integers(0, 99))),
        )
    ]


EVENTS = st.lists(event(), max_size=12).map(lambda events: [value for each in events for value in each])


def written(values: Sequence[Value]) -> tuple[SqliteLog, dict[TopicPartition, list[Record]]]:
    log = new_log()
    records = [record(value) for value in values]
    if len(records) > 3:
        records.insert(3, NewRecord(catalogue.FEEDS, b"f-paper", None))
    log.append(records)
    sources = [info.source for info in log.describe()]
    return log, {source: list(log.scan(source)) for source in sources}


def folded(log: SqliteLog, path: Path, batches: Sequence[Sequence[Record]]) -> None:
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    step.gained(frozenset(info.source for info in log.describe()))
    for batch in batches:
        step(batch)
    step.close()


@settings(max_examples=60, deadline=None)
@given(values=EVENTS, data=st.data())
def test_folding_any_beginning_twice_changes_nothing(values: list[Value], data: st.DataObject) -> None:
    log, held = written(values)
    records = [each for source in held.values() for each in source]
    at = data.draw(st.integers(0, len(records)))
    with TemporaryDirectory() as place:
        once, twice = Path(place, "once"), Path(place, "twice")
        folded(log, once, [records])
        folded(log, twice, [records[:at], records[:at], records])
        assert dump(twice) == dump(once)
    log.close()


@settings(max_examples=60, deadline=None)
@given(values=EVENTS, data=st.data())
def test_a_rebuild_is_the_same_however_partitions_and_batches_fall(values: list[Value], data: st.DataObject) -> None:
    log, held = written(values)
    with TemporaryDirectory() as place:
        grown, rebuilt = Path(place, "grown"), Path(place, "rebuilt")
        folded(log, grown, list(held.values()))
        left = {source: list(records) for source, records in held.items() if records}
        batches: list[list[Record]] = [[]]
        while left:
            source = data.draw(st.sampled_from(sorted(left)))
            batches[-1].append(left[source].pop(0))
            left = {each: records for each, records in left.items() if records}
            if data.draw(st.booleans()):
                batches.append([])
        folded(log, rebuilt, batches)
        assert dump(rebuilt) == dump(grown)
    log.close()
