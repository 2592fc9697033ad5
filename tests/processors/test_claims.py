"""Numbers and denials."""

from __future__ import annotations

import pytest

from processors.claims import DENIED, DENIED_IN_TITLE, claims, contradict, denies, numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10,000 troops, 10 000 солдат, 10.000 Soldaten", {"10000"}),
        ("3.5 million shells", {"3500000"}),
        ("3,5 млн снарядов", {"3500000"}),
        ("1万2500人", {"12500"}),
        ("１２ missiles", {"12"}),
        ("병력 1만 명", {"10000"}),
        ("1만 명, 1만2000명", {"10000", "12000"}),
        ("3억5천만 달러", {"350000000"}),
        ("10 thousand, 10 тысяч, 10 тис., 10 mil, 10 tausend, 10 mille", {"10000"}),
        ("2 миллиона, 2 мільйони, 2 Millionen, 2 millones, 2 Mio.", {"2000000"}),
        ("3 milliards, 3 Milliarden, 3 mil millones, 3 billion, 3 млрд", {"3000000000"}),
        ("1 мільярд", {"1000000000"}),
        ("200万発, 200만 발", {"2000000"}),
        ("10 miles", {"10"}),
        ("2000%", {"2000%"}),
        ("9" * 5000, set()),
        ("40% of shells", {"40%"}),
        ("in 2024 at 12:30", set()),
        ("2024.5 and 2000 km? 1500 km", {"2024.5", "1500"}),
        ("none", set()),
    ],
)
def test_numbers_are_read_alike_however_they_are_written(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Moscow denies it", "They did not go", "They don’t go", "Россия не посылала", "Москва опровергла", "Росія заперечує",
        "Moskau bestreitet das", "Keine Truppen", "Moscou dément", "Moscú niega", "북한, 파병 부인", "러시아는 아니다", "北朝鮮は否定", "朝鲜否认", "俄羅斯否認",
    ],
)  # fmt: skip
def test_a_denial_is_seen_in_each_language(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize(
    "text", ["Moscow agrees", "N. Korea sends T-90 tanks", "Россия и КНДР", "朝鲜无人机", "북한군 파병", "L’année"]
)
def test_a_plain_text_denies_nothing(text: str) -> None:
    assert not denies(text)


def test_claims_are_those_of_the_title_and_the_first_sentences() -> None:
    assert claims("Moscow denies it", "Some 500 men went. Two. Three. And 700 more did not.") == (
        "500",
        DENIED_IN_TITLE,
    )
    assert claims("Talks", "They did not meet.") == (DENIED,)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Kim sends 3,000 troops", "Kim sends 5,000 troops", True),
        ("Kim sends 3,000 troops", "Kim sends 3000 troops", False),
        ("Kim sends 3,000 troops", "Kim sends troops", False),
        ("Kim sends troops", "Kim did not send troops", True),
        ("Kim sends troops - France 24", "Kim sends troops | Channel 4", False),
    ],
)
def test_titles_that_say_different_things_are_no_copies(one: str, other: str, differ: bool) -> None:
    assert contradict(one, other) == contradict(other, one) == differ


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Some 10 containers left.", "Some 40 containers left.", True),
        ("Some 10 thousand men left.", "Some 10,000 men left.", False),
        ("Some 10 containers left.", "Some 10 containers left. Another 40 follow.", False),
        ("They left.", "They did not say why.", False),
    ],
)
def test_so_are_leads_that_each_have_a_number_of_their_own(one: str, other: str, differ: bool) -> None:
    title = "Kim sends containers"
    assert contradict(title, title, claims(title, one), claims(title, other)) == differ


def test_a_dateline_and_an_outlet_claim_nothing() -> None:
    assert claims("Kim sends troops - France 24", "SEOUL, Nov. 24 (Yonhap) -- They left.") == ()


def test_a_text_without_sentences_is_read_up_to_a_limit() -> None:
    assert len(claims("Kim", " ".join(map(str, range(100_000, 110_000))))) < 300
