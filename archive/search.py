"""What a person types, as a query of the full-text index: pure."""

from __future__ import annotations

import re

from archive.schema import query_words
from core.text import clean

_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD = re.compile(r"[^\W_]")


def fts_query(text: str) -> str:
    """Write a query that asks for every word, as a word's beginning; a quoted run of words must stand together.

    Empty when there is nothing to look for. Whatever is typed, the query is valid: each term is quoted.
    """
    return " ".join(
        f'"{query_words(quoted).strip()}"' if quoted else f'"{query_words(bare).strip()}"*'
        for quoted, bare in _TERM.findall(clean(text))
        if _WORD.search(quoted or bare)
    )


def is_in(text: str, wanted: str) -> bool:
    """Tell whether the text holds every word of `wanted`, whatever the case; anywhere inside words too."""
    held = text.casefold()
    return all((quoted or bare).casefold() in held for quoted, bare in _TERM.findall(clean(wanted)))
