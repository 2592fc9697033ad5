"""The table at the end of the demo."""

from __future__ import annotations

from armswatch.demo.viewer import Tally
from core.reasons import says
from core.types import FeedState

NEXT = """What to do next
  armswatch init mydesk       write a configuration: feeds and topics to make your own
  armswatch run -c mydesk     run the service"""


def summary(tally: Tally) -> str:
    """Write what came of the demo, feed by feed and in all."""
    feeds = sorted(tally.feeds.values(), key=lambda state: state.name)
    return "\n".join([*_feeds(feeds), "", *_totals(tally, feeds), "", NEXT])


def _feeds(feeds: list[FeedState]) -> list[str]:
    lines = ["polls  items  feed"]
    for state in feeds:
        trouble = f": refused, {says(state.reason)}" if state.reason else ""
        lines.append(f"{state.polls:5}  {state.items:5}  {state.name}{trouble}")
    return lines


def _totals(tally: Tally, feeds: list[FeedState]) -> list[str]:
    refused = sum(1 for state in feeds if state.reason)
    lines = [
        f"{len(feeds):5}  feeds, polled {sum(state.polls for state in feeds)} times; {refused} refused",
        f"{tally.items:5}  items, {tally.backlog} of them there before",
        f"{tally.matches:5}  matches, and {tally.near_misses} near {'miss' if tally.near_misses == 1 else 'misses'}",
        f"{tally.alerts:5}  alerts, the slowest {tally.slowest_s:.1f} s after its entry was published",
    ]
    lines += [f"{count:5}  silent: {says(code)}" for code, count in sorted(tally.silent.items())]
    counters: dict[str, int] = {}
    for state in feeds:
        for code, count in state.counters.items():
            counters[code] = counters.get(code, 0) + count
    lines += [f"{count:5}  {says(code)}" for code, count in sorted(counters.items())]
    return lines
