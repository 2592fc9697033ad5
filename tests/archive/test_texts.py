"""Every item that came in since a time, to be judged again; and how it was judged."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from archive.queries import Archive
from core.types import TopicId
from tests.archive.make import MINUTE, NOW, TOPIC, fold, item, match, new_log

OTHER = TopicId("troops")
DAY = timedelta(days=1)


def test_each_item_comes_once_as_it_stands(tmp_path: Path) -> None:
    log = new_log()
    edited = item("i1", title="Shells, more of them", revision=1, seen=NOW + MINUTE)
    many = [item(f"n{number}", url=f"https://paper.example/{number}") for number in range(2100)]
    fold(log, tmp_path / "a", item("old", seen=NOW - DAY), item("i1"), *many, edited)
    with Archive.open(tmp_path / "a") as archive:
        texts = list(archive.texts(NOW - MINUTE))
        by_id = {text.id: text for text in texts}
        assert len(texts) == len(by_id) == 2101
        assert by_id["i1"].title == "Shells, more of them"
        one = by_id["n7"]
        assert (one.outlet, one.url, one.first_seen) == ("The Paper", "https://paper.example/7", NOW)
        assert len(list(archive.texts())) == 2102
    log.close()


def test_the_best_verdict_of_each_item_is_told(tmp_path: Path) -> None:
    log = new_log(topics=(TOPIC, OTHER))
    first, second, old = item("i1"), item("i2"), item("old")
    fold(
        log, tmp_path / "a", first, second, old, match(first, verdict="near_miss"), match(second, verdict="near_miss"),
        match(item("i1", revision=1)), match(old, matched=NOW - DAY),
    )  # fmt: skip
    with Archive.open(tmp_path / "a") as archive:
        assert archive.verdicts(TOPIC, NOW - MINUTE) == {"i1": "match", "i2": "near_miss"}
        assert archive.verdicts(TOPIC)["old"] == "match"  # type: ignore[index]
        assert archive.verdicts(OTHER) == {}
    log.close()
