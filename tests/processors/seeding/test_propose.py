from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armswatch.general_language import general_language
from config.topic import Seed
from processors.check import mistakes
from processors.judge import CompiledTopic
from processors.seeding.acts import acts_in, is_act, terms_of
from processors.seeding.background import Background
from processors.seeding.grouping import slug
from processors.seeding.lexicon import ACTS
from processors.seeding.propose import NoTopic, Proposal, propose
from processors.seeding.reading import Article, read_articles
from processors.suspicions import suspicions
from processors.terms import parse
from tests.processors.seeding import articles
from tests.processors.seeding.usual import USUAL

NINE = ("en", "ru", "uk", "ko", "ja", "zh", "de", "fr", "es")


def made(seeds: Sequence[Article], background: Background = USUAL, language: str = "en", topic: str = "") -> Proposal:
    noted = [Seed(title=each.title or "-", outlet="x", date="2026-03-01", sha256="0" * 64) for each in seeds]
    return propose(seeds, noted, background, language, topic)


@pytest.fixture(scope="module")
def chips() -> Proposal:
    return made(articles.CHIPS)


def test_the_two_sides_must_meet(chips: Proposal) -> None:
    topic = chips.topic
    assert set(topic.evidence["both_sides"].when.all) == {"china", "netherlands"}
    assert topic.requires == ["both_sides"]
    assert topic.concepts["china"].terms["en"] == ["beijing", "china", "halong", "chinese"]
    assert topic.concepts["netherlands"].any_of == ["netherlands_people"]
    assert "vries" in topic.concepts["netherlands_people"].terms["en"]


def test_matters_places_and_types_have_concepts(chips: Proposal) -> None:
    concepts = chips.topic.concepts
    assert "lithography machine*" in concepts["machines"].terms["en"]
    assert "export control*" in [term for name in concepts["matters"].any_of for term in concepts[name].terms["en"]]
    assert concepts["places"].terms["en"] == ["wuhan"]
    assert concepts["designations"].terms["en"] == ["vt-40", "vt-45"]


def test_acts_of_the_lexicon_are_counted_in_the_seeds(chips: Proposal) -> None:
    terms = chips.topic.concepts["transfer"].terms["en"]
    notes = {term: chips.notes["concepts", "transfer", "terms", "en", number] for number, term in enumerate(terms)}
    assert notes["sold"] == "general word; 1 time in the seeds"
    assert notes["smuggl*"] == "general word, not in the seeds"
    assert terms.index("sold") < terms.index("smuggl*")
    assert chips.topic.evidence["transfer_of_matter"].facet == "transfer"


def test_every_term_tells_where_it_comes_from(chips: Proposal) -> None:
    for name, concept in chips.topic.concepts.items():
        for number, _ in enumerate(concept.terms.get("en", [])):
            note = chips.notes["concepts", name, "terms", "en", number]
            assert "seeds" in note
            assert "log-odds" in note or "general word" in note
    assert "stands with netherlands 1 time" in chips.notes["concepts", "netherlands_people", "terms", "en", 0]


def test_the_seeds_match_and_other_items_do_not(chips: Proposal) -> None:
    assert all(found.matched for found in chips.seeds)
    topic = CompiledTopic(chips.topic, "")
    assert topic.explain("Netherlands halts lithography machines for China", "Licences were refused.").matched
    assert not topic.explain("China and the Netherlands open a flower show", "Tulips came to Beijing.").matched
    assert not topic.explain("Lithography machines explained", "How semiconductor equipment works.").matched


def test_the_proposal_has_no_mistakes_and_lacks_only_examples(chips: Proposal) -> None:
    assert mistakes(chips.topic) == []
    assert {mistake.key for mistake in suspicions(chips.topic)} == {"must_match", "must_not_match"}


def test_the_id_is_as_asked_for(chips: Proposal) -> None:
    assert chips.topic.topic == "china-netherlands-topic"
    assert made(articles.CHIPS, topic="chips").topic.topic == "chips"


def test_the_order_of_sentences_beyond_the_window_changes_no_concept() -> None:
    turned = [
        Article(each.title, "\n".join([*each.text.split("\n")[:3], *reversed(each.text.split("\n")[3:])]))
        for each in articles.CHIPS
    ]
    assert made(turned).topic.concepts == made(articles.CHIPS).topic.concepts


@pytest.mark.parametrize(
    ("seeds", "language", "sides", "term"),
    [
        (articles.CHIPS, "en", {"china", "netherlands"}, "lithography machine*"),
        (articles.GERMAN, "de", {"france", "poland"}, "haubitz*"),
        (articles.KOREAN, "ko", {"india", "taiwan"}, "잠수함 부품"),
        (articles.CHINESE, "zh", {"india", "taiwan"}, "潜艇"),
        (articles.JAPANESE, "ja", {"india", "taiwan"}, "潜水艦の部品"),
        (articles.RUSSIAN, "ru", {"india", "side_2"}, "поставк* истребител*"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) == 2 else "",
)
def test_other_languages(seeds: Sequence[Article], language: str, sides: set[str], term: str) -> None:
    pytest.importorskip("wordfreq", reason="the extra `seed` is not installed")
    found = made(seeds, general_language(language), language)
    assert mistakes(found.topic) == []
    assert set(found.topic.evidence["both_sides"].when.all) == sides
    assert term in [each for concept in found.topic.concepts.values() for each in concept.terms.get(language, [])]
    assert all(one.matched for one in found.seeds)
    assert "transfer" in found.topic.facets


def test_a_language_without_lexicon_nor_capitals_has_its_matters() -> None:
    text = "हिंदी पनडुब्बी आई। नई पनडुब्बी आई। वह पनडुब्बी गई।"
    usual = Background(dict.fromkeys(["आई", "नई", "वह", "गई", "की", "खबर"], 1e-3), 1e6, "")
    found = made([Article("पनडुब्बी की खबर आई", text)], usual, "hi")
    assert found.topic.requires == []
    assert any("पनडुब्बी" in concept.terms.get("hi", []) for concept in found.topic.concepts.values())
    assert found.seeds[0].matched


def test_a_topic_may_have_but_one_side() -> None:
    text = "Brightwater raised rents. The Brightwater rents rose. Tenants of Brightwater protest at rents."
    found = made([Article("The rents of Brightwater rise", text)])
    assert found.topic.requires == ["named"]
    assert found.topic.concepts["brightwater"].terms["en"] == ["brightwater"]
    assert found.seeds[0].matched


def test_a_topic_may_have_sides_and_acts_and_no_matter() -> None:
    found = made([Article("", "Brightwater met Ortiz. There Ortiz met Brightwater. Then Brightwater met Ortiz.")])
    assert "matters" not in found.topic.concepts
    assert found.topic.evidence["act_visit"].facet == "visit"
    assert mistakes(found.topic) == []


def test_a_seed_that_does_not_name_both_sides_early_still_matches() -> None:
    quiet = Article("Licences for lithography machines", "They are late. They are few. They are dear. It is said so.")
    found = made([*articles.CHIPS, quiet])
    assert found.topic.requires == []
    assert all(one.matched for one in found.seeds)


@pytest.mark.parametrize("text", ["", "It was on the and of."])
def test_seeds_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(NoTopic, match="stands out"):
        made([Article("", text)])


def test_seeds_in_another_language_are_refused() -> None:
    with pytest.raises(NoTopic, match="words of the seeds, general language has only"):
        made(articles.RUSSIAN)


def test_a_place_that_general_language_knows_well_does_not_stand_for_a_state() -> None:
    text = "The Dutch leader Piet Brandt met the Chinese leader Wei Ortiz in Wuhan. The Chinese Black Sea is not far."
    found = made([Article("Dutch leader Brandt in Wuhan", text)]).topic
    assert found.concepts["china_people"].terms["en"] == ["wei ortiz"]
    assert "black sea" not in [term for each in found.concepts.values() for term in each.terms.get("en", [])]


@pytest.mark.parametrize(
    ("label", "wanted"),
    [("North Korea", "north_korea"), ("U.S.", "u_s"), ("155 mm", "x"), ("Громов", "x"), ("a" * 99, "a" * 40)],
)
def test_a_label_becomes_a_name_in_the_file(label: str, wanted: str) -> None:
    assert slug(label, "x") == wanted


def test_names_in_the_file_never_clash() -> None:
    """A thing called like one of our own concepts, or two things called alike, get numbers."""
    text = (
        "The matters grew. The matters rose. The matters fell. Visit visit Context. They know Context and the Context."
    )
    found = made([Article("The matters of Context", text)])
    assert "matters_2" in found.topic.concepts
    assert mistakes(found.topic) == []


@pytest.mark.parametrize("language", NINE)
def test_every_act_has_words_that_can_be_looked_for(language: str) -> None:
    for act in ACTS:
        found = terms_of(act, language)
        assert found
        assert len(set(found)) == len(found)
        for term in found:
            parse(term)


def test_acts_are_counted_as_topics_match() -> None:
    sentences = read_articles([Article("A fighter visits", "Deals were signed. A fighter fights.")], USUAL)
    found = {seen.act.name: seen.times for seen in acts_in(sentences, "en")}
    assert found == {"agree": 2, "use": 1, "visit": 1}
    assert is_act("visiting", "en")
    assert not is_act("fighter", "en")
    assert acts_in(sentences, "hi") == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "Russia",
                    "Chinese",
                    "Brandt",
                    "Minister",
                    "U.S.",
                    "Su-57",
                    "kites",
                    "kite",
                    "red",
                    "sold",
                    "visits",
                    "the",
                    "of",
                    "in",
                    ",",
                    ".",
                    "-",
                    "12",
                    "潜艇",
                    "Ким",
                ]
            ),
            min_size=1,
            max_size=40,
        ).map(" ".join),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_is_proposed_loads_and_matches_its_seeds(texts: list[str]) -> None:
    usual = Background(
        {**USUAL.rates} | dict.fromkeys(("kite", "kites", "sold", "visits", "russia", "潜艇"), 1e-6), 1e9, ""
    )
    try:
        found = made([Article(text[:20].strip(), text) for text in texts], usual)
    except NoTopic:
        return
    assert mistakes(found.topic) == []
    assert all(one.matched for one in found.seeds)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60) | st.text("ABab .", min_size=30, max_size=200), max_size=8), st.text(max_size=30))
def test_any_text_makes_a_topic_or_none(texts: list[str], title: str) -> None:
    usual = " and of the ".join(texts + texts)
    try:
        found = made([Article(title.strip(), "of the and " * 20 + usual)])
    except NoTopic:
        return
    assert mistakes(found.topic) == []
    assert found.seeds[0].matched


def test_a_word_without_end_is_no_word() -> None:
    long = "Q" * 500
    found = made(
        [Article("Kites over Oslo", f"The {long} of {long}. Kites at the {long}. The kites of Oslo in {long}.")]
    )
    assert "qqq" not in str(found.topic).lower()
    phrase = "Abcdefghijklmnopqrstuvwxyzabcdefgh " * 4
    found = made([Article("Kites over Oslo", f"They met {phrase}of the kites. They met {phrase}of the kites.")])
    assert max(len(term) for each in found.topic.concepts.values() for term in each.terms.get("en", [])) <= 100
