"""What `armswatch topic diff` and `topic backtest` do: judge items by other topic files than they were judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from armswatch.clock import utc_now
from armswatch.labelled import read_labelled
from armswatch.stored import stored
from armswatch.topics import chosen
from config.loader import Config, load_topic
from core.topic_reports import BacktestReport, DiffReport, Text
from core.types import TopicId
from processors.backtest import backtest
from processors.compare import compare
from processors.topic import compile_loaded

Watch = Callable[[Iterable[Text]], Iterable[Text]]


def on_labelled(before: Path, after: Path, file: Path, moves: float) -> DiffReport:
    """Tell what a topic file would change among labelled items.

    Raises:
        ConfigError: a topic file is wrong, or fails its own examples.
        UserError: lines are not what they should be.
    """
    first, second = compile_loaded(load_topic(before)), compile_loaded(load_topic(after))
    changes = compare(_labelled(file), first, second, moves)
    return {"before": str(before), "after": str(after), "on": str(file), "since": "", "changes": changes}


def on_stored(config: Config, before: Path, after: Path, since: timedelta, moves: float, watch: Watch) -> DiffReport:
    """Tell what a topic file would change among the items of the time `since`, of which `watch` shows how many.

    Raises as `on_labelled` does.
    """
    first, second = compile_loaded(load_topic(before)), compile_loaded(load_topic(after))
    start = utc_now() - since
    with stored(config, None, start) as items:
        changes = compare(watch(items.texts), first, second, moves)
        return {
            "before": str(before),
            "after": str(after),
            "on": items.source,
            "since": start.isoformat(timespec="seconds"),
            "changes": changes,
        }


def backtested(config: Config, topic_id: str, since: timedelta, most: int, watch: Watch) -> BacktestReport:
    """Tell what a topic as it is now would have matched in the time `since`; `watch` shows how far it is.

    Raises:
        ConfigError: the topic is wrong, or fails its own examples.
        UserError: there is no such topic, or nothing is stored.
    """
    topic = compile_loaded(chosen(config, topic_id))
    start = utc_now() - since
    with stored(config, TopicId(topic.id), start) as items:
        return {
            "topic": topic.id,
            "since": start.isoformat(timespec="seconds"),
            "source": items.source,
            "backtest": backtest(watch(items.texts), topic, items.verdicts, most),
        }


def _labelled(file: Path) -> Iterator[Text]:
    for row in read_labelled(file):
        yield Text(
            row.get("id") or row["line"], row.get("title", ""), row.get("summary", ""), row.get("lang", ""),
            row.get("url", ""), label=row["label"],
        )  # fmt: skip
