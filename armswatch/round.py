"""One round in the foreground: poll every feed once, process what came, print the alerts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import click

from armswatch import logs, wiring
from armswatch.clock import utc_now
from armswatch.exits import Exit
from armswatch.options import page
from armswatch.service import Service
from config.loader import Config
from core import catalogue
from core.codec import decode
from core.types import Alert
from delivery.render import alert_json, alert_text
from ingest.outcome import PollDone
from stream.log import Record


def once(config: Config, *, style: str, verbose: bool) -> Exit:
    """Do one round; alerts go to standard output, a summary to standard error."""
    logs.configure("text" if sys.stderr.isatty() else "json", verbose=verbose)
    service = Service(config, watch=False)
    try:
        names = {catalogue.alerts(topic) for topic in wiring.topic_ids(config)}
        ends = {info.source: info.end for info in service.log.describe() if info.source.topic in names}
        polls = service.once()
        records = [record for source, end in ends.items() for record in service.log.scan(source, end)]
        alerts = [decode(Alert, record.value) for record in _in_order(records) if record.value is not None]
    finally:
        service.stop()
    for alert in alerts:
        click.echo(_written(alert, style))
    reached = [poll for poll in polls if poll.reached]
    click.echo(_summary(polls, reached, alerts), err=True)
    return Exit.OK if reached or not polls else Exit.UNREACHABLE


def _in_order(records: Sequence[Record]) -> Sequence[Record]:
    return sorted(records, key=lambda record: (record.timestamp, record.topic, record.partition, record.offset))


def _written(alert: Alert, style: str) -> str:
    if style == "jsonl":
        return alert_json(alert)
    width, colour = page()
    return alert_text(alert, width=width, colour=colour, now=utc_now()) + "\n"


def _summary(polls: Sequence[PollDone], reached: Sequence[PollDone], alerts: Sequence[Alert]) -> str:
    new, backlog = sum(poll.new for poll in polls), sum(poll.backlog for poll in polls)
    told = f"{len(reached)} of {len(polls)} feeds reached, {new} new items, {backlog} backlog, {len(alerts)} alerts."
    failed = Counter(poll.outcome for poll in polls if not poll.reached)
    return told + (f" Not reached: {', '.join(f'{code} {n}' for code, n in failed.most_common())}." if failed else "")
