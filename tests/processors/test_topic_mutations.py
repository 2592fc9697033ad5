"""Whatever happens to a topic file, it loads and compiles, or is refused with a line; nothing else is ever raised."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.loader import load
from core.errors import ConfigError
from processors.suspicions import suspicions_of
from processors.topic import compile_topics
from tests.config.tree import FEEDS, write
from tests.processors.making import BASIC

FILE = "topics/arms.yaml"
EXAMPLES = {"must_match": [{"title": "Moscow gets shells from Pyongyang"}], "must_not_match": [{"title": "Rain"}]}
TEXT = yaml.safe_dump({**BASIC, **EXAMPLES}, allow_unicode=True, sort_keys=False, width=60)
LINES = TEXT.splitlines(keepends=True)
PIECES = [
    *(
        "",
        "\n",
        "  ",
        "- ",
        ": ",
        "*",
        "=",
        "'",
        '"',
        "[",
        "]",
        "{}",
        "{",
        "[]",
        "null",
        "~",
        "-1",
        "1e999",
        ".nan",
        "true",
    ),
    *(
        "&a ",
        "*a",
        "!!int ",
        "# ",
        "...",
        "---\n",
        "?",
        "<<: ",
        "\t",
        "\x00",
        "\ud7ff",
        "\u200d",
        "\u0301",
        "北*",
        "* *",
    ),
    *(
        "north",
        "link",
        "sides",
        "unless",
        "any_of: [sides]\n",
        "none: [north]",
        "near: 0",
        "where: title",
        "enabled: no",
    ),
    *("weight: 99", "threshold: 1", "bias: -30", "facet: talks", "𝐀", "\U0010ffff", "a" * 400, "**", "=*", "*=", "= "),
]


def outcome(text: str) -> str:
    """Load and compile; "used", or what the last line of the refusal says."""
    with tempfile.TemporaryDirectory() as directory:
        config = write(Path(directory), {"feeds.yaml": FEEDS, FILE: text.encode("utf-8", "surrogatepass")})
        try:
            loaded = load(config, {})
            for topic in loaded.topics:
                suspicions_of(topic)
            compile_topics(loaded.topics)
        except ConfigError as refused:
            count = len(text.splitlines()) + 1  # what is missing at the end is told there
            for mistake in refused.mistakes:
                assert mistake.wanted
                whole = mistake.file == "topics" or mistake.wanted == "not empty"
                assert whole or (mistake.line is not None and 1 <= mistake.line <= count), mistake
            return str(refused.mistakes[-1])
    return "used"


def test_the_file_is_right_before_anything_happens_to_it() -> None:
    assert outcome(TEXT) == "used"


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=5))
def test_a_stretch_of_characters_replaced(start: int, length: int, piece: str) -> None:
    assert outcome(TEXT[:start] + piece + TEXT[start + length :])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, len(LINES) - 1), min_size=1, max_size=4), st.data())
def test_lines_dropped_doubled_and_moved(chosen: list[int], data: st.DataObject) -> None:
    lines = list(LINES)
    for number in chosen:
        line = lines.pop(min(number, len(lines) - 1))
        for place in data.draw(st.lists(st.integers(0, len(lines)), max_size=2)):
            lines.insert(place, line)
    assert outcome("".join(lines))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("=*北ａk.|$^[]()?+\\ -'\"é\u0301\u200dшқ한ｶﾞ1_#:"), max_size=8) | st.text(max_size=8))
def test_any_text_as_a_term(term: str) -> None:
    assert outcome(TEXT.replace("pyongyang", yaml.safe_dump(term, allow_unicode=True).partition("\n...")[0].strip()))
