"""What `armswatch topic test` and `topic fit` do: measure a topic on labelled items, and propose weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from armswatch.labelled import read_labelled
from armswatch.topics import choose
from config.loader import Config
from core.topic_reports import Report
from processors.bootstrap import Plan
from processors.evaluate import Row, evaluate

Watch = Callable[[list[Row]], Iterable[Row]]


def unwatched(rows: list[Row]) -> Iterable[Row]:
    """Go through the rows without showing how far it is."""
    return rows


def measure(
    config: Config, topic_id: str | None, file: Path, plan: Plan | None = None, watch: Watch = unwatched
) -> Report:
    """Judge the labelled items of a file.

    Args:
        config: has the topics.
        topic_id: the topic; may be None where there is but one.
        file: of labelled items.
        plan: of the intervals.
        watch: shows how far it is.

    Raises:
        UserError: lines are not what they should be; names them.
    """
    topic = choose(config, topic_id)
    return evaluate(watch([*read_labelled(file)]), topic, plan)
