"""The demo: the real service over own-written feeds, and what an analyst sees of it.

It writes a configuration to a temporary directory, serves the feeds on loopback, starts the service, and reads what
the service writes on its event log. Nothing of it is left afterwards, unless it is to be kept.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, TextIO

from armswatch.demo import configuration
from armswatch.demo.feeds import Script, load
from armswatch.demo.server import DemoServer
from armswatch.demo.summary import summary
from armswatch.demo.viewer import Tally, Viewer
from core import catalogue
from core.errors import LogUnavailable
from core.types import Alert
from stream.log import EventLog, Reader, Record

# Of the demo's length, how much is for publishing; in the rest the last entries come through.
_PUBLISHING = 0.8
_WAIT = timedelta(milliseconds=200)
_BATCH = 500


class Running(Protocol):
    """The service, as the demo needs it. It runs already, with its event log open in this process."""

    @property
    def log(self) -> EventLog:
        """The log that it writes to."""

    @property
    def topic_ids(self) -> Sequence[str]:
        """The topics that it matches."""

    def stop(self) -> None:
        """Stop it and close its log. Blocks until that is done."""


def run(
    *,
    seconds: float,
    out: TextIO,
    make_service: Callable[[Path], Running],
    render: Callable[[Alert], str],
    keep: bool = False,
) -> Tally:
    """Show the program at work for so many seconds; return what came of it.

    Ctrl-C ends it early and cleanly.

    Args:
        seconds: how long it takes; the script is run faster when it would not fit in.
        out: where to print.
        make_service: starts the service on a configuration directory.
        render: writes an alert for people.
        keep: leave the directory with the configuration and the log, and tell where it is.
    """
    script = load().paced(seconds * _PUBLISHING)
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(_directory(out, keep=keep))
        started, elapsed_s = _clock()
        server = stack.enter_context(DemoServer(script, started, elapsed_s))
        configuration.write(directory, {outlet: server.url(outlet) for outlet in script.outlets})
        service = make_service(directory)
        stack.callback(service.stop)
        viewer = Viewer(script, started, render)
        print(_opening(script, seconds), file=out, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            _watch(service, viewer, seconds, elapsed_s, out)
        print(f"\n{summary(viewer.tally)}", file=out, flush=True)
    return viewer.tally


def _clock() -> tuple[datetime, Callable[[], float]]:
    """Return this moment, and a function that tells the seconds since, whatever is done to the wall clock."""
    origin = time.monotonic()
    return datetime.now(UTC), lambda: time.monotonic() - origin


@contextlib.contextmanager
def _directory(out: TextIO, *, keep: bool) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="armswatch-demo-"))
    try:
        yield directory
    finally:
        if keep:
            print(
                f"\nKept: {directory} (the feeds are gone; `armswatch alerts -c {directory}` still answers)", file=out
            )
        else:
            shutil.rmtree(directory, ignore_errors=True)


def _opening(script: Script, seconds: float) -> str:
    languages = sorted({outlet.language for outlet in script.outlets})
    return (
        f"Armswatch demo: {len(script.outlets)} feeds in {len(languages)} languages ({', '.join(languages)}), "
        f"served on this machine only, for {seconds:.0f} s.\n"
        "Outlets, people and events are invented. Ctrl-C ends it.\n"
    )


def _watch(service: Running, viewer: Viewer, seconds: float, elapsed_s: Callable[[], float], out: TextIO) -> None:
    """Print what is published and what comes of it, until the time is over."""
    topics = [catalogue.ITEMS, catalogue.FEEDS, catalogue.MATCHES, catalogue.STORIES]
    alerts = [catalogue.alerts(topic) for topic in service.topic_ids]
    with contextlib.closing(service.log.reader("demo", [*topics, *alerts])) as reader:
        while (elapsed := elapsed_s()) < seconds:
            for line in viewer.announce(elapsed):
                print(line, file=out, flush=True)
            for record in _read(reader):
                if text := viewer.see(record):
                    print(f"\n{text}\n", file=out, flush=True)


def _read(reader: Reader) -> Sequence[Record]:
    try:
        return reader.read(_BATCH, _WAIT).records
    except LogUnavailable:
        time.sleep(_WAIT.total_seconds())
        return ()
