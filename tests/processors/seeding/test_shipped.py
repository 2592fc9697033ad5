"""The shipped topic can be traced to its seeds: what a proposal made from them yields of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from armswatch.general_language import general_language
from config import places
from config.loader import load
from config.topic import Seed, TopicFile
from processors.check import mistakes
from processors.evaluate import evaluate
from processors.fold import fold_exact
from processors.judge import CompiledTopic
from processors.seeding.propose import Proposal, propose
from processors.seeding.reading import article
from tests.labelled import REAL_DEV, SHARED, TOPIC_DEV
from tests.labelled import load as load_rows

SEEDS = SHARED / "seeds"
SHIPPED = "russia-dprk-arms"
# Concepts of the shipped topic that its seeds speak of, by what the articles are about: a summit of the two leaders, a
# tour of arms works, shells for technology, and the reactions. The others came from knowledge of the field.
CORE = (
    *("dprk", "kim", "russia", "ukraine", "russian_port", "munitions", "artillery", "weapons", "submarine", "aircraft"),
    *("satellite", "warship", "missile", "nuclear", "transfer", "exchange", "help", "know_how", "production"),
    *("military_technology", "military_cooperation", "military", "summit", "sanctions", "condemn", "denial"),
    *("south_korea", "drills"),
)

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed articles are not here")


@pytest.fixture(scope="module")
def shipped() -> TopicFile:
    return next(each.file for each in load(places.packaged(), {}).topics if each.file.topic == SHIPPED)


@pytest.fixture(scope="module")
def proposal(shipped: TopicFile) -> Proposal:
    pytest.importorskip("wordfreq", reason="the extra `seed` is not installed")
    articles = [article(path.read_text("utf-8")) for path in sorted(SEEDS.glob("*.txt"))]
    seeds = [Seed(title=each.title, outlet="x", date="2023-09-16", sha256="0" * 64) for each in articles]
    assert {each.title for each in articles} == {each.title for each in shipped.seeds}
    return propose(articles, seeds, general_language("en"), "en")


def test_the_seeds_match_their_proposal_by_far(proposal: Proposal) -> None:
    assert mistakes(proposal.topic) == []
    assert all(found.score > 0.99 for found in proposal.seeds)
    assert all({"military", "visit"} <= set(found.facets) for found in proposal.seeds)


def test_the_core_of_the_shipped_topic_comes_out(
    proposal: Proposal, shipped: TopicFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words of the seeds alone count, not those of the general lexicon that the seeds don't have."""
    derived = [fold_exact(term).text.split() for term in _derived(proposal)]
    english = {name: words for name in shipped.concepts if (words := _english(shipped, name))}
    hit = {name for name, words in english.items() if any(_same(one, other) for one in derived for other in words)}
    with capsys.disabled():
        print(f"\nconcepts of {SHIPPED} with English words: {len(english)}, hit from the seeds: {len(hit)}")
        print(f"of the core of {len(CORE)}: {len(hit & set(CORE))}; missing: {sorted(set(CORE) - hit)}")
        print(f"beyond the core: {sorted(hit - set(CORE))}")
    assert len(hit & set(CORE)) >= 22
    assert len(hit) >= 28


def test_the_sides_of_the_link_come_out(proposal: Proposal) -> None:
    """Who must meet in the shipped topic must meet in the proposal."""
    topic = proposal.topic
    assert topic.requires == ["both_sides"]
    assert set(topic.evidence["both_sides"].when.all) == {"russia", "north_korea"}
    assert {"putin", "shoigu"} <= set(topic.concepts["russia_people"].terms["en"])
    assert {"kim", "kim jong-un"} <= set(topic.concepts["north_korea_people"].terms["en"])
    assert {"vladivostok", "komsomolsk-on-amur"} <= set(topic.concepts["russia_places"].terms["en"])
    assert {"su-35", "su-57", "mig-31"} <= set(topic.concepts["designations"].terms["en"])


def test_no_sentence_of_the_seeds_is_in_it(proposal: Proposal) -> None:
    terms = [term for concept in proposal.topic.concepts.values() for words in concept.terms.values() for term in words]
    assert max(len(fold_exact(term).text.split()) for term in terms) <= 4


@pytest.mark.skipif(not TOPIC_DEV.exists(), reason="the labelled items are not here")
@pytest.mark.parametrize("path", [TOPIC_DEV, REAL_DEV], ids=lambda path: path.stem)
def test_the_proposal_alone_tells_english_items_apart(
    proposal: Proposal, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row for row in load_rows(path) if row["lang"] == "en"][:3000]
    report = evaluate(rows, CompiledTopic(proposal.topic, ""))
    with capsys.disabled():
        figures = f"F1 {report['f1']:.3f} P {report['precision']:.3f} R {report['recall']:.3f} n {report['n']}"
        print(f"\nthe proposal as it is, on English items of {path.stem}: {figures}")
    assert report["f1"] >= 0.6


def _derived(proposal: Proposal) -> Iterator[str]:
    """Give the terms that the seeds have."""
    for name, concept in proposal.topic.concepts.items():
        for number, term in enumerate(concept.terms.get("en", [])):
            if "not in the seeds" not in proposal.notes["concepts", name, "terms", "en", number]:
                yield term


def _english(topic: TopicFile, name: str) -> list[list[str]]:
    terms = topic.concepts[name].terms
    return [fold_exact(term).text.split() for term in [*terms.get("en", []), *terms.get("any", [])]]


def _same(ours: list[str], theirs: list[str]) -> bool:
    """Tell whether the words of the one stand in the other, but for their endings."""
    return any(
        all(map(_forms_of_one, ours[at : at + len(theirs)], theirs)) for at in range(len(ours) - len(theirs) + 1)
    )


def _forms_of_one(first: str, second: str) -> bool:
    alike = first.startswith(second) or second.startswith(first)
    return first == second or (alike and min(len(first), len(second)) >= 4)
