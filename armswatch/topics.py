"""What `armswatch topic` does: list, explain, measure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from config.loader import Config, LoadedTopic
from core.errors import UserError
from core.text import terminal_safe
from processors.evaluate import Report, evaluate
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


def listing(config: Config) -> list[TopicRow]:
    """Describe every topic."""
    return [_row(loaded) for loaded in config.topics]


def _row(loaded: LoadedTopic) -> TopicRow:
    file = loaded.file
    by_language: dict[str, int] = {}
    for concept in file.concepts.values():
        for language, terms in concept.terms.items():
            by_language[language] = by_language.get(language, 0) + len(terms)
    languages = sorted(language for language in by_language if language != "any")
    return TopicRow(
        file.topic, file.name, str(loaded.path), len(file.concepts), sum(by_language.values()), languages,
        len(file.evidence), list(file.facets), file.threshold,
    )  # fmt: skip


def choose(config: Config, topic_id: str | None) -> CompiledTopic:
    """Compile the topic asked for, or the only one.

    Raises:
        UserError: no such topic, or which one isn't clear.
        ConfigError: the topic is wrong, or fails its own examples.
    """
    known = {loaded.file.topic: loaded for loaded in config.topics}
    names = ", ".join(known) or "none"
    if topic_id is None and len(known) != 1:
        raise UserError("Which topic is meant?", f"Name one with --topic: {names}.")
    loaded = known.get(topic_id) if topic_id is not None else next(iter(known.values()))
    if loaded is None:
        raise UserError(f"There is no topic {topic_id!r}.", f"The topics are: {names}.")
    return compile_loaded(loaded)


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


def measure(config: Config, topic_id: str | None, file: Path) -> Report:
    """Judge the labelled items of a file.

    Raises:
        UserError: a line is not what it should be; names the line.
    """
    topic = choose(config, topic_id)
    return evaluate(list(_rows(file)), topic)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{file}:{number}: not JSON: {error}.", "Each line is one JSON object.") from error
        if not isinstance(row, dict) or row.get("label") not in ("on", "off", "borderline"):
            raise UserError(f"{file}:{number}: no label.", 'Each line has "label": "on", "off" or "borderline".')
        yield row


def report_text(report: Report) -> str:
    """Write a report for people."""
    lines = [
        f"F1 {report['f1']:.3f}  precision {report['precision']:.3f}  recall {report['recall']:.3f}  n {report['n']}"
    ]
    for language, figures in report["by_lang"].items():
        lines.append(
            f"  {language or '??':3} F1 {figures['f1']:.3f}  P {figures['precision']:.3f}"
            f"  R {figures['recall']:.3f}  n {figures['n']}"
        )
    for heading, items in (("false alarms", report["false_positives"]), ("missed", report["false_negatives"])):
        lines.append(f"{heading}: {len(items)}")
        lines += [f"  {item['score']:.3f}  {terminal_safe(item['id'])}" for item in items]
    return "\n".join(lines)
