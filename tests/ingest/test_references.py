"""Ampersands that make a document not well-formed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.references import repair


@pytest.mark.parametrize(
    ("raw", "wanted", "count"),
    [
        ("AT&T & R&D", "AT&amp;T &amp; R&amp;D", 3),
        ("?a=1&b=2&copy=3", "?a=1&amp;b=2&amp;copy=3", 2),
        ("&nbsp;&ndash;&eacute;", "&#160;&#8211;&#233;", 3),
        ("&NotEqualTilde;", "&#8770;&#824;", 1),
        ("&made_up; &unknown;", "&amp;made_up; &amp;unknown;", 2),
        ("&amp;&lt;&gt;&quot;&apos;&#8217;&#x2019;", "&amp;&lt;&gt;&quot;&apos;&#8217;&#x2019;", 0),
        ("<![CDATA[ a & b &nbsp; ]]>&<![CDATA[&]]>", "<![CDATA[ a & b &nbsp; ]]>&amp;<![CDATA[&]]>", 1),
        ("<![CDATA[ never ends & ", "<![CDATA[ never ends & ", 0),
        ('<!DOCTYPE x [<!ENTITY y "z">]>&y; & ', '<!DOCTYPE x [<!ENTITY y "z">]>&y; & ', 0),
        ("&#;&#x;&", "&amp;#;&amp;#x;&amp;", 3),
    ],
)
def test_references_become_such_as_xml_knows(raw: str, wanted: str, count: int) -> None:
    assert repair(raw) == (wanted, count)


@given(st.lists(st.sampled_from(["&", "amp;", "nbsp;", "#1", ";", "<![CDATA[", "]]>", "x"]), max_size=12).map("".join))
def test_a_repaired_text_needs_no_repair(raw: str) -> None:
    assert repair(repair(raw).text).repairs == 0


@pytest.mark.parametrize("text", ["<![CDATA[" * 200_000, "&" * 200_000, "&a" * 200_000, "&" + "a" * 1_000_000])
def test_it_takes_linear_time(text: str) -> None:
    started = time.process_time()
    repair(text)
    assert time.process_time() - started < 3
