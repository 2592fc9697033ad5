"""YAML to plain data with lines."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.yaml_nodes import Document, Path, dotted, read


def problems(document: Document) -> list[tuple[int | None, str, str]]:
    return [(each.line, each.key, each.wanted) for each in document.mistakes]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("2024-06-19", "2024-06-19"),
        ("1_000", "1_000"),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("-12", -12),
        ("+12", 12),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("1.2.3", "1.2.3"),
        ("-x", "-x"),
        ("+", "+"),
        ("10.0.0.1", "10.0.0.1"),
        ("9" * 31, 1e31),
        ("0x" + "f" * 31, "0x" + "f" * 31),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ('"no"', "no"),
        ("'5'", "5"),
        ("! 5", "5"),
        ("!!str 5", "5"),
        ("=", "="),
        ("북한", "북한"),
    ],
)
def test_scalars_follow_the_core_schema(scalar: str, value: object) -> None:
    document = read(f"key: {scalar}\n", "f")

    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)
    assert document.mistakes == ()


def test_nan_is_a_number() -> None:
    assert math.isnan(read(".nan", "f").data)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("no: 1\n1: 2\n~: 3\ntrue: 4\n'': 5\n", "f").data == {"no": 1, "1": 2, "~": 3, "true": 4, "": 5}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "--- ~\n"])
def test_nothing_is_nothing(text: str) -> None:
    document = read(text, "f")

    assert (document.data, document.mistakes) == (None, ())


LINES = """\
# first
feeds:
  - url: a
    name: >
      folded
      text
  - {url: b,
     name: c}
  -
    url: d
log:

  kind: x
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("feeds",), 2),
        (("feeds", 0), 3),
        (("feeds", 0, "url"), 3),
        (("feeds", 0, "name"), 4),
        (("feeds", 1), 7),
        (("feeds", 1, "name"), 8),
        (("feeds", 2), 10),
        (("feeds", 2, "url"), 10),
        (("log", "kind"), 13),
        (("log", "missing", "deeper"), 11),
        (("feeds", 7), 2),
        (("feeds", 0, "url", "deeper"), 3),
    ],
)
def test_knows_the_line_of_everything(path: Path, line: int) -> None:
    assert read(LINES, "f").place.line_of(path) == line


def test_a_repeated_key_is_told_and_the_first_counts() -> None:
    document = read("a:\n  - b: 1\n    c: 2\n    b: {x: [1]}\na: 3\n", "f")

    assert document.data == {"a": [{"b": 1, "c": 2}]}
    assert problems(document) == [
        (4, "a[0].b", "each key once (it is in line 2 too)"),
        (5, "a", "each key once (it is in line 1 too)"),
    ]


def test_aliases_stand_for_what_was_anchored() -> None:
    document = read("a: &x [1, {b: 2}]\nc: *x\n&k d: e\n*k : f\nt: &t no\nu: *t\n", "f")

    assert document.data["c"] == [1, {"b": 2}]
    assert document.data["u"] == "no"
    assert problems(document) == [(4, "d", "each key once (it is in line 3 too)")]
    assert document.place.line_of(("c", 1, "b")) == 2


@pytest.mark.parametrize(
    ("text", "line", "key", "wanted"),
    [
        ("a: 1\nb: *c\n", 2, "b", "an alias of an anchor above it"),
        ("a: &a [*a]\n", 1, "a[0]", "an alias of an anchor above it"),
        ("a: &a {b: *a}\n", 1, "a.b", "an alias of an anchor above it"),
        ("a: &a [1]\n*a : 2\n", 2, "", "plain text as a key"),
        ("a: 1\n[b]: 2\n", 2, "", "plain text as a key"),
        ("a:\n  {b: c}: 2\n", 2, "a", "plain text as a key"),
        ("a: !!python/object:os.system x\n", 1, "a", "no tag before the value"),
        ("a: [!!int 5]\n", 1, "a[0]", "no tag before the value"),
        ("!mine\na: 1\n", 1, "", "no tag before the value"),
        ("a: !!set {b}\n", 1, "a", "no tag before the value"),
        ("a: 1\n---\nb: 2\n", 2, "", "one document in a file, without a second `---`"),
        ("a:\n\t- b\n", 2, "", "valid YAML: spaces for indentation, and quotes around text that begins with a sign"),
        ("a: b: c\n", 1, "", "valid YAML: quotes around text that holds a colon and a space"),
        ("a: 1\nb: 'x\n", 3, "", "valid YAML: a closing quote or bracket"),
        ("a: 1\nb\nc: 2\n", 3, "", "valid YAML: a colon and a space after each key"),
        ("a:\n  b: 1\n c: 2\n", 3, "", "valid YAML: keys of one mapping indented alike"),
        ("a:\n - 1\n b: 2\n", 3, "", "valid YAML: entries of one list indented alike"),
        ("a: [1, 2\nb: 3\n", 2, "", "valid YAML: a comma between entries and a closing bracket"),
        ("a: é\nb: \x01\n", 2, "", "valid YAML: no control characters"),
        ("a: 1\n%TAG\n", 2, "", "valid YAML"),
        ('a: "\\q"\n', 1, "", "valid YAML (found unknown escape character)"),
    ],
)
def test_refuses_with_line_and_words(text: str, line: int, key: str, wanted: str) -> None:
    found = problems(read(text, "f"))[0]

    assert found[:2] == (line, key)
    assert found[2].startswith(wanted)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    started = time.process_time()

    document = read("\n".join(lines), "f")

    assert "aliases that stand for at most 10000 values" in document.mistakes[-1].wanted
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["[" * 50_000, "- " * 50_000, "a: {" * 20_000, "? " * 20_000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    started = time.process_time()

    document = read(text, "f")

    assert len(document.mistakes) == 1
    assert document.data is None
    assert time.process_time() - started < 1


def test_aliases_may_stand_for_ten_thousand_values_and_no_more() -> None:
    anchor = f"a: &a [{', '.join('x' * 99)}]\n"  # a hundred values with the list itself

    assert read(anchor + f"b: [{', '.join(['*a'] * 100)}]\n", "f").mistakes == ()
    assert len(read(anchor + f"b: [{', '.join(['*a'] * 101)}]\n", "f").mistakes) == 1
    assert read("a: &a x\nb: [" + "*a, " * 10_000 + "]\n", "f").mistakes == ()


def test_takes_forty_levels_and_no_more() -> None:
    assert read("[" * 40 + "]" * 40, "f").mistakes == ()
    assert problems(read("[" * 41 + "]" * 41, "f"))[0][2] == "at most 40 levels, one inside the other"


@pytest.mark.parametrize(
    ("path", "text"), [((), ""), (("a",), "a"), (("feeds", 3, "url"), "feeds[3].url"), ((0, "a", 1, 2), "[0].a[1][2]")]
)
def test_paths_read_as_people_write_them(path: Path, text: str) -> None:
    assert dotted(path) == text


words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
plain_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(plain_data)
def test_json_reads_as_what_it_says(data: Any) -> None:
    document = read(json.dumps(data, ensure_ascii=False, indent=1), "f")

    assert document.mistakes == ()
    assert document.data == data


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@, \n\t?~0"), max_size=60))
def test_arbitrary_text_never_raises(text: str) -> None:
    document = read(text, "f")

    assert all(each.line and each.line <= text.count("\n") + 2 and each.wanted for each in document.mistakes)
