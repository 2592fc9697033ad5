"""Makes a topic out of articles: a first draft, explained term by term, that its analyst goes on from.

1. `reading` cuts the articles into words, `names` finds names and what they are, `salient` the words and phrases that
   general language uses less, `acts` what is done.
2. `grouping` gathers names into sides and words into matters.
3. Here, the two strongest sides must meet; where, how near and over what matter gives the score. A weight follows from
   how surely the seeds speak of the matter, and the bias is set so that the sides and one matter reach about one half.

No sentence of a seed goes into the proposal, only its names, words, and phrases of up to four words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from config.topic import Seed, TopicFile
from processors.judge import CompiledTopic, Explanation
from processors.seeding.acts import acts_in, is_act
from processors.seeding.background import Background
from processors.seeding.draft import Draft, Key
from processors.seeding.grouping import matters, places, sides, weapons
from processors.seeding.names import find_names
from processors.seeding.reading import Article, read_articles
from processors.seeding.salient import find_salient

WINDOW: Final = 3  # sentences; as topic files have it by default
_SAFE: Final = 2.0  # log-odds by which every seed is over the threshold at least
_KNOWN: Final = 0.3  # of the words of the seeds; of a text in another language, fewer are known


class Proposal(NamedTuple):
    """A topic file, and where each thing in it comes from."""

    topic: TopicFile
    notes: Mapping[Key, str]  # by key path
    seeds: tuple[Explanation, ...]  # what the topic says of each seed


class NoTopic(ValueError):
    """The seeds make no topic; the message says why."""


def propose(articles: Sequence[Article], seeds: Sequence[Seed], background: Background, language: str,
            topic: str = "") -> Proposal:  # fmt: skip
    """Propose a topic.

    Args:
        articles: the seeds' text.
        seeds: what is noted of them, in the same order.
        background: general language.
        language: of all seeds.
        topic: its id; without, one is made of what it is about.

    Raises:
        NoTopic: nothing stands out, or nearly everything does.
    """
    draft = _draft(articles, background, language)
    if not draft.matters and not draft.sides:
        raise NoTopic("nothing in the seeds stands out against general language")
    made = draft.write(seeds, topic)
    file = TopicFile.model_validate(made)
    found = [CompiledTopic(file, "").explain(*each) for each in articles]
    changed = _reaching(file, found)
    if changed:
        file = TopicFile.model_validate(made | changed)
        found = [CompiledTopic(file, "").explain(*each) for each in articles]
    return Proposal(file, draft.notes, tuple(found))


def _draft(articles: Sequence[Article], background: Background, language: str) -> Draft:
    sentences = read_articles(articles, background)
    known = [background.knows(token.word) for sentence in sentences for token in sentence.tokens]
    if sum(known) < _KNOWN * len(known):
        raise NoTopic(f"of {len(known)} words of the seeds, general language has only {sum(known)}")
    names = find_names(sentences, background, language)
    salient = find_salient(sentences, names, background, language)
    told = [each for each in salient if " " in each.shown or not is_act(each.shown, language)]
    strong, rest = matters(told, len(articles))
    return Draft(
        language=language,
        background=background,
        running=sum(len(sentence.tokens) for sentence in sentences),
        seeds=len(articles),
        sentences=sentences,
        sides=sides(names, sentences, WINDOW),
        places=places(names),
        weapons=weapons(names),
        matters=strong,
        context=rest,
        acts=acts_in(sentences, language),
    )


def _reaching(file: TopicFile, found: Sequence[Explanation]) -> dict[str, Any]:
    """Lower what is asked until every seed is well over the threshold: what is required, then the bias."""
    changed: dict[str, Any] = {}
    names = [{evidence.name for evidence in each.evidence} for each in found]
    if any(not set(file.requires) <= held for held in names):
        changed["requires"] = []
    least = min(sum(evidence.weight for evidence in each.evidence) for each in found)
    if least + file.bias < _SAFE:
        changed["bias"] = round(_SAFE - least, 2)
    return changed
