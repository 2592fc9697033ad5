"""The rule that sets a third of the labelled items aside is fixed here: changing it fails."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from tests.labelled import REAL_DEV, STORIES_DEV, TOPIC_DEV, load, split, stories

pytestmark = pytest.mark.skipif(not TOPIC_DEV.exists(), reason="the labelled data is not beside the project")


@pytest.mark.parametrize(
    ("path", "read", "aside", "digest"),
    [(TOPIC_DEV, 409, 227, "42a8c3d6c263adbf"), (REAL_DEV, 6049, 3097, "6239b747621700ca")],
    ids=["topic-dev", "real-dev"],
)
def test_the_items_set_aside_stay_the_same(path: Path, read: int, aside: int, digest: str) -> None:
    kept, measured = split(load(path), stories())
    assert (len(kept), len(measured)) == (read, aside)
    assert hashlib.sha256(" ".join(sorted(row["id"] for row in measured)).encode()).hexdigest()[:16] == digest


def test_a_story_is_never_on_both_sides() -> None:
    story_of = stories()
    kept, measured = split(load(TOPIC_DEV), story_of)
    told = {story_of[row["id"]] for row in kept if row["id"] in story_of}
    assert not told & {story_of[row["id"]] for row in measured if row["id"] in story_of}
    assert STORIES_DEV.exists()


def test_every_language_has_about_a_third_set_aside() -> None:
    rows = load(TOPIC_DEV)
    _, measured = split(rows, stories())
    total, aside = Counter(row["lang"] for row in rows), Counter(row["lang"] for row in measured)
    shares = {lang: aside[lang] / total[lang] for lang in total}
    assert all(0.25 < share < 0.45 for share in shares.values()), shares
