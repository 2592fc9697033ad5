"""Which state a name stands for: a lookup in a general table of names, demonyms and seats.

The best known states have their names in nine languages, the others in English. The table only groups what seeds say,
and adds no word to it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from processors.fold import fold_exact
from processors.terms import Pattern, parse

# One state a line, its names as a topic file writes terms, separated by |; the first is its own.
_STATES: Final = """
united states|u.s|=US|usa|american|americans|washington|white house|pentagon|сша|америк*|미국|米国|アメリカ|美国|\
usa|états unis|américain*|estados unidos|estadounidense*|eeuu|вашингтон*|워싱턴|华盛顿
united kingdom|u.k|uk|britain|british|london|downing street|британ*|великобритан*|лондон*|영국|英国|\
großbritannien|britisch*|royaume uni|reino unido
european union|e.u|=EU|brussels|european|евросоюз*|євросоюз*|유럽연합|欧盟|europäische union|union européenne|\
unión europea
russia|russian|russians|moscow|kremlin|soviet union|росси*|росі*|российск*|русск*|москв*|кремл*|러시아|모스크바|\
크렘린|ロシア|モスクワ|俄罗斯|俄|莫斯科|russland*|russisch*|moskau*|kreml|russie|russe*|moscou|rusia|ruso*|rusa*|\
moscú
china|chinese|beijing|people's republic of china|кита*|пекин*|пекін*|중국|베이징|中国|北京|chinas|chinesisch*|\
peking*|chine|chinois*|pékin|chino*|china*|pekín
north korea|north korean|north koreans|pyongyang|dprk|n korea|кндр|северн* коре*|северокоре*|північн* коре*|\
північнокоре*|пхеньян*|북한|북|평양|北朝鮮|朝鲜|平壤|nordkorea*|pjöngjang*|corée du nord|nord coréen*|\
corea del norte|norcorean*|pionyang
south korea|south korean|south koreans|seoul|s korea|republic of korea|южн* коре*|южнокоре*|півден* коре*|\
південнокоре*|сеул*|한국|서울|韓国|ソウル|韩国|首尔|südkorea*|corée du sud|sud coréen*|corea del sur|surcorean*|\
seúl
japan|japanese|tokyo|япон*|токио|일본|도쿄|日本|東京|japans|japanisch*|japon|japonais*|japón|japones*
taiwan|taiwanese|taipei|тайван*|대만|台湾|台北
india|indian|indians|new delhi|delhi|инди*|інді*|인도|インド|印度|indien*|indisch*|inde|indien*
pakistan|pakistani|pakistanis|islamabad|\
пакистан*|파키스탄|パキスタン|巴基斯坦|pakistanisch*|pakistán|paquistan*
iran|iranian|iranians|tehran|islamic republic|иран*|іран*|тегеран*|이란|테헤란|イラン|テヘラン|伊朗|德黑兰|irans|\
iranisch*|teheran*|iranien*|téhéran|irán|iraní*|teherán
iraq|iraqi|iraqis|baghdad
israel|israeli|israelis|jerusalem|tel aviv|израил*|ізраїл*|이스라엘|イスラエル|以色列|israelisch*|israël|\
israélien*
syria|syrian|syrians|damascus|\
сири*|сирі*|시리아|シリア|叙利亚|syrien*|syrisch*|syrie|siria*
saudi arabia|saudi|saudis|riyadh|\
саудовск*|саудівськ*|사우디아라비아|サウジアラビア|沙特*|saudi arabien|arabie saoudite|arabia saudí
united arab emirates|u.a.e|uae|emirati|abu dhabi
qatar|qatari|doha
yemen|yemeni|sanaa|houthi|houthis
turkey|turkish|türkiye|ankara|турци*|туреччин*|튀르키예|トルコ|土耳其|türkei|türkisch*|turquie|turquía
egypt|egyptian|egyptians|cairo
ukraine|ukrainian|ukrainians|kyiv|kiev|украин*|україн*|киев*|києв*|київ*|우크라이나|키이우|ウクライナ|キーウ|\
乌克兰|基辅|ukrainisch*|ukrainien*|ucrania*
belarus|belarusian|belarusians|minsk|белорус*|белару*|білорус*|минск*|벨라루스|ベラルーシ|白俄罗斯|belarussisch*|\
biélorussie|bielorrusia
poland|polish|warsaw|\
польш*|польск*|польщ*|варшав*|폴란드|ポーランド|波兰|polen|polens|polnisch*|pologne|polonais*|polonia|polac*
germany|german|germans|berlin|герман*|німеч*|독일|ドイツ|德国|deutschland*|deutsch*|allemagne|allemand*|alemania|\
aleman*
france|french|paris|франц*|париж*|프랑스|フランス|法国|frankreich*|französisch*|français*|francia|frances*
italy|italian|italians|rome|\
итали*|італі*|이탈리아|イタリア|意大利|italien*|italie|italia|italian*
spain|spanish|madrid|\
испани*|іспані*|스페인|スペイン|西班牙|spanien*|espagne|españa|español*
netherlands|dutch|the hague|нидерланд*|нідерланд*|네덜란드|オランダ|荷兰|niederlande*|niederländisch*|pays bas|\
países bajos
sweden|swedish|stockholm
norway|norwegian|oslo
finland|finnish|helsinki
hungary|hungarian|budapest
serbia|serbian|belgrade
greece|greek|athens
canada|canadian|canadians|ottawa|\
канад*|캐나다|カナダ|加拿大|kanad*|canadien*|canadá|canadiense*
mexico|mexican|mexicans|mexico city
brazil|brazilian|brazilians|brasilia
venezuela|venezuelan|caracas
cuba|cuban|havana
vietnam|vietnamese|hanoi|\
вьетнам*|в'єтнам*|베트남|ベトナム|越南|vietnamesisch*|vietnamien*
myanmar|burma|burmese|naypyidaw
philippines|philippine|filipino|manila
indonesia|indonesian|jakarta
australia|australian|australians|canberra
kazakhstan|kazakh|astana
georgia|georgian|tbilisi
armenia|armenian|yerevan
azerbaijan|azerbaijani|baku
mali|malian|bamako
sudan|sudanese|khartoum
ethiopia|ethiopian|addis ababa
nigeria|nigerian|abuja
south africa|south african|pretoria
"""


@cache
def state_of(shown: str) -> str:
    """Give the state that this name, as written, stands for, all of it; empty for none."""
    folded = fold_exact(shown)
    inner = folded.text.strip()
    if not inner:
        return ""
    for state, patterns in _table():
        for pattern in patterns:
            at = folded.text.find(pattern.literal)
            if at < 0 or (found := pattern.accept(folded, shown, at, at + len(pattern.literal))) is None:
                continue
            if folded.text[slice(*found)] == inner:
                return state
    return ""


@cache
def _table() -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    rows = (row.split("|") for row in _STATES.split("\n") if row)
    return tuple((names[0], tuple(map(parse, names))) for names in rows)
