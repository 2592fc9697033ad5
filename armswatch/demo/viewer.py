"""What an analyst sees of the demo: turns records of the event log into lines to print, and counts them.

A fold: it is shown each record once, in the order read, and returns the text to print for it (often none).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from armswatch.demo.feeds import Cue, Outlet, Script
from core import catalogue
from core.codec import decode
from core.reasons import says
from core.types import Alert, FeedState, Item, Match, Member, Story
from stream.log import Record


@dataclass
class Tally:
    """What came of the demo."""

    items: int = 0  # revisions of them too
    backlog: int = 0  # of them there before
    matches: int = 0
    near_misses: int = 0
    alerts: int = 0
    slowest_s: float = 0.0  # longest time from publication to alert, of entries of the script
    silent: Counter[str] = field(default_factory=Counter)  # reason code -> matched items that alerted no one
    feeds: dict[str, FeedState] = field(default_factory=dict)  # feed id -> its latest state


class Viewer:
    """Sees the records of one demo.

    Args:
        script: what is published, to tell how long after it an alert came.
        started: the moment that the script's times count from.
        render: writes an alert for people.
    """

    def __init__(self, script: Script, started: datetime, render: Callable[[Alert], str]) -> None:
        self.tally = Tally()
        self._script = script
        self._started = started
        self._render = render
        self._coming = list(script.cues)
        self._told: set[tuple[str, str, int]] = set()  # members whose silence was told
        self._links = {self._link(cue): cue for cue in script.cues if cue.purpose != "edit"}

    def announce(self, elapsed_s: float) -> list[str]:
        """Say what was published since it was last asked."""
        due = [cue for cue in self._coming if cue.at_s <= elapsed_s]
        self._coming = self._coming[len(due) :]
        return [_published(cue, self._script.outlet(cue.outlet)) for cue in due]

    def see(self, record: Record) -> str:
        """Take in a record; return what to print for it, or nothing."""
        if record.value is None:
            return ""
        match record.topic:
            case catalogue.ITEMS:
                return self._item(decode(Item, record.value))
            case catalogue.FEEDS:
                return self._feed(decode(FeedState, record.value))
            case catalogue.MATCHES:
                return self._match(decode(Match, record.value))
            case catalogue.STORIES:
                return self._story(decode(Story, record.value))
            case _:
                return self._alert(decode(Alert, record.value))

    def _link(self, cue: Cue) -> str:
        return self._script.outlet(cue.outlet).link(cue.key)

    def _item(self, item: Item) -> str:
        self.tally.items += 1
        self.tally.backlog += item.backlog
        return ""

    def _feed(self, state: FeedState) -> str:
        before = self.tally.feeds.get(state.id)
        self.tally.feeds[state.id] = state
        was = before.reason if before else ""
        if state.reason == was:
            return ""
        if not state.reason:
            return heading("FEED HEALTH", f"{state.name} is well again")
        detail = f" ({state.detail})" if state.detail else ""
        return heading("FEED HEALTH", f"{state.name}: {says(state.reason)}{detail}; we go on trying")

    def _match(self, match: Match) -> str:
        if match.verdict == "match":
            self.tally.matches += 1
            return ""
        self.tally.near_misses += 1
        lines = [
            heading("NEAR MISS", f"{match.score:.2f}, and {match.threshold:.2f} is wanted: no alert"),
            f"  {match.item.title}",
            f"  {match.item.source.name}",
            *(f"  {evidence.weight:+.1f}  {evidence.says}" for evidence in match.evidence if evidence.weight),
            *(f"  would have carried it over: {missing}" for missing in match.missing),
        ]
        return "\n".join(lines)

    def _story(self, story: Story) -> str:
        said = []
        for member in story.members:
            key = (story.id, member.item, member.revision)
            if member.silent and key not in self._told:
                self._told.add(key)
                self.tally.silent[member.silent] += 1
                said.append(_silence(member, story))
        return "\n\n".join(said)

    def _alert(self, alert: Alert) -> str:
        self.tally.alerts += 1
        lag = self._lag(alert)
        after = ""
        if lag is not None:
            self.tally.slowest_s = max(self.tally.slowest_s, lag)
            after = f", {lag:.1f} s after it was published"
        return f"{heading(f'ALERT {self.tally.alerts}', alert.data.level + after)}\n{self._render(alert).rstrip()}"

    def _lag(self, alert: Alert) -> float | None:
        """Seconds from the script's moment to the alert; None for what was there before."""
        cue = self._links.get(alert.data.link)
        if cue is None:
            return None
        edits = [each for each in self._script.cues if each.purpose == "edit" and each.of == cue.key]
        moments = [self._started + timedelta(seconds=each.at_s) for each in (cue, *edits)]
        past = [moment for moment in moments if moment <= alert.time]
        return (alert.time - max(past)).total_seconds() if past else None


def heading(what: str, about: str) -> str:
    """Write the line that starts a paragraph."""
    return f"== {what}: {about}"


def _published(cue: Cue, outlet: Outlet) -> str:
    verb = "changes an entry to" if cue.purpose == "edit" else "publishes"
    return f"{cue.at_s:5.1f} s  {outlet.name} {verb}: {cue.title}"


def _silence(member: Member, story: Story) -> str:
    first = next((other for other in story.members if other.alerted), None)
    lines = [heading("SILENT", says(member.silent)), f"  {member.title}", f"  {member.source.name}"]
    if first is not None and first.item != member.item:
        lines.append(f"  the alert was for: {first.source.name}, {first.title}")
    return "\n".join(lines)
