from __future__ import annotations

import pytest

from core.errors import ConfigError, Mistake


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        (Mistake("feeds.yaml", 3, "feeds[0].url", "ftp://x", "an http address"),
         "feeds.yaml:3: feeds[0].url: an http address (got ftp://x)"),
        (Mistake("feeds.yaml", None, "", "", "a file that can be read"), "feeds.yaml: a file that can be read"),
    ],
)  # fmt: skip
def test_a_mistake_says_where_it_is_and_what_was_wanted(mistake: Mistake, says: str) -> None:
    assert str(mistake) == says


def test_all_mistakes_are_told_in_one_go() -> None:
    one = Mistake("a.yaml", 1, "x", "", "a number")
    assert str(ConfigError([one])) == "1 mistake in the configuration:\n  a.yaml:1: x: a number"
    two = ConfigError([one, one])
    assert str(two).startswith("2 mistakes in the configuration:\n  a.yaml:1")
    assert two.mistakes == (one, one)
