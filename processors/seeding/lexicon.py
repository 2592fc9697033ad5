"""General knowledge that every seed is read with; nothing in it belongs to one topic.

Acts are what states, firms and people do in news of any kind, written as a topic file writes terms. Titles, and
words inside names, tell what kind of thing a name is.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Act(NamedTuple):
    """Something that is done."""

    name: str
    says: str
    terms: dict[str, str]  # language -> terms, separated by commas


ACTS: Final = (
    Act("transfer", "something is handed over, sold or shipped", {
        "en": "transfer*, suppl*, provid*, deliver*, ship, shipped, shipping, shipment*, sell, sells, selling, sold, "
              "sale, sales, buy, buys, buying, bought, purchas*, acquir*, export*, import*, send, sends, "
              "sending, sent, "
              "smuggl*, in exchange for, in return",
        "ru": "поставк*, поставля*, постави*, переда*, продаж*, прода*, закуп*, экспорт*, импорт*, отправ*, "
              "в обмен",
        "uk": "постач*, постав*, переда*, продаж*, прода*, закуп*, експорт*, імпорт*, відправ*, в обмін",
        "ko": "공급, 제공, 이전, 판매, 구매, 수출, 수입, 전달, 지원, 대가",
        "ja": "供与, 供給, 提供, 移転, 売却, 販売, 購入, 輸出, 輸入, 見返り",
        "zh": "供应, 提供, 转让, 转移, 出售, 购买, 出口, 进口, 运送, 换取",
        "de": "liefer*, lieferung*, verkauf*, kauf*, export*, import*, übergab*, übergeb*, im gegenzug",
        "fr": "livr*, fourni*, vend*, vente*, achat*, achet*, export*, import*, transf*, en échange",
        "es": "suministr*, entreg*, vend*, venta*, compr*, export*, import*, transf*, envi*, a cambio",
    }),
    Act("visit", "somebody travels, meets or is received", {
        "en": "visit*, trip, trips, tour, tours, toured, travel*, arriv*, meet, meets, meeting*, met, summit*, "
              "delegation*, talks, welcom*, invit*",
        "ru": "визит*, поездк*, посети*, прибы*, встреч*, встрет*, саммит*, делегаци*, переговор*, приглаш*",
        "uk": "візит*, поїздк*, відвіда*, прибу*, зустріч*, зустрі*, саміт*, делегаці*, переговор*, запрош*",
        "ko": "방문, 회담, 회동, 순방, 도착, 정상회담, 대표단, 초청",
        "ja": "訪問, 会談, 会合, 視察, 到着, 首脳, 代表団, 招待",
        "zh": "访问, 会谈, 会晤, 会见, 抵达, 峰会, 代表团, 邀请",
        "de": "besuch*, reise*, traf, treffen*, gipfel*, delegation*, gespräch*, eingeladen, einladung*",
        "fr": "visite*, voyage*, rencontre*, sommet*, délégation*, entretien*, invit*",
        "es": "visit*, viaje*, reuni*, encuentro*, cumbre*, delegaci*, convers*, invit*",
    }),
    Act("agree", "sides agree, sign or work together", {
        "en": "agree, agrees, agreed, agreement*, deal, deals, treaty, treaties, pact*, sign, signs, signed, signing, "
              "cooperat*, alliance*, partnership*, accord, accords",
        "ru": "соглаш*, договор*, сделк*, подпис*, сотруднич*, альянс*, партнёрств*",
        "uk": "угод*, договор*, домов*, підпис*, співпрац*, співробітн*, альянс*, партнерств*",
        "ko": "합의, 협정, 조약, 서명, 협력, 동맹, 계약",
        "ja": "合意, 協定, 条約, 署名, 協力, 同盟, 契約",
        "zh": "协议, 协定, 条约, 签署, 合作, 同盟, 联盟, 合同",
        "de": "abkommen*, vertrag*, vereinbar*, unterzeichn*, zusammenarbeit*, bündnis*, partnerschaft*",
        "fr": "accord*, traité*, signé*, signature*, coopér*, alliance*, partenariat*",
        "es": "acuerd*, tratado*, firm*, coopera*, alianza*, pacto*",
    }),
    Act("help", "one side helps the other", {
        "en": "help, helps, helped, helping, aid, aids, aided, aiding, assist*, support*, backs, backed, backing, "
              "funded, funding",
        "ru": "помощ*, помога*, помог*, поддерж*, содейств*",
        "uk": "допомог*, допомаг*, підтрим*, сприя*",
        "ko": "도움, 원조, 협조, 돕는, 지지",
        "ja": "支援, 援助, 協力, 助け",
        "zh": "帮助, 援助, 支持, 协助",
        "de": "hilf*, helfen*, half, unterstütz*",
        "fr": "aide, aides, aidé*, aider, soutien*, soutenir, assist*",
        "es": "ayud*, apoy*, respald*, asist*",
    }),
    Act("make", "something is built or produced", {
        "en": "build, builds, building, built, produce, produces, produced, producing, production, manufactur*, "
              "develop*, factory, factories, plant, plants, moderniz*, modernis*",
        "ru": "производ*, строит*, постро*, разработ*, разрабат*, завод*, модерниз*",
        "uk": "виробл*, виробн*, будув*, побудов*, розроб*, завод*, модерніз*",
        "ko": "생산, 제조, 개발, 건조, 공장, 건설",
        "ja": "生産, 製造, 開発, 建造, 工場, 建設",
        "zh": "生产, 制造, 开发, 研发, 建造, 工厂, 建设",
        "de": "produ*, herstell*, bau, baut, gebaut, entwick*, fabrik*, werk, werke",
        "fr": "produ*, fabri*, constru*, développ*, usine*",
        "es": "produ*, fabric*, constru*, desarroll*, planta, plantas",
    }),
    Act("use", "something is used, tried or fought with", {
        "en": "used, test, tests, tested, testing, launch*, fire, fires, fired, firing, attack*, "
              "strike, strikes, struck, deploy*, invasion*, invad*, fight, fights, "
              "fighting, fought",
        "ru": "использ*, примен*, испыта*, запуск*, запуст*, атак*, удар*, развёрт*, вторж*",
        "uk": "використ*, застос*, випроб*, запуск*, запуст*, атак*, удар*, розгор*, вторгн*",
        "ko": "사용, 시험, 발사, 공격, 배치, 침공, 투입",
        "ja": "使用, 実験, 発射, 攻撃, 配備, 侵攻, 投入",
        "zh": "使用, 试验, 试射, 发射, 攻击, 部署, 入侵, 投入",
        "de": "einsatz*, einsetz*, eingesetz*, test, tests, getest*, abgefeuer*, angriff*, invasion*",
        "fr": "utilis*, essai*, lanc*, tir, tirs, attaqu*, déploy*, invasion*, frappe*",
        "es": "utiliz*, emple*, prueba*, lanz*, dispar*, ataq*, despleg*, invasi*",
    }),
    Act("sanction", "something is banned, restricted or punished", {
        "en": "sanction*, ban, bans, banned, banning, embargo*, restrict*, blacklist*, prohibit*, penalt*, fined",
        "ru": "санкци*, запрет*, запрещ*, эмбарго, ограничен*",
        "uk": "санкці*, заборон*, ембарго, обмежен*",
        "ko": "제재, 금지, 규제, 제한",
        "ja": "制裁, 禁止, 規制, 制限",
        "zh": "制裁, 禁令, 禁止, 限制, 管制",
        "de": "sanktion*, verbot*, verbiet*, embargo*, beschränk*",
        "fr": "sanction*, interdi*, embargo*, restrict*",
        "es": "sanci*, prohib*, embargo*, restric*",
    }),
    Act("deny", "something is denied or refused", {
        "en": "deny, denies, denied, denying, denial*, reject*, refut*, dismiss*, refus*",
        "ru": "опроверг*, отриц*, отверг*, отказ*",
        "uk": "спрост*, запереч*, відкин*, відмов*",
        "ko": "부인, 부정, 일축, 거부, 반박",
        "ja": "否定, 否認, 拒否, 反論",
        "zh": "否认, 驳斥, 拒绝, 反驳",
        "de": "bestreit*, bestritt*, dementi*, zurückgewies*, ablehn*, lehnt*",
        "fr": "dément*, démenti*, nie, nient, rejet*, refus*",
        "es": "desmient*, desminti*, nieg*, negó, rechaz*",
    }),
    Act("accuse", "somebody accuses, warns or condemns", {
        "en": "accus*, warn*, condemn*, criticiz*, criticis*, denounc*, alleg*, threat*, concern*",
        "ru": "обвин*, предупре*, осуд*, осужд*, критик*, угроз*, угрож*",
        "uk": "звинувач*, попере*, засуд*, критик*, загроз*, погрож*",
        "ko": "비난, 규탄, 경고, 비판, 위협, 우려",
        "ja": "非難, 批判, 警告, 脅威, 懸念",
        "zh": "谴责, 指责, 指控, 警告, 批评, 威胁, 担忧",
        "de": "wirft, warf, warn*, verurteil*, kritisier*, bedroh*, drohung*",
        "fr": "accus*, averti*, condamn*, critiqu*, menac*, dénonc*",
        "es": "acus*, advirt*, advert*, conden*, critic*, amenaz*, denunci*",
    }),
)  # fmt: skip

# What any article has: words of reporting and of time, which say nothing of its matter.
NEWS: Final = frozenset(
    """
    said says saying told tell reported report reports reporting official officials officially analyst analysts
    expert experts spokesman spokeswoman spokesperson reporter reporters media news agency agencies photo photos
    photograph video source sources credit via statement announced announcement according comment comments week
    month year day days today yesterday tomorrow morning evening recent recently another also however repeatedly
    likely unlikely could might apparently reportedly meanwhile earlier later citing quoted unnamed anonymous
    article skip content link covid сообщил сообщила сообщает сообщили заявил заявила заявили сказал отметил
    эксперт эксперты эксперта источник агентство новости слова словам также после время года году день повідомив
    повідомила повідомляє заявив заявила сказав зазначив експерт експерти джерело агентство новини також року
    kündigte teilte sagte sagten berichtete berichtet experte experten sprecher sprecherin nachrichtenagentur
    medien foto quelle zufolge angaben laut am déclaré annoncé selon expert experts porte-parole source médias
    photo affirmé agence dijo declaró anunció según experto expertos portavoz fuente medios foto agencia afirmó
    기자 보도 밝혔 전했 전문가 관계자 대변인 통신 뉴스 사진 말했 記者 報道 専門家 関係者 報道官 通信 写真 记者 报道
    专家 发言人 消息 通讯社 新闻 照片 表示 指出
    """.split()  # noqa: SIM905 - a list of words reads better so
)
CALENDAR: Final = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sep sept oct nov dec понедельник вторник
    среду среда четверг пятницу пятница субботу суббота воскресенье января февраля марта апреля мая июня июля
    августа сентября октября ноября декабря понеділок вівторок середу четвер п'ятницю суботу неділю січня лютого
    березня квітня травня червня липня серпня вересня жовтня листопада грудня montag dienstag mittwoch
    donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember lundi mardi mercredi
    jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août septembre octobre novembre
    décembre lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio
    agosto septiembre octubre noviembre diciembre
    """.split()  # noqa: SIM905
)

# Before a person's name.
TITLES: Final = frozenset(
    """
    mr mrs ms dr president minister premier secretary undersecretary spokesman spokeswoman spokesperson general
    marshal leader chief governor gov senator sen rep chairman chairwoman chair director commander admiral
    colonel ambassador envoy chancellor king queen prince princess pope judge ceo founder sheikh ayatollah
    analyst expert президент президента президентом министр министра глава главы лидер лидера генерал посол
    губернатор председатель президенту міністр міністра голова голови президентом лідер лідера генерал посол
    губернатор präsident präsidenten kanzler minister ministerin außenminister verteidigungsminister machthaber
    sprecher general président ministre chef général gouverneur porte-parole dirigeant presidente ministro
    ministra líder general gobernador portavoz canciller
    """.split()  # noqa: SIM905
)
# After a person's name, in the languages that put it there.
TITLES_AFTER: Final = frozenset(
    """
    위원장 대통령 총리 장관 국방장관 외무상 국방상 대사 의원 씨 대변인 총비서 주석 大統領 首相 総書記 委員長 外相
    国防相 長官 大使 氏 主席 报道官 总统 總統 总理 主席 总书记 外长 防长
    国防部长 部长 大使 委员长 先生
    """.split()  # noqa: SIM905
)
# Within the name of an organisation.
BODIES: Final = frozenset(
    """
    ministry department agency fleet army navy corps council party nations union parliament congress senate
    cabinet government court bank university institute company corporation corp inc ltd group plant works
    factory forces force guard bureau office commission committee organization organisation association program
    programme games alliance министерство министерства агентство флот флота армия армии совет партия завод
    завода компания банк институт міністерство міністерства агентство флот флоту армія армії рада партія завод
    заводу компанія банк інститут ministerium behörde flotte armee rat partei werk unternehmen ministère agence
    flotte armée conseil parti usine ministerio agencia flota ejército consejo partido empresa
    """.split()  # noqa: SIM905
)
# Before a place; after one.
TOWARDS: Final = frozenset(
    """
    in at from near to toward towards into across в во из под около у з із до біля in bei aus nach à en vers en
    desde hacia a
    """.split()  # noqa: SIM905
)
LOCAL: Final = frozenset(
    """
    city town port region province airport sea ocean island bay coast peninsula district cosmodrome spaceport
    resort krai oblast capital base river strait gulf border desert shipyard город города порт порта область
    области край края море остров космодром космодрома місто міста порт порту область області край море острів
    космодром космодрому stadt hafen provinz insel meer ville port province île mer ciudad puerto provincia isla
    mar
    """.split()  # noqa: SIM905
)
# Inside a name of several words.
INSIDE: Final = frozenset("of de del la der von van bin al".split())  # noqa: SIM905
# Plain words that join phrases from within, never at an edge.
JOINING: Final = frozenset("of and for on in to the de del la du des der die das und y et".split())  # noqa: SIM905
