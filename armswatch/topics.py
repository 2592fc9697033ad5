"""What `armswatch topic` does: list, explain."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from config.loader import Config, LoadedTopic
from core.errors import UserError
from core.text import terminal_safe
from processors.suspicions import suspicions_of
from processors.topic import CompiledTopic, compile_loaded


class TopicRow(NamedTuple):
    """One topic in a listing."""

    topic: str
    name: str
    file: str
    concepts: int
    terms: int
    languages: list[str]
    evidence: int
    facets: list[str]
    threshold: float
    enabled: bool
    warnings: list[str]  # of what looks wrong in its file


def listing(config: Config) -> list[TopicRow]:
    """Describe every topic, those that are enabled first."""
    return [_row(loaded) for loaded in (*config.topics, *config.topics_off)]


def _row(loaded: LoadedTopic) -> TopicRow:
    file = loaded.file
    by_language: dict[str, int] = {}
    for concept in file.concepts.values():
        for language, terms in concept.terms.items():
            by_language[language] = by_language.get(language, 0) + len(terms)
    languages = sorted(language for language in by_language if language != "any")
    return TopicRow(
        file.topic, file.name, str(loaded.path), len(file.concepts), sum(by_language.values()), languages,
        len(file.evidence), list(file.facets), file.threshold, file.enabled, warnings(loaded),
    )  # fmt: skip


def warnings(loaded: LoadedTopic) -> list[str]:
    """Say what looks wrong in a topic's file, each with its line; none where it is refused anyway."""
    return [str(each) for each in suspicions_of(loaded)]


def chosen(config: Config, topic_id: str | None) -> LoadedTopic:
    """Find the topic asked for, enabled or not; or the only one that is enabled.

    Raises:
        UserError: no such topic, or which one isn't clear.
    """
    known = {loaded.file.topic: loaded for loaded in (*config.topics, *config.topics_off)}
    names = ", ".join(known)
    if topic_id is None and len(config.topics) != 1:
        raise UserError("Which topic is meant?", f"Name one with --topic: {names}.")
    loaded = known.get(topic_id) if topic_id is not None else config.topics[0]
    if loaded is None:
        raise UserError(f"There is no topic {topic_id!r}.", f"The topics are: {names}.")
    return loaded


def choose(config: Config, topic_id: str | None) -> CompiledTopic:
    """Compile the topic asked for, or the only one.

    Raises:
        UserError: no such topic, or which one isn't clear.
        ConfigError: the topic is wrong, or fails its own examples.
    """
    return compile_loaded(chosen(config, topic_id))


def explain(config: Config, topic_id: str | None, title: str, summary: str) -> dict[str, Any]:
    """Judge a text: `{"score", "threshold", "matched", "near_miss", "facets", "evidence", "missing"}`."""
    found = choose(config, topic_id).explain(title, summary)
    value: dict[str, Any] = msgspec.to_builtins(found._asdict())
    return value


def explanation_text(found: dict[str, Any]) -> str:
    """Write an explanation for people."""
    verdict = "matches" if found["matched"] else "near miss" if found["near_miss"] else "no match"
    lines = [f"{verdict}: score {found['score']:.2f}, threshold {found['threshold']:.2f}"]
    if found["facets"]:
        lines.append(f"facets: {', '.join(found['facets'])}")
    for each in found["evidence"]:
        words = ", ".join(dict.fromkeys(f"“{span['text']}”" for span in each["spans"]))
        lines.append(terminal_safe(f"  {each['weight']:+5.1f}  {each['says']}{f': {words}' if words else ''}"))
    if not found["evidence"]:
        lines.append("  no evidence in this text")
    if not found["matched"] and found["missing"]:
        lines += ["would carry it over:", *(f"         {each}" for each in found["missing"])]
    return "\n".join(lines)
