"""Topics, items and matches for the tests of this package."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from config.topic import TopicFile
from core.types import Evidence, FeedId, Item, ItemId, Match, MatchId, Source, Span, TopicId, Verdict
from processors.topic import CompiledTopic

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC = TopicId("arms")

BASIC: dict[str, Any] = {
    "topic": "arms",
    "name": "Arms",
    "facets": {"munitions": "Munitions", "talks": "Talks"},
    "concepts": {
        "north": {"says": "North Korea", "terms": {"en": ["north korea*", "pyongyang", "=NK"], "ko": ["북한", "북"]}},
        "russia": {"says": "Russia", "terms": {"en": ["russia*", "moscow"], "ru": ["росси*"]}},
        "sides": {"says": "either side", "any_of": ["north", "russia"]},
        "shells": {"says": "shells", "terms": {"en": ["shell*", "artillery"]}},
        "civil": {"says": "civil matters", "terms": {"en": ["railway", "tourism"]}},
    },
    "evidence": {
        "link": {"says": "Both sides are named", "when": {"all": ["north", "russia"]}, "weight": 2},
        "arms": {
            "says": "Shells go from one to the other",
            "when": {"all": ["link", "shells"]},
            "weight": 3,
            "facet": "munitions",
        },
        "civil_title": {
            "says": "The title is about a civil matter",
            "when": {"any": ["civil"], "where": "title"},
            "weight": -4,
        },
    },
    "requires": ["link"],
    "bias": -3,
}


def topic_file(**changes: Any) -> TopicFile:
    """The basic topic with other top-level keys."""
    return TopicFile.model_validate({**BASIC, **changes})


def topic(**changes: Any) -> CompiledTopic:
    """The basic topic, compiled without a check."""
    return CompiledTopic(topic_file(**changes), "0123456789abcdef")


def with_terms(*terms: str, unless: tuple[str, ...] = ()) -> CompiledTopic:
    """A topic that matches a text exactly when one of the terms is in it."""
    return topic(
        concepts={"it": {"says": "it", "terms": {"any": list(terms)}, "unless": {"any": list(unless)}}},
        evidence={"found": {"says": "found", "when": {"all": ["it"]}, "weight": 6}},
        requires=["found"],
    )


def source(name: str = "Outlet", *, origin: str = "") -> Source:
    """A feed."""
    return Source(FeedId(f"feed-{name}"), name, f"https://{name.lower().replace(' ', '')}.example/rss", origin=origin)


def item(
    name: str = "i1", title: str = "North Korea ships shells to Russia", summary: str = "", **changes: Any
) -> Item:
    """An item seen at NOW."""
    fields: dict[str, Any] = {"source": source(), "url": f"https://outlet.example/{name}", "first_seen": NOW, **changes}
    return Item(id=ItemId(name), title=title, summary=summary, **fields)


def match(of: Item, verdict: Verdict = "match") -> Match:
    """A match of the item."""
    span = Span("title", 0, 5, of.title[:5], "north")
    evidence = Evidence("link", "Both sides are named", 2.0, "", (span,))
    return Match(
        MatchId(f"m-{of.id}-{of.revision}"), TOPIC, "0123456789abcdef", of, verdict, 0.9, 0.5, ("munitions",), (evidence,),
        matched=NOW,
    )  # fmt: skip
