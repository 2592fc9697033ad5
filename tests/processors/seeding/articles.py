"""Small articles for these tests, all made up."""

from __future__ import annotations

from processors.seeding.reading import Article

CHIPS = (
    Article(
        "Dutch minister visits Beijing as export controls on lithography machines tighten",
        """Dutch Trade Minister Anna de Vries arrived in Beijing on Monday to explain new export controls on lithography machines.
The Netherlands will require licences for lithography machines sold to China, the ministry said.
Chinese chipmaker Halong said the export controls would delay its chip factory in Wuhan.
Mr. Peter Smit, who leads the toolmaker Veldtech, said that Veldtech had shipped two lithography machines to Wuhan in March.
De Vries denied that Washington had asked for the licences.
The machines, known as VT-40 and VT-45, print semiconductor wafers with ultraviolet light.
Halong needs the wafers for its semiconductor plant near the port of Wuhan.""",
    ),
    Article(
        "China warns the Netherlands over semiconductor export controls",
        """China warned the Netherlands on Tuesday that export controls on semiconductor equipment would hurt both sides.
Beijing said that Dutch licences for lithography machines broke trade rules.
Veldtech sells its VT-40 to chipmakers in Wuhan and Taiwan.
The Dutch government said the export controls concern advanced semiconductor equipment only.
Analysts say Halong has bought spare parts for lithography machines through a trader in Singapore.""",
    ),
)
RUSSIAN = (
    Article(
        "Президент Северландии прибыл в Индию на переговоры о поставках истребителей",
        """Президент Северландии Иван Громов прибыл в Нью-Дели на переговоры о поставках истребителей.
Индия закупит двадцать истребителей Ту-99, сообщили в министерстве обороны Индии.
Громов заявил, что истребители поставят через порт Мумбаи.
Индийские лётчики уже испытали истребители Ту-99 в Мумбаи.
Поставки истребителей вызвали критику Вашингтона.""",
    ),
    Article(
        "Индия подписала договор о поставках истребителей",
        """Индия и Северландия подписали договор о поставках истребителей и ракет.
Громов назвал поставки истребителей важными для Индии.
По словам источника, ракеты для истребителей прибудут в Мумбаи.
Индийская компания будет строить двигатели для истребителей.""",
    ),
)
GERMAN = (
    Article(
        "Frankreich liefert Polen neue Haubitzen",
        """Frankreich liefert Polen neue Haubitzen und Granaten, teilte der französische Minister Marchandeau in Warschau mit.
Polnische Soldaten werden an den Haubitzen in Frankreich ausgebildet.
Die Haubitzen vom Typ KR-70 verschießen Granaten mit 155 mm Durchmesser.
Minister Marchandeau sprach in Warschau von einem Abkommen über Granaten.""",
    ),
    Article(
        "Polen kauft Granaten für französische Haubitzen",
        """Polen kauft Granaten für die Haubitzen aus Frankreich.
Das Abkommen über die Haubitzen und Granaten wurde in Paris unterzeichnet.
Marchandeau lobte das Abkommen mit Polen.""",
    ),
)
KOREAN = (
    Article(
        "인도, 대만에 잠수함 부품 수출",
        """인도가 대만에 잠수함 부품을 수출했다.
대만 국방부는 잠수함 부품이 도착했다고 밝혔다.
인도는 대만과 잠수함 협력을 확대한다.
대만은 인도의 잠수함 기술을 원한다.""",
    ),
)
CHINESE = (
    Article(
        "印度向台湾出口潜艇零件",
        """印度向台湾出口潜艇零件。台湾官员说，潜艇零件已经抵达。
印度总理表示将与台湾扩大潜艇合作。
台湾需要印度的潜艇技术。潜艇将在台湾建造。""",
    ),
)
JAPANESE = (
    Article(
        "インド、台湾に潜水艦の部品を輸出",
        """インドは台湾に潜水艦の部品を輸出した。
台湾の国防部は、潜水艦の部品が到着したと発表した。
インドのシャルマ首相は台湾との潜水艦協力を拡大する。
台湾はインドの潜水艦の技術を必要としている。""",
    ),
)
