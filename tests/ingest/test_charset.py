"""Bytes to text: whatever was declared, the words come out right."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.charset import decode
from ingest.model import Reason

TEXTS = {
    "ko": "북한 외무상이 모스크바를 방문해 회담을 열었다고 전했다",
    "ja": "北朝鮮の外相がモスクワを訪れ、会談したと発表した",
    "zh": "朝鲜外相访问莫斯科并举行了会谈，双方没有公布细节",
    "zh-tw": "朝鮮外相訪問莫斯科並舉行了會談，雙方沒有公布細節",
    "ru": "Министр прибыл в Москву и провёл переговоры, сообщили в ведомстве",
    "uk": "Міністр прибув до Москви і провів переговори, повідомили у відомстві",
    "de": "Der Außenminister führte Gespräche über künftige Übungen",
    "fr": "Le ministre a été reçu à Moscou, où il a évoqué les événements",
    "es": "El ministro llegó a Moscú y habló de la cooperación en español",
    "pl": "Minister przyjechał do Moskwy i prowadził długie rozmowy, są też źródła",
    "el": "Ο υπουργός έφτασε στη Μόσχα και είχε συνομιλίες με τους ηγέτες",
    "he": "השר הגיע למוסקבה וקיים שיחות עם המנהיגים",
    "ar": "وصل الوزير إلى موسكو وأجرى محادثات مع القادة",
    "th": "รัฐมนตรีเดินทางถึงมอสโกและได้เจรจากับผู้นำ",
}
CHARSETS = {
    "ko": ["cp949", "euc_kr"],
    "ja": ["cp932", "euc_jp"],
    "zh": ["gb18030"],
    "zh-tw": ["big5hkscs"],
    "ru": ["cp1251", "koi8-r", "iso8859-5", "cp866"],
    "uk": ["cp1251", "koi8-u"],
    "de": ["cp1252"],
    "fr": ["cp1252"],
    "es": ["cp1252"],
    "pl": ["cp1250"],
    "el": ["cp1253"],
    "he": ["cp1255"],
    "ar": ["cp1256"],
    "th": ["cp874"],
}
CASES = [(language, charset) for language, charsets in CHARSETS.items() for charset in charsets]


def document(text: str, declared: str = "") -> str:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{head}<rss><channel><item><title>{text}</title></item></channel></rss>"


@pytest.mark.parametrize(("language", "charset"), CASES)
def test_an_undeclared_charset_is_found(language: str, charset: str) -> None:
    text = document(TEXTS[language])
    assert decode(text.encode(charset)) == (text, (Reason.CHARSET_GUESSED,))


@pytest.mark.parametrize(
    ("language", "charset"), [case for case in CASES if case[0] in {"ko", "ja", "ru", "uk", "el", "he", "th"}]
)
@pytest.mark.parametrize("wrong", ["utf-8", "iso-8859-1", "windows-1252", "us-ascii"])
def test_a_charset_that_was_declared_wrongly_loses_to_a_plausible_one(language: str, charset: str, wrong: str) -> None:
    text = document(TEXTS[language], wrong)
    assert decode(text.encode(charset)) == (text, (Reason.CHARSET_GUESSED,))
    bare = document(TEXTS[language])
    assert decode(bare.encode(charset), f"text/xml; charset={wrong}") == (bare, (Reason.CHARSET_GUESSED,))


@pytest.mark.parametrize(("language", "charset"), CASES)
def test_a_charset_that_was_declared_rightly_is_no_guess(language: str, charset: str) -> None:
    text = document(TEXTS[language], charset)
    assert decode(text.encode(charset)) == (text, ())
    bare = document(TEXTS[language])
    assert decode(bare.encode(charset), f'text/xml; CHARSET="{charset}"') == (bare, ())


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    "declared", ["", "utf-8", "windows-1251", "euc-kr", "utf-16", "x-user-defined-9", "punycode", "base64"]
)
def test_valid_utf8_is_utf8_whatever_was_declared(language: str, declared: str) -> None:
    text = document(TEXTS[language], declared)
    assert decode(text.encode(), "text/xml; charset=iso-8859-1") == (text, ())


@pytest.mark.parametrize(("language", "charset"), CASES)
def test_a_long_document_is_judged_by_a_sample(language: str, charset: str) -> None:
    text = document((TEXTS[language] + " and so on ") * 200)
    assert decode(text.encode(charset)).text == text


@pytest.mark.parametrize(
    ("declared", "sent", "letters"),
    [
        ("euc-kr", "cp949", "뷁 쫒 북한"),
        ("ks_c_5601-1987", "cp949", "뷁 북한 발사"),
        ("shift_jis", "cp932", "髙﨑 北朝鮮が発表した"),
        ("x-sjis", "cp932", "髙﨑 北朝鮮が発表した"),
        ("gb2312", "gb18030", "朝鲜发射弹道导弹 镕"),
        ("iso-8859-1", "cp1252", "“Élysée” – l’été"),
        ("iso-8859-15", "iso8859-15", "éàùç€ ïî"),
    ],
)
def test_a_standard_means_what_windows_made_of_it(declared: str, sent: str, letters: str) -> None:
    text = document(letters, declared)
    assert decode(text.encode(sent)) == (text, ())


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_wins(charset: str) -> None:
    text = document(TEXTS["ko"], "iso-8859-1")
    assert decode(text.encode(charset), "text/xml; charset=euc-kr") == (text, ())


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("language", ["ko", "de"])
def test_wide_characters_are_seen_without_a_mark(charset: str, language: str) -> None:
    text = document(TEXTS[language], "utf-8")
    assert decode(text.encode(charset)) == (text, ())


@pytest.mark.parametrize(
    ("declared", "charset"), [("iso-2022-jp", "iso2022_jp"), ("", "iso2022_jp"), ("iso-2022-kr", "iso2022_kr"), ("utf-7", "utf-7")]
)  # fmt: skip
def test_seven_bit_charsets_are_not_taken_for_ascii(declared: str, charset: str) -> None:
    text = document(TEXTS["ko" if charset.endswith("kr") else "ja"], declared)
    body = (
        document("@", declared)
        .encode()
        .replace(
            b"@",
            text[len(document("@", declared).split("@", maxsplit=1)[0]) :].split("<", maxsplit=1)[0].encode(charset),
        )
    )
    assert decode(body) == (text, ())


def test_a_wrong_seven_bit_label_on_plain_ascii_does_no_harm() -> None:
    for declared in ("iso-2022-jp", "utf-7", "hz"):
        text = document("a + b ~~", declared)
        assert "<title>a" in decode(text.encode()).text
    text = document("odd + \x1b$ escape")
    assert "odd" in decode(text.encode()).text
    broken = document("+////-", "utf-7")
    assert decode(broken.encode()).text == broken


@given(st.integers(1, 200))
def test_utf8_cut_anywhere_loses_only_the_last_character(cut: int) -> None:
    body = document(TEXTS["ko"]).encode()[:-cut]
    text, reasons = decode(body, "text/xml; charset=euc-kr")
    assert document(TEXTS["ko"]).startswith(text)
    assert len(text.encode()) >= len(body) - 3
    assert reasons == ()


def test_a_few_wrong_bytes_do_not_spoil_utf8() -> None:
    mixed = document(f"{TEXTS['ru']} caf\xe9").encode().replace("\xe9".encode(), b"\xe9")
    assert decode(mixed) == (document(f"{TEXTS['ru']} café"), (Reason.CHARSET_GUESSED,))
    short = b"<rss>Z\xc3\xbcrich caf\xe9</rss>"
    assert decode(short) == ("<rss>Zürich café</rss>", (Reason.CHARSET_GUESSED,))


@pytest.mark.parametrize("declared", ["", "utf-8"])
@pytest.mark.parametrize(
    "text",
    ["It’s a “test”", "café", "naïve résumé", "a\xa0b", "1990–1995", "price £500 and €200", "“Kim” – it’s", "España", "Élysée", "München Straße", "©2006 Foo",
     "25°C", "São Paulo", "façade"],
)  # fmt: skip
def test_a_stray_windows_character_in_ascii_text_is_read_as_such(text: str, declared: str) -> None:
    assert decode(document(text, declared).encode("cp1252")).text == document(text, declared)


def test_nul_bytes_vanish_even_inside_a_character() -> None:
    body = document(TEXTS["ko"]).encode()
    assert decode(body[:60] + b"\0" + body[60:]) == (document(TEXTS["ko"]), ())


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("a\x01b\x0c\x1f\x7f", "ab"),
        ("a\t\n\rb", "a\t\n\rb"),
        ("a\ufffe\uffffb", "ab"),
        ("a&#0;&#x1;&#31;&#xD800;&#57343;&#x110000;&#99999999999999999999;&#xfffe;b", "ab"),
        ("&#x41;&#65;&#8217;&#x1F600;&#9;", "&#x41;&#65;&#8217;&#x1F600;&#9;"),
        ("&#x;&#;&#xg;&#1", "&#x;&#;&#xg;"),
        ("&#12ab;", ""),
    ],
)
def test_only_characters_that_xml_allows_remain(raw: str, wanted: str) -> None:
    assert decode(raw.encode()).text == wanted


@given(st.binary(max_size=300))
def test_any_bytes_become_text(body: bytes) -> None:
    text = decode(body, "text/xml; charset=shift_jis").text
    text.encode()
    assert not set(text) & {"\0", "\x1b", "\ufffe", "\uffff"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=50))
def test_utf8_round_trips(text: str) -> None:
    plain = text.replace("&#", "").removeprefix("\ufeff")
    assert decode(plain.encode()).text == plain or b"\x1b" in plain.encode()


def test_a_byte_order_mark_with_broken_text_still_decodes() -> None:
    assert decode(codecs.BOM_UTF8 + b"<rss>\xff</rss>").text == "<rss>\ufffd</rss>"
