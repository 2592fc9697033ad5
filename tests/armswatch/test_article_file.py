from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armswatch.article_file import read_text
from core.errors import UserError

PAGE = """<!DOCTYPE html>
<html><head><title>Steel goes north | The Wire</title><style>p { color: red }</style></head>
<body><nav><p>Home</p></nav><h1>Steel <em>goes</em> north</h1>
<p>Ships carry steel &amp; coal.<br>They sail&nbsp;today.<script>track()</script>
<p>They return on Monday.</p><footer>All rights</footer></body></html>"""


def test_plain_text_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffШёл 1 < 2 год".encode())
    found = read_text(path)
    assert found == ("Шёл 1 < 2 год", "", hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_page_gives_its_headline_and_what_a_reader_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE, "utf-8")
    found = read_text(path)
    assert found.title == "Steel goes north"
    assert found.text.split("\n") == [
        "Steel goes north", "Ships carry steel & coal.", "They sail today.", "They return on Monday.",
    ]  # fmt: skip


def test_a_page_without_a_headline_has_its_title(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><title>Steel</title><p>Ships.</p></html>", "utf-8")
    assert read_text(path) == ("Ships.", "Steel", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no text"),
        (b"\n \n", "has no text"),
        (b"<html><script>x</script></html>", "has no text"),
        (b"caf\xe9", "not text in UTF-8: byte 3"),
        (b"too long a text", "more than 12 bytes"),
    ],
)
def test_what_cannot_be_an_article_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_text(path, 12 if words.startswith("more") else 1000)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_text(tmp_path / "a.txt")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text("<>/&;! hp1a=\"'-\n", max_size=100))
def test_any_page_is_read_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html>" + text, "utf-8")
    try:
        found = read_text(path)
    except UserError:
        return
    assert found.text.strip()
