"""The live status on a terminal: a few lines that stay at the bottom, and alerts that scroll above them."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from armswatch.service import Service
from core.text import shorten, terminal_safe
from core.types import Alert, Match
from delivery.render import alert_text
from ingest.outcome import PollDone

_REFRESH_PER_S = 4
_KEPT_EVENTS = 6


class LiveView:
    """Shows the service at work. Use as a context manager; any thread may report to it."""

    def __init__(self, console: Console) -> None:
        self._service: Service | None = None
        self._console = console
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._events: list[str] = []
        self._live = Live(
            console=console, refresh_per_second=_REFRESH_PER_S, get_renderable=self._render, transient=True
        )

    def attach(self, service: Service) -> None:
        """Say which service's state to show."""
        self._service = service

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def log_line(self, line: str) -> None:
        """Print a finished log line above the status."""
        self._console.print(Text.from_ansi(line))

    def poll_done(self, poll: PollDone) -> None:
        """Count a poll."""
        with self._lock:
            self._counts["polls"] += 1
            self._counts["new"] += poll.new + poll.updated
            self._counts["backlog"] += poll.backlog
            if poll.new + poll.updated:
                self._note(f"{poll.name}: {poll.new} new, {poll.updated} edited")

    def match_found(self, match: Match) -> None:
        """Count a match or near miss."""
        with self._lock:
            self._counts[match.verdict] += 1
            if match.verdict == "near_miss" and not match.item.backlog:
                self._note(f"near miss {match.score:.2f} < {match.threshold:.2f}: {match.item.title}")

    def alert_raised(self, alert: Alert, now: datetime) -> None:
        """Print an alert above the status."""
        with self._lock:
            self._counts["alerts"] += 1
        text = alert_text(
            alert, width=min(self._console.width, 110), colour=self._console.color_system is not None, now=now
        )
        self._console.print(Text.from_ansi(text))

    def _note(self, event: str) -> None:
        self._events = [*self._events[1 - _KEPT_EVENTS :], shorten(terminal_safe(event), 100)]

    def _render(self) -> Table:
        with self._lock:
            counts, events = Counter(self._counts), list(self._events)
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True)
        for name, value in self._rows(counts):
            table.add_row(name, value)
        for event in events:
            table.add_row("", Text(event, style="dim"))
        return table

    def _rows(self, counts: Counter[str]) -> list[tuple[str, str | Text]]:
        if self._service is None:
            return []
        status = self._service.status()
        rows: list[tuple[str, str | Text]] = [("", "")]
        if status.ingest:
            feeds = status.ingest
            words = f"{feeds.feeds:,} · {feeds.reached:,} reached · {feeds.failing:,} failing · {feeds.in_flight:,} now"
            rows.append(("feeds", Text("no network: trying on", style="yellow") if feeds.offline else words))
        rows += [
            ("items", f"{counts['new']:,} new · {counts['backlog']:,} were there before"),
            ("matches", f"{counts['match']:,} · {counts['near_miss']:,} near misses"),
            ("alerts", f"{counts['alerts']:,}"),
        ]
        troubled = {name: worker for name, worker in status.workers.items() if worker.state == "retrying"}
        rows += [
            (name, Text(f"trying again: {terminal_safe(worker.last_error or '')}", style="red"))
            for name, worker in troubled.items()
        ]
        rows.append(("data", Text(str(self._service.config.data_dir), style="dim")))
        return rows
