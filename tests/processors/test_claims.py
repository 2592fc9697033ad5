"""Numbers and denials."""

from __future__ import annotations

import pytest

from processors.claims import DENIED, DENIED_IN_TITLE, claims, contradict, denies, numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10,000 troops, 10 000 солдат, 10.000 Soldaten", {"10000"}),
        ("3.5 million shells", {"3.5million"}),
        ("3,5 млн снарядов", {"3.5млн"}),
        ("1万2500人", {"1万", "2500"}),
        ("１２ missiles", {"12"}),
        ("병력 1만 명", {"1만"}),
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
    ],
)
def test_titles_that_say_different_things_are_no_copies(one: str, other: str, differ: bool) -> None:
    assert contradict(one, other) == contradict(other, one) == differ
