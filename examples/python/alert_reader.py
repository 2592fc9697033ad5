"""Read Armswatch's alerts from Kafka, with kafka-python.

    pip install kafka-python
    python alert_reader.py [--until-end] SERVERS TOPIC GROUP [FILE]
    python alert_reader.py broker:9092 armswatch.alerts.russia-dprk-arms desk

FILE holds settings of the client, such as security_protocol=SASL_SSL, one on each line. Prints level, headline and link
of each alert, parted by tabs. Ends at SIGINT or SIGTERM, or with --until-end once it has read what there is.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import signal
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer

SCHEMA = "urn:armswatch:schema:alert:1"
REMEMBERED = 10_000  # ids of alerts; whoever must never handle one twice keeps them in a database, with a unique key


class Handled:
    """The ids of the alerts that were handled last."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def is_new(self, alert_id: str) -> bool:
        """Tell whether this alert was not handled yet, and note that it is now."""
        if alert_id in self._ids:
            return False
        self._ids[alert_id] = None
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        return True


def handle(value: bytes | None, handled: Handled) -> None:
    """Print an alert; what you do with it stands here. Fields that it doesn't know, it doesn't look at."""
    try:
        alert = json.loads(value or b"")
        if alert["dataschema"] != SCHEMA:
            print(f"left out: its schema is {alert['dataschema']}", file=sys.stderr)
        elif handled.is_new(alert["id"]):
            data = alert["data"]
            print(one_line(data["level"]), one_line(data["headline"]), one_line(data["link"]), sep="\t", flush=True)
    except (ValueError, KeyError, TypeError) as error:
        print(f"left out: this is no alert: {error!r}", file=sys.stderr)


def one_line(text: str) -> str:
    """Keep text from breaking the output: it is as its publisher wrote it."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def settings(file: Path) -> dict[str, str]:
    """Read the client's settings, passwords among them, which have no place on a command line."""
    lines = [line for line in file.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, value in (line.split("=", 1) for line in lines)}


def consumer(servers: str, topic: str, group: str, given: dict[str, str]) -> Any:
    """Join the group, which keeps its place on the topic."""
    made = KafkaConsumer(
        bootstrap_servers=servers.split(","),
        group_id=group,
        isolation_level="read_committed",  # else alerts may be seen that were never raised
        auto_offset_reset="earliest",  # where the group begins that has no place yet
        enable_auto_commit=False,  # the place moves once what was read is handled
        **given,
    )
    if not made.partitions_for_topic(topic):  # the client would wait for it in silence
        made.close()
        raise SystemExit(f"there is no topic {topic}, or its alerts may not be read by this user")
    made.subscribe([topic])
    return made


def at_end(reader: Any) -> bool:
    """Tell whether it has read what there is."""
    partitions = reader.assignment()
    if not partitions:
        return False
    ends = reader.end_offsets(partitions)
    return all(reader.position(partition) >= ends[partition] for partition in partitions)


def main(arguments: list[str]) -> None:
    """Read until told to stop."""
    until_end = "--until-end" in arguments
    words = [word for word in arguments if word != "--until-end"]
    if len(words) not in {3, 4}:
        raise SystemExit(__doc__)
    servers, topic, group, *files = words
    stopped: list[int] = []
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _frame: stopped.append(number))
    handled = Handled()
    reader = consumer(servers, topic, group, settings(Path(files[0])) if files else {})
    try:
        while not stopped:
            found = reader.poll(timeout_ms=500)
            for records in found.values():
                for record in records:
                    handle(record.value, handled)
            if found:
                reader.commit()
            elif until_end and at_end(reader):
                break
    finally:
        reader.close()  # leaves the group, so that its partitions go to others at once


if __name__ == "__main__":
    main(sys.argv[1:])
