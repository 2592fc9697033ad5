from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from armswatch.general_language import general_language
from armswatch.seeding import Told, save, seed, told
from config.loader import load
from core.errors import UserError
from processors.topic import compile_topics
from tests.config.tree import FEEDS, write
from tests.e2e.program import armswatch
from tests.processors.seeding.articles import CHIPS

ORDINARY = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "was",
    "on",
    "are",
    "as",
    "with",
    "be",
    "by",
    "this",
    "at",
    "from",
    "have",
    "or",
    "he",
]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.txt" for number in range(len(CHIPS))]
    for path, each in zip(paths, CHIPS, strict=True):
        path.write_text(f"{each.title}\n\n{each.text}\n", "utf-8")
    return paths


@pytest.fixture
def background(tmp_path: Path) -> Path:
    """Ordinary text: 30,000 words, the commoner the more often, and some of the seeds' plainer words."""
    draw = random.Random(1)
    some = [*ORDINARY, *("minister", "government", "trade", "port", "said", "new", "would", "parts")]
    path = tmp_path / "usual.txt"
    path.write_text(". ".join(" ".join(draw.choices(some, k=30)) for _ in range(1000)), "utf-8")
    return path


def test_a_proposal_loads_and_matches_its_seeds(files: list[Path], background: Path, tmp_path: Path) -> None:
    said = told(files, [], ["AP", "Reuters"], ["2026-03-01"])
    made = seed(files, said, "en", background, "chips")
    write(tmp_path / "desk", {"feeds.yaml": FEEDS, "topics/chips.yaml": made.text})
    (topic,) = load(tmp_path / "desk", {}).topics
    assert [(each.title, each.outlet, each.date) for each in topic.file.seeds] == [
        (CHIPS[0].title, "AP", "2026-03-01"),
        (CHIPS[1].title, "Reuters", "0000-00-00"),
    ]
    assert [name for name, _ in made.seeds] == ["0.txt", "1.txt"]
    assert all(found.matched for _, found in made.seeds)
    (compiled,) = compile_topics([topic]).topics
    assert all(compiled.explain(*each).matched for each in CHIPS)
    assert "General language: usual.txt" in made.text


def test_a_background_of_a_few_words_is_refused(files: list[Path], tmp_path: Path) -> None:
    few = tmp_path / "few.txt"
    few.write_text("a few words")
    with pytest.raises(UserError, match="has 3 words, too few"):
        seed(files, told(files, [], [], []), "en", few, "")


def test_the_same_article_twice_is_refused(files: list[Path], background: Path) -> None:
    twice = [files[0], files[0].with_name("again.txt")]
    twice[1].write_bytes(files[0].read_bytes())
    with pytest.raises(UserError, match="are the same article"):
        seed(twice, told(twice, [], [], []), "en", background, "")


def test_an_article_of_nothing_to_see_is_refused(background: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\u200b\n\u200b", "utf-8")
    with pytest.raises(UserError, match="has no text"):
        seed([path], [Told()], "en", background, "")


def test_an_outlet_of_blanks_is_one_not_told(files: list[Path], background: Path) -> None:
    made = seed(files, told(files, [], ["  ", "A" * 999], []), "en", background, "")
    assert "outlet: not told" in made.text
    assert f"{'A' * 299}…" in made.text


def test_what_is_said_goes_with_the_articles_in_their_order() -> None:
    paths = [Path("a"), Path("b"), Path("c")]
    assert told(paths, ["A"], ["AP", "TASS"], []) == [Told("A", "AP"), Told("", "TASS"), Told()]
    with pytest.raises(UserError, match="More titles"):
        told(paths[:1], ["A", "B"], [], [])


def test_seeds_that_say_nothing_are_told(background: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("it was on the and of")
    with pytest.raises(UserError, match="No topic: nothing in the seeds stands out"):
        seed([path], [Told()], "en", background, "")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    save(path, "x\n")
    with pytest.raises(UserError, match="is there already"):
        save(path, "y\n")
    assert path.read_text() == "x\n"
    with pytest.raises(UserError, match="cannot be written: No such file"):
        save(tmp_path / "none" / "t.yaml", "y\n")


def test_wordfreq_knows_the_languages_that_feeds_are_read_in() -> None:
    pytest.importorskip("wordfreq", reason="the extra `seed` is not installed")
    for language, word in {"en": "water", "ru": "вода", "uk": "вода", "ko": "물", "ja": "水", "zh": "水"}.items():
        background = general_language(language)
        assert background.rate(word) > 100 * background.least
    with pytest.raises(UserError, match="no list for the language 'xx'"):
        general_language("xx")


def test_without_wordfreq_the_remedy_is_told() -> None:
    """In a Python that has only the standard library and us."""
    root = Path(__file__).resolve().parents[2]
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from core.errors import UserError\n"
        "from armswatch.general_language import general_language\n"
        "try:\n    general_language('en')\nexcept UserError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, timeout=60, cwd="/"
    )
    assert "pip install 'armswatch[seed]'" in done.stdout, done.stderr


def test_the_command_writes_a_topic_and_talks_on_the_side(files: list[Path], background: Path, tmp_path: Path) -> None:
    asked = ["topic", "seed", *map(str, files), "--background", str(background), "--name", "chips"]
    done = armswatch(*asked)
    assert done.returncode == 0, done.stderr
    assert "\ntopic: chips\n" in done.stdout
    assert "0.txt: score " in done.stderr
    output = tmp_path / "t.yaml"
    assert armswatch(*asked, "--output", str(output)).returncode == 0
    assert output.read_text("utf-8") == done.stdout
    again = armswatch(*asked, "--output", str(output))
    assert again.returncode == 2
    assert "is there already" in again.stderr


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--name", "My Topic", "is not an id"),
        ("--date", "1 May", "is not a date"),
        ("--language", "English", "is not a language"),
    ],
)
def test_options_are_checked(files: list[Path], option: str, value: str, words: str) -> None:
    done = armswatch("topic", "seed", str(files[0]), option, value)
    assert done.returncode == 2
    assert words in done.stderr
