"""The dateline at the start of a title or text: where and by which agency a report was filed, no actors in it."""

from __future__ import annotations

import re
from typing import Final

_AGENCIES: Final = (
    r"Reuters|AP|A\.P\.|AFP|TASS|ITAR-TASS|ТАСС|ИТАР-ТАСС|Yonhap(?: News(?: Agency)?)?|UPI|dpa|DPA|EFE|"
    r"ANSA|PTI|ANI|IANS|KCNA|Xinhua|Kyodo(?: News)?|Jiji(?: Press)?|"
    r"Interfax(?:-Ukraine)?|RIA(?: Novosti)?|Sputnik|Ukrinform|UNIAN|Bloomberg|"
    r"RFA|RFE/RL|VOA|NK News|Newsis|News1|Anadolu|AA|CNA|"
    r"РИА Новости|РИА «Новости»|РИА|Интерфакс(?:-[\w]+)?|Спутник|РБК|"
    r"Укринформ|Укрінформ|УНІАН|УНИАН|Інтерфакс(?:-[\w]+)?|"
    r"연합뉴스(?:TV)?|뉴시스|뉴스1|로이터|타스|AP|조선중앙통신|"
    r"聯合ニュース|共同(?:通信)?|時事(?:通信)?|タス通信|朝鮮中央通信|ロイター|新華社|新华社|中新[社网網]|中央社|法新社|路透社?|塔斯社|韩联社|韓聯社|朝中社|"
    r"德新社|美联社|美聯社|俄新社|卫星社|衛星社"
)
_DASH: Final = r"(?:--?|[–—―=:])"
_UPPER: Final = r"[A-ZÀ-ÖØ-ÞА-ЯЁЄІЇҐ][A-ZÀ-ÖØ-ÞА-ЯЁЄІЇҐ'’./-]+(?:[ /][A-ZÀ-ÖØ-ÞА-ЯЁЄІЇҐ'’./-]+){0,3}"
_NAME: Final = r"[A-ZÀ-ÖØ-ÞА-ЯЁЄІЇҐ][\w'’./-]*(?:[ /][A-ZÀ-ÖØ-ÞА-ЯЁЄІЇҐ][\w'’./-]*){0,3}"
_BEGINS: Final = r"[A-ZÀ-ÖØ-ÞА-ЯЁЄІЇҐ«“\"„]"  # a sentence
_DAY: Final = r"(?:[^\W\d_]{3,10}\.? \d{1,2}(?:, \d{4})?|\d{1,2}\.? [^\W\d_]{3,10}\.?(?: \d{4})?)"

_FORMS: Final = (
    # MOSCOW (TASS) - / Moscow, Nov. 24 (Reuters) — / (Yonhap) -- / SEOUL, June 5 (Yonhap) --
    rf"(?:{_NAME}(?:, ?{_NAME})?)?(?:,? ?{_DAY})?\s*[(\[/](?:{_AGENCIES})[)\]/](?: ?{_DAY})?\.?\s*{_DASH}*",
    # МОСКВА, 5 июня. /ТАСС/. and МОСКВА, 5 июн — РИА Новости.
    rf"{_UPPER}(?:, ?{_DAY})?\.?\s*(?:[–—-]\s*|[/(])(?:{_AGENCIES})[/)]?\.?\s*{_DASH}*",
    # SEOUL, Yonhap — and 5 июня, ТАСС -
    rf"(?:{_NAME}|{_DAY})(?:, ?{_DAY})?, ?(?:{_AGENCIES})\s*{_DASH}+",
    # SEOUL, June 5 — (a date, and no agency)
    rf"{_UPPER}, ?{_DAY}\s*{_DASH}+",
    # МОСКВА, 13 апр. О запуске (a date, a full stop, and no agency)
    rf"{_UPPER}, ?{_DAY}(?:\.|(?<=\.))\s+(?={_BEGINS})",
    # Reuters: / ТАСС: / (TASS)
    rf"(?:{_AGENCIES})\s*(?:[–—-]+\s|:)",
    # (서울=연합뉴스) 홍길동 기자 = and [서울=뉴시스] and 【ソウル聯合ニュース】 and （平壤中央社）
    r"[(\[【（［〔][^()\[\]【】（）［］〔〕]{1,40}=[^()\[\]【】（）［］〔〕]{1,20}[)\]】）］〕](?:[^.=。]{0,30}=)?",
    rf"[(\[【（［〔][^()\[\]【】（）［］〔〕]{{0,30}}(?:{_AGENCIES})[^()\[\]【】（）［］〔〕]{{0,20}}[)\]】）］〕](?:[^.=。]{{0,30}}=)?",
    # 新华社平壤11月5日电（记者某） and 中新社首尔11月5日电 and 平壤5日电
    rf"(?:{_AGENCIES})?[\u4e00-\u9fff]{{0,8}}\d{{1,2}}月\d{{1,2}}日[电電讯訊](?:[（(][^）)]{{0,30}}[）)])?",
)
_DATELINE: Final = re.compile(rf"(?:{'|'.join(_FORMS)})\s*")
_LONGEST: Final = 300  # characters; no dateline is as long, and the forms above go back and forth over what they read


def dateline(text: str) -> int:
    """Return the length of the dateline that the text begins with, in code points; 0 when there is none."""
    start = len(text) - len(text.lstrip())
    found = _DATELINE.match(text, start, start + _LONGEST)
    return found.end() if found else 0
