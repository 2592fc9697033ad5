from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.seeding.background import Background
from processors.seeding.forms import head, name_term, phrase_term, stem, terms
from processors.seeding.names import Name, find_names
from processors.seeding.reading import Article, read_articles
from processors.seeding.states import state_of
from tests.processors.seeding.usual import USUAL


def names(text: str, title: str = "", language: str = "en") -> dict[str, Name]:
    return {name.shown: name for name in find_names(read_articles([Article(title, text)], USUAL), USUAL, language)}


@pytest.mark.parametrize(
    ("text", "shown", "kind", "state"),
    [
        ("They met the minister Ilse Brandt.", "Ilse Brandt", "person", ""),
        ("They met French President Paul Marchandeau.", "Paul Marchandeau", "person", "france"),
        ("They met Mr. John F. Smith.", "John F Smith", "person", ""),
        ("They met Trade Minister Anna de Vries.", "Anna de Vries", "person", ""),
        ("They met leader Pak Chol-su there.", "Pak Chol-su", "person", ""),
        ("The ship lay in Mumbai.", "Mumbai", "place", ""),
        ("It flew over the port of Wuhan then.", "Wuhan", "place", ""),
        ("It passed the Arafura Sea.", "Arafura Sea", "place", ""),
        ("It left the Chinese port of Wuhan then.", "Wuhan", "place", "china"),
        ("It left for Stoke-on-Trent then.", "Stoke-on-Trent", "name", ""),
        ("He wrote to the Ministry of Defense there.", "Ministry of Defense", "body", ""),
        ("He wrote to the Korean Central News Agency.", "Korean Central News Agency", "body", ""),
        ("He wrote to the OPCW there.", "OPCW", "body", ""),
        ("A Su-57 flew.", "Su-57", "weapon", ""),
        ("A new F16 flew.", "F16", "weapon", ""),
        ("They have 152 mm guns.", "152 mm", "weapon", ""),
        ("They have 155mm guns.", "155mm", "weapon", ""),
        ("It fired a Hwasong-17 then.", "Hwasong-17", "weapon", ""),
        ("It came from South Korea then.", "South Korea", "state", "south korea"),
        ("It came from the U.S. then.", "U.S.", "state", "united states"),
        ("Seoul, they say.", "Seoul", "state", "south korea"),
        ("They know the Brightwater there.", "Brightwater", "name", ""),
        ("Ilse Brandt spoke.", "Ilse Brandt", "name", ""),  # a sentence's first word, and another capital
    ],
)
def test_a_name_and_what_it_is(text: str, shown: str, kind: str, state: str) -> None:
    found = names(text)
    assert shown in found
    assert (found[shown].kind, found[shown].state) == (kind, state)


@pytest.mark.parametrize(
    "text",
    [
        "Analysts spoke.",  # a sentence's first word
        "They came on Monday, in March.",
        "The Deputy Foreign Minister spoke.",  # an office
        "COVID-19 spread.",
        "They spoke about us.",
        "Reuters",
    ],
)
def test_what_is_no_name(text: str) -> None:
    assert names(text) == {}


def test_a_capital_at_the_start_counts_where_the_word_is_a_name_elsewhere() -> None:
    found = names("Brightwater grew. They left Brightwater.", "Brightwater Grows And Grows And Grows")
    assert found["Brightwater"].times == 3


def test_a_word_that_stands_small_elsewhere_is_no_name_at_the_start() -> None:
    assert names("Kites flew. They saw kites.") == {}


def test_two_names_with_a_hyphen_between_are_two() -> None:
    found = names("They know Brandt. They know Ortiz. The Brandt-Ortiz talks began. The Russia-China talks began.")
    assert (found["Brandt"].times, found["Ortiz"].times) == (2, 2)
    assert {"Russia", "China"} <= set(found)


def test_a_short_form_shares_what_is_known_of_the_long_one() -> None:
    found = names("Indian Premier Ravi Sharma came. They met Sharma. They like Sharma.")
    assert (found["Sharma"].kind, found["Sharma"].state) == ("person", "india")
    assert (found["Ravi Sharma"].kind, found["Ravi Sharma"].state) == ("person", "india")


def test_a_family_name_may_stand_first() -> None:
    found = names("Vietnamese leader Trinh Van Quang came. They met Mr. Trinh. They like Trinh.")
    assert (found["Trinh"].kind, found["Trinh"].state) == ("person", "vietnam")


def test_a_state_does_not_own_what_a_plain_word_or_a_comma_parts_from_it() -> None:
    found = names(
        "They said Russia and the Brightwater agreed. In Russia, Ortiz spoke to them. Russia said Brandt left."
    )
    assert {found[shown].state for shown in ("Brightwater", "Ortiz", "Brandt")} == {""}


def test_a_name_that_seldom_stands_behind_in_is_no_place() -> None:
    found = names("They trust in Brightwater. They know Brightwater. They like Brightwater.")
    assert found["Brightwater"].kind == "name"


def test_german_nouns_are_no_names_and_people_with_a_title_are() -> None:
    found = names("Polen kauft die Haubitzen von Minister Brandt. Dann sprach Brandt über Haubitzen.", language="de")
    assert {shown: name.kind for shown, name in found.items()} == {"Polen": "state", "Brandt": "person"}


def test_a_title_stands_behind_in_japanese() -> None:
    background = Background(dict.fromkeys(["の", "首相", "は", "インド"], 1e-4), 1e6, "")
    text = read_articles([Article("", "インドのシャルマ首相は、インド首相だ。")], background)
    found = {name.shown: name for name in find_names(text, background, "ja")}
    assert (found["シャルマ"].kind, found["シャルマ"].state) == ("person", "india")
    assert found["インド"].kind == "state"


def test_a_demonym_may_stand_between_title_and_name() -> None:
    found = names("Ils ont vu le président français Paul Marchandeau hier.", language="fr")
    assert (found["Paul Marchandeau"].kind, found["Paul Marchandeau"].state) == ("person", "france")


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ("Moscow", "russia"),
        ("российский", "russia"),
        ("N. Korea", "north korea"),
        ("北朝鮮", "north korea"),
        ("北韓", ""),
        ("US", "united states"),
        ("us", ""),
        ("Russia Today", ""),
        ("!", ""),
    ],
)
def test_a_state_goes_by_many_names(shown: str, state: str) -> None:
    assert state_of(shown) == state


@pytest.mark.parametrize(
    ("word", "language", "wanted"),
    [
        ("technologies", "en", "technology"),
        ("jets", "en", "jet"),
        ("class", "en", "class"),
        ("status", "en", "status"),
        ("gas", "en", "gas"),
        ("истребителями", "ru", "истребител"),
        ("haubitzen", "de", "haubitz"),
        ("潜艇", "zh", "潜艇"),
    ],
)
def test_a_stem(word: str, language: str, wanted: str) -> None:
    assert stem(word, language) == wanted


@pytest.mark.parametrize(
    ("forms", "language", "wanted"),
    [
        (["missile", "missiles"], "en", ["missile*"]),
        (["technology"], "en", ["technolog*"]),
        (["jet"], "en", ["jet", "jets"]),
        (["arms"], "en", ["arms"]),
        (["jet", "jets"], "en", ["jet", "jets"]),
        (["naval"], "en", ["naval"]),
        (["ракеты", "ракет"], "ru", ["ракет*"]),
        (["дом"], "ru", ["дом"]),
        (["潜艇"], "zh", ["潜艇"]),
    ],
)
def test_forms_are_written_as_terms(forms: list[str], language: str, wanted: list[str]) -> None:
    assert terms(forms, language, lambda word: word != "navals") == wanted


@pytest.mark.parametrize(
    ("words", "language", "wanted"),
    [
        (["fighter", "jets"], "en", "fighter jet*"),
        (["air", "defence", "policies"], "en", "air defence polic*"),
        (["поставках", "ракет"], "ru", "поставк* ракет*"),
        (["潜水艦", "部品"], "ja", "潜水艦の部品"),
    ],
)
def test_a_phrase_is_written_as_a_term(words: list[str], language: str, wanted: str) -> None:
    assert phrase_term(words, "潜水艦の部品", language) == wanted


@pytest.mark.parametrize(
    ("shown", "language", "wanted"),
    [
        ("Kim Jong-un", "en", "kim jong-un"),
        ("Вашингтона", "ru", "вашингтон*"),
        ("Ту-99", "ru", "ту-99"),
        ("Мали", "ru", "мали"),
        ("Иван Громов", "ru", "иван* громов*"),
    ],
)
def test_a_name_is_written_as_a_term(shown: str, language: str, wanted: str) -> None:
    assert name_term(shown, language) == wanted


def test_a_phrase_is_about_its_last_word_and_in_french_about_its_first() -> None:
    assert head(["fighter", "jets"], "en") == "jet"
    assert head(["avions", "militaires"], "fr") == stem("avions", "fr")


@given(st.text("абвгдеинтыя", min_size=1, max_size=12))
def test_a_stem_begins_its_word_and_is_not_shorter_than_four_letters(word: str) -> None:
    found = stem(word, "ru")
    assert word.startswith(found)
    assert len(found) >= min(4, len(word))


@given(
    st.lists(st.sampled_from(["Kim", "Russian", "President", "of", "the", "Su-57", "U.S.", "-", ",", ".", "de", "X"]))
)
def test_mentions_never_overlap(parts: list[str]) -> None:
    sentences = read_articles([Article("", " ".join(parts))], USUAL)
    mentions = [mention for name in find_names(sentences, USUAL, "en") for mention in name.mentions]
    places = [(mention.sentence, at) for mention in mentions for at in range(mention.start, mention.end)]
    assert len(places) == len(set(places))
