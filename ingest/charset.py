"""Bytes to clean text: the right charset, whatever was declared, and only characters that XML allows. Pure.

In order: byte order mark, 16 and 32 bit without one, 7-bit encodings that look like ASCII, valid UTF-8, nearly valid
UTF-8; then the declared charsets (HTTP, then the document's own) compete with the likely ones by what their text looks
like, the declared ones having an advantage.
"""

from __future__ import annotations

import codecs
import re
import sys
from typing import NamedTuple

from ingest.model import Reason
from ingest.plausible import SAMPLE_CHARS, rate

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (
    (re.compile(rb"<\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"(?:\s\0)*<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0\s)*\0<\0[^\0]"), "utf-16-be"),
)
# Publishers name the standard and send what Windows makes of it.
_SUPERSETS = {
    "euc_kr": "cp949",
    "johab": "cp949",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
_NAMES = {
    "ks_c_5601-1987": "euc_kr",
    "ks_c_5601": "euc_kr",
    "x-sjis": "shift_jis",
    "x-gbk": "gbk",
    "x-euc-jp": "euc_jp",
}
_LIKELY = (
    *("cp1252", "cp1251", "cp949", "cp932", "euc_jp", "gb18030", "big5hkscs", "koi8-r", "koi8-u", "cp1250"),
    *("cp866", "iso8859-5", "cp1253", "cp1254", "cp1255", "cp1256", "cp874"),
)
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_kr", "hz", "utf-7"})
_UNICODE = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
_DECLARED_ADVANTAGE = 0.4
_CONVINCING = 1.2  # a declared charset that rates so well needs no comparison
_USUAL = "cp1252"
_USUAL_ADVANTAGE = 0.2
_MIXED = "utf-8 and cp1252"

# Python knows codecs that are no charset (punycode, escapes, compressions), and a document may name them.
_TEXT_CHARSET = re.compile(
    r"iso8859-\d+|cp\d+|koi8-.|mac-\w+|euc_\w+|iso2022_\w+|shift_jis\w*|gb\w+|big5\w*|utf-.+|hz|ascii|tis-620|johab"
)

_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_FEW = 6  # good characters to a wrong byte in UTF-8 with mistakes; other charsets rarely look like UTF-8 at all
_CUT_CHARACTER = re.compile("[\udcc2-\udcf4][\udc80-\udcbf]{0,2}\\Z")
_SURROGATE = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]+;?")

_MAX_REFERENCE_DIGITS = 12


class Decoded(NamedTuple):
    """The text of a document."""

    text: str
    reasons: tuple[str, ...] = ()


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Decode a document into text that holds only characters XML allows."""
    text, guessed = _decode(body, content_type)
    return Decoded(_legal(text), (Reason.CHARSET_GUESSED,) if guessed else ())


def _decode(body: bytes, content_type: str) -> tuple[str, bool]:
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(charset, "replace"), False
    for pattern, charset in _WIDE:
        if pattern.match(body[:16]):
            return body.decode(charset, "replace"), False
    body = body.replace(b"\0", b"")
    labels = _labels(body, content_type)
    seven = _seven_bit(body, labels)
    if seven is not None:
        return seven, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        pass
    text = body.decode("utf-8", "surrogateescape")
    whole = _CUT_CHARACTER.sub("", text)
    if _nearly_utf8(whole):
        return _repaired(whole), bool(_SURROGATE.search(whole))
    return _most_plausible(body, labels)


def _labels(body: bytes, content_type: str) -> list[str]:
    """List the declared charsets as Python names, HTTP's first. Unknown ones are left out."""
    http = _HTTP_CHARSET.search(content_type)
    xml = _XML_CHARSET.search(body[:1000])
    names = [match for match in (http[1] if http else "", xml[1].decode("ascii") if xml else "") if match]
    known = []
    for name in names:
        try:
            known.append(codecs.lookup(_NAMES.get(name.lower(), name)).name)
        except LookupError:
            continue
    return [name for name in known if _TEXT_CHARSET.fullmatch(name)]


def _seven_bit(body: bytes, labels: list[str]) -> str | None:
    """Decode what is written in ASCII bytes but isn't ASCII."""
    escapes = b"\x1b$" in body or b"\x1b(" in body
    declared = [label for label in labels if label in _SEVEN_BIT]
    if not (escapes or declared) or not body.isascii():
        return None
    for charset in [*declared, *(["iso2022_jp_2", "iso2022_kr"] if escapes else [])]:
        try:
            return body.decode(charset)
        except UnicodeDecodeError:
            continue
    return None


def _nearly_utf8(text: str) -> bool:
    """Tell whether bytes decoded with `surrogateescape` are UTF-8 with mistakes, not another charset."""
    # By lengths, since lists of matches would take a hundred bytes for each.
    without = _SURROGATE.sub("", text)
    wrong = len(text) - len(without)
    right = len(without) - len(_NOT_ASCII.sub("", without))
    return right >= _FEW * wrong


def _repaired(text: str) -> str:
    """Take the bytes that aren't UTF-8, in bytes decoded with `surrogateescape`, for Windows-1252."""
    return _SURROGATE.sub(lambda match: bytes([ord(match[0]) - 0xDC00]).decode("cp1252", "replace"), text)


def _most_plausible(body: bytes, labels: list[str]) -> tuple[str, bool]:
    """Decode by the charset whose text looks most like text. Tells too whether that wasn't a declared one."""
    first = _HIGH.search(body)
    start = first.start() if first else 0
    sample = body[max(0, start - 20) : start + 16 * SAMPLE_CHARS]
    declared = [_SUPERSETS.get(label, label) for label in labels if label not in _UNICODE | _SEVEN_BIT]
    best, best_score = _USUAL, float("-inf")
    for charset in dict.fromkeys([*declared, _MIXED, *_LIKELY]):
        mean, counted = rate(_try(sample, charset), charset)
        if charset in {_USUAL, _MIXED}:
            # A stray quote or currency sign in a text that is otherwise ASCII; other charsets show in many characters.
            mean += _USUAL_ADVANTAGE + 2 / (counted + 1)
        if charset in declared:
            # A few characters prove nothing against what the publisher says.
            mean += _DECLARED_ADVANTAGE + 4 / (counted + 1)
            if mean >= _CONVINCING and counted:
                best = charset
                break
        if mean > best_score:
            best, best_score = charset, mean
    return _try(body, best), best not in declared


def _try(data: bytes, charset: str) -> str:
    if charset == _MIXED:
        return _repaired(data.decode("utf-8", "surrogateescape"))
    return data.decode(charset, "replace")


def _legal(text: str) -> str:
    """Drop characters, and references to characters, that XML doesn't allow."""
    if not _is_plainly_legal(text):
        text = _ILLEGAL.sub("", text)
    if "&#" in text:
        illegal = [found for found in set(_REFERENCE.findall(text)) if not _is_legal(found)]
        if illegal:
            dropped = frozenset(illegal)
            text = _REFERENCE.sub(lambda match: "" if match[0] in dropped else match[0], text)
    return text


def _is_plainly_legal(text: str) -> bool:
    """Tell whether there is no illegal character. Over bytes, since that takes a fifth of the pattern's time."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False  # surrogates
    return len(data.translate(None, _CONTROLS)) == len(data) and not any(each in data for each in _NO_CHARACTERS)


def _is_legal(reference: str) -> bool:
    digits = reference[2:].rstrip(";").lower()
    number = _number(digits[1:], 16) if digits.startswith("x") else _number(digits, 10)
    return 0 <= number <= sys.maxunicode and not _ILLEGAL.match(chr(number))


def _number(digits: str, base: int) -> int:
    try:
        return int(digits, base) if len(digits) <= _MAX_REFERENCE_DIGITS else -1
    except ValueError:
        return -1
