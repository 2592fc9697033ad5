"""Hostile documents through the pool: each ends within its limits with a value, and the pool lives on."""

from __future__ import annotations

import asyncio
import html
import time
from datetime import timedelta

import pytest

from ingest.entries import Limits
from ingest.model import Document, Failed, Reason
from ingest.parse_pool import ParserPool
from tests.ingest.corpus import HOSTILE, documents, needs_corpus

URL = "https://example.org/feed"
HEAD = "<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>"
TAIL = "</channel></rss>"
CPU_S = 5.0
HANGUL = {"enc_bom_declared_latin1.xml", "enc_cp949_declared.xml", "enc_euckr_declared_cp949.xml", "enc_euckr_declared_utf8.xml",
          "enc_euckr_undeclared.xml", "enc_ks_c_5601_declared.xml", "enc_unknown_encoding_name.xml", "enc_utf16_bom.xml",
          "enc_utf16_nobom_declared8.xml", "enc_utf32.xml", "enc_utf8_declared_euckr.xml", "enc_utf8_declared_utf16.xml"}  # fmt: skip
CYRILLIC = {
    "enc_cp1251_declared_utf8.xml",
    "enc_cp1251_undeclared.xml",
    "enc_koi8r_declared.xml",
    "enc_utf8_declared_cp1251.xml",
}
JAPANESE = {"enc_sjis_declared.xml", "enc_sjis_undeclared.xml", "enc_eucjp_declared.xml", "enc_iso2022jp_declared.xml"}


def one(inside: str) -> str:
    return f"{HEAD}<item><title>t</title><link>/1</link>{inside}</item>{TAIL}"


def described(markup: str) -> str:
    return one(f"<description>{html.escape(markup)}</description>")


def parse_all(bodies: dict[str, bytes]) -> tuple[dict[str, Document | Failed], dict[str, float]]:
    """Parse one after the other in one pool; after each, an ordinary document must be parsed too."""

    async def main() -> tuple[dict[str, Document | Failed], dict[str, float]]:
        pool = ParserPool(processes=1, cpu=timedelta(seconds=CPU_S), memory_bytes=1_000_000_000, limits=Limits())
        results, took = {}, {}
        try:
            for name, body in bodies.items():
                started = time.monotonic()
                results[name] = await pool.parse(body, "", URL)
                took[name] = time.monotonic() - started
                after = await pool.parse(one("").encode(), "", URL)
                assert isinstance(after, Document), name
                assert len(after.entries) == 1
        finally:
            await pool.close()
        return results, took

    return asyncio.run(main())


@needs_corpus
def test_every_hostile_document_is_a_value_and_none_kills_the_pool() -> None:
    results, took = parse_all({path.name: path.read_bytes() for path in documents(HOSTILE)})
    assert len(results) > 100
    assert max(took.values()) < 4 * CPU_S
    reasons = {name: result.reason for name, result in results.items() if isinstance(result, Failed)}
    assert set(reasons.values()) <= {Reason.EMPTY, Reason.HTML, Reason.NOT_A_FEED, Reason.PARSE_ERROR}
    found = {
        name: "".join(entry.title for entry in result.entries)
        for name, result in results.items()
        if isinstance(result, Document)
    }
    assert [name for name in HANGUL if "북한" not in found[name]] == []
    assert [name for name in CYRILLIC if "Минобороны" not in found[name]] == []
    assert [name for name in JAPANESE if "北朝鮮がミサイル発射" not in found[name]] == []
    assert "root:" not in str(results)  # of a password file, through an external entity


BIG = {
    "author of 64 kB": one(f"<author>{'a' * 64_000}</author>"),
    "20 authors of 8 kB": HEAD + f"<item><author>{'a' * 8_000}</author><title>t</title></item>" * 20 + TAIL,
    "50,000 nested elements": one("<a>" * 50_000 + "</a>" * 50_000),
    "50,000 unclosed entries": HEAD + "<item><title>t</title>" * 50_000,
    "100,000 attributes": one("<x " + " ".join(f'a{n}="{n}"' for n in range(100_000)) + "/>"),
    "10,000 categories": one("".join(f"<category>{n}</category>" for n in range(10_000))),
    "100,000 keywords": one(f"<media:keywords xmlns:media='http://search.yahoo.com/mrss/'>{'a,b' * 100_000}</media:keywords>"),
    "attribute of 20 MB": one(f'<x a="{"y" * 20_000_000}"/>'),
    "text of 5 MB": one(f"<description>{'word ' * 1_000_000}</description>"),
    "100,000 entries": HEAD + "<item><title>t</title></item>" * 100_000 + TAIL,
    "html: nested divs": described("<div>" * 20_000),
    "html: comments": described("<!--" * 100_000),
    "html: style and spaces": described('<p style="' + " " * 500_000),
    "html: open tags": described("<a " * 100_000),
    "raw: open brackets": one("<description>" + "<" * 200_000),
    "raw: ampersands": one("<description>" + "&" * 200_000),
    "raw: cdata": one("<description>" + "<![CDATA[" * 100_000),
    "lone surrogates": one("<description>&#xD800;&#57343;<![CDATA[&#xDFFF;<b>]]></description>"),
    "nul bytes": one("<description>a\0b\0</description>\0"),
    "entity bomb": "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{n} '{'&a' + (str(n - 1) if n else '') + ';'}{'&a' + (str(n - 1) if n else '') + ';'}'>" for n in range(40)) + "]>" + one("<description>&a39;</description>"),
    "quadratic entity": f"<!DOCTYPE x [<!ENTITY a '{'x' * 100_000}'>]>" + one(f"<description>{'&a;' * 1000}</description>"),
}  # fmt: skip


def test_large_and_deep_documents_are_documents_within_the_limits() -> None:
    results, took = parse_all({name: text.encode() for name, text in BIG.items()})
    for name, result in results.items():
        print(f"{took[name]:6.2f} s  {name}: {result.counters if isinstance(result, Document) else result}")
    refused = {name: result for name, result in results.items() if isinstance(result, Failed)}
    assert refused == {}
    assert max(took.values()) < 4 * CPU_S
    assert {name for name, result in results.items() if isinstance(result, Document) and not result.entries} <= {
        "raw: cdata"
    }


@pytest.mark.parametrize(
    "text", ['{"version":"https://jsonfeed.org/version/1.1","items":' + "[" * 500_000, '{"a":' + "9" * 1_000_000]
)
def test_hostile_json_is_a_value(text: str) -> None:
    results, _ = parse_all({"json": text.encode()})
    assert isinstance(results["json"], Failed)
    assert results["json"].reason == Reason.PARSE_ERROR
