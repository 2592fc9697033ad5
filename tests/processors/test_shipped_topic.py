"""The topic that comes with the program: it loads, holds its examples, and judges labelled items well enough."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.tag import FEEDS, real_texts
from config import places
from config.loader import LoadedTopic, load
from config.topic import Condition, TopicFile
from processors.evaluate import evaluate
from processors.topic import CompiledTopic, CompiledTopics, compile_loaded
from tests.labelled import REAL_DEV, SHARED, TOPIC_DEV, Row, split, stories
from tests.labelled import load as load_rows

TOPIC = "russia-dprk-arms"
LANGUAGES = ("en", "ru", "uk", "ko", "ja", "zh", "de", "fr", "es")
CORE = (
    *("dprk", "russia", "bilateral", "ukraine", "from_north", "to_russia", "munitions", "artillery", "weapons"),
    *("troops", "engineers", "dispatch", "casualties", "military_technology", "submarine", "air_defence", "aircraft"),
    *("satellite", "drones", "missile", "transfer", "exchange", "help", "military_cooperation", "mutual_defence"),
    *("defence_officials", "sanctions", "condemn", "denial", "civil", "dprk_test"),
)
# Words that every language has in a script of its own, to see that each list is found in running text.
NAMES = {
    "en": ("North Korea", "Russia"),
    "ru": ("Северной Корее", "России"),
    "uk": ("Північній Кореї", "Росії"),
    "ko": ("북한", "러시아"),
    "ja": ("北朝鮮", "ロシア"),
    "zh": ("北韓", "俄羅斯"),
    "de": ("Nordkorea", "Russland"),
    "fr": ("Corée du Nord", "Russie"),
    "es": ("Corea del Norte", "Rusia"),
}


@pytest.fixture(scope="module")
def loaded() -> LoadedTopic:
    (found,) = (topic for topic in load(places.packaged(), {}).topics if topic.file.topic == TOPIC)
    return found


@pytest.fixture(scope="module")
def topic(loaded: LoadedTopic) -> CompiledTopic:
    return compile_loaded(loaded)  # refuses a topic whose examples fail


def test_its_examples_are_in_every_language_and_pass(topic: CompiledTopic) -> None:
    file = topic.file
    for examples, wanted in ((file.must_match, True), (file.must_not_match, False)):
        assert {example.lang for example in examples} == set(LANGUAGES)
        assert all(topic.explain(each.title, each.summary).matched is wanted for each in examples)


def test_its_examples_show_every_facet(topic: CompiledTopic) -> None:
    shown = {facet for each in topic.file.must_match for facet in topic.explain(each.title, each.summary).facets}
    assert shown == set(topic.file.facets)


@pytest.mark.parametrize("concept", CORE)
def test_a_core_concept_has_words_in_every_language(topic: CompiledTopic, concept: str) -> None:
    terms = topic.file.concepts[concept].terms
    missing = [language for language in LANGUAGES if not terms.get(language, terms.get("any"))]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_sides_are_found_in_every_language(topic: CompiledTopic, language: str) -> None:
    north, russia = NAMES[language]
    found = topic.explain(f"{north}: {russia}")
    assert {"link_in_title", "north_in_title"} <= {evidence.name for evidence in found.evidence}


def test_no_evidence_is_a_veto(topic: CompiledTopic) -> None:
    """A civil word, a parade, a list of states: each is outweighed by enough that speaks for the topic."""
    found = topic.explain(
        "North Korean concert honours soldiers killed fighting for Russia in Kursk",
        "The singers thanked the sappers. Iran and North Korea also sent Moscow shells, officials say.",
    )
    assert {"only_a_list", "civil_word_in_title"} <= {evidence.name for evidence in found.evidence}
    assert found.matched


def test_every_concept_and_every_helper_is_used(topic: CompiledTopic) -> None:
    used = set(_names(topic.file)) | set(topic.file.requires)
    helpers = {name for name, rule in topic.file.evidence.items() if not rule.weight and not rule.facet}
    assert (set(topic.file.concepts) | helpers) - used == set()


def test_a_sentence_says_what_each_piece_of_evidence_means(topic: CompiledTopic) -> None:
    says = [rule.says for rule in topic.file.evidence.values()]
    assert len(set(says)) == len(says)
    assert all(len(sentence.split()) >= 2 for sentence in says)


def test_the_file_can_be_read_on_a_screen(loaded: LoadedTopic) -> None:
    lines = loaded.path.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 160


@pytest.mark.skipif(not TOPIC_DEV.exists(), reason="the labelled items are not here")
@pytest.mark.parametrize("part", ["read", "set aside"])
def test_it_judges_labelled_items_well(topic: CompiledTopic, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    figures = _figures(topic, TOPIC_DEV, stories(), part, capsys)
    assert figures["f1"] >= 0.9


@pytest.mark.skipif(not REAL_DEV.exists(), reason="the labelled items are not here")
@pytest.mark.parametrize("part", ["read", "set aside"])
def test_it_judges_texts_of_outlets_well(topic: CompiledTopic, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    figures = _figures(topic, REAL_DEV, {}, part, capsys)
    assert figures["precision"] >= 0.9
    assert figures["recall"] >= 0.9


@pytest.mark.skipif(not FEEDS.is_dir() or not REAL_DEV.exists(), reason="the real entries are not here")
def test_the_gate_lets_none_of_the_real_entries_slip(topic: CompiledTopic) -> None:
    """Found among many, and each looked at alone. Compares numbers only: some of these texts are set aside."""
    texts = [
        *real_texts()[::3],
        *((row["title"], row["summary"]) for row in load_rows(REAL_DEV) + load_rows(TOPIC_DEV)),
    ]
    topics = CompiledTopics([topic])
    found = [
        (start + one.number, one.explanation.score)
        for start in range(0, len(texts), 500)
        for one in topics.find(texts[start : start + 500])
    ]
    looked = [(number, topic.explain(*text)) for number, text in enumerate(texts)]
    assert found == [(number, each.score) for number, each in looked if each.matched or each.near_miss]
    assert len(found) > 100


@pytest.mark.skipif(not (SHARED / "seeds").exists(), reason="the seed articles are not here")
def test_the_articles_it_was_drawn_from_match_by_far(topic: CompiledTopic) -> None:
    articles = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in (SHARED / "seeds").glob("*.txt")}
    assert {seed.sha256 for seed in topic.file.seeds} <= set(articles)
    for seed in topic.file.seeds:
        found = topic.explain(*_article(articles[seed.sha256], seed.title))
        assert found.score > 0.99
        assert {"munitions", "technology", "summit"} <= set(found.facets)


def _figures(
    topic: CompiledTopic, path: Path, story_of: Mapping[str, str], part: str, capsys: pytest.CaptureFixture[str]
) -> dict[str, float]:
    """Judge one part of a labelled file; show the figures, and of what was set aside nothing else."""
    parts: tuple[list[Row], list[Row]] = split(load_rows(path), story_of)
    report = evaluate(parts[part == "set aside"], topic)
    figures = {"n": report["n"], "precision": report["precision"], "recall": report["recall"], "f1": report["f1"]}
    with capsys.disabled():
        print(f"\n{path.stem}, {part}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))
    return figures


def _article(path: Path, title: str) -> tuple[str, str]:
    """Take an article apart: its title, and the text below."""
    text = path.read_text(encoding="utf-8")
    start = text.index(title)
    return title, re.sub(r"\n+", "\n", text[start + len(title) :]).strip()


def _names(file: TopicFile) -> Iterator[str]:
    """Yield every name that a condition or a group of concepts uses."""
    for concept in file.concepts.values():
        yield from concept.any_of
    for rule in file.evidence.values():
        yield from _in(rule.when)


def _in(condition: Condition) -> Iterator[str]:
    for member in (*condition.all, *condition.any, *condition.none):
        if isinstance(member, Condition):
            yield from _in(member)
        else:
            yield member
