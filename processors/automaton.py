"""The one automaton that finds all terms at once: which engine, and what it is asked for, is decided here only."""

from __future__ import annotations

from collections.abc import Sequence

import ahocorasick_rs


class Automaton:
    """Finds every occurrence of many literals, overlapping ones too."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._engine = ahocorasick_rs.AhoCorasick(
            list(literals), implementation=ahocorasick_rs.Implementation.ContiguousNFA, store_patterns=False
        )

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Return (literal's number, start, end) of each occurrence, in characters."""
        found: list[tuple[int, int, int]] = self._engine.find_matches_as_indexes(text, overlapping=True)
        return found
