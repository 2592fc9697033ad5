"""What the demo's outlets publish and when: read from `outlets/*.toml` and `script.toml`, as values.

Times are in seconds after the start of the demo; what was there before it has negative ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Literal, get_args

Format = Literal["rss20", "atom10", "rdf", "json", "html"]
Purpose = Literal["on_topic", "edit", "reprint", "near_miss", "off_topic"]


@dataclass(frozen=True)
class Entry:
    """One entry of a feed, as it stands from `at_s` on."""

    key: str  # unique in the demo; an edit has the key of what it edits
    title: str
    summary: str
    at_s: float
    published_s: float  # an edit keeps the time of the original


@dataclass(frozen=True)
class Cue:
    """Something that is published while the demo runs."""

    at_s: float
    key: str
    outlet: str
    purpose: Purpose
    title: str
    summary: str
    of: str = ""  # the key of the entry that an edit changes, or that a reprint copies


@dataclass(frozen=True)
class Outlet:
    """An invented outlet, and how it serves its feed."""

    id: str
    name: str
    language: str
    country: str
    kind: str
    format: Format
    backlog: tuple[Entry, ...]
    origin: str = ""
    encoding: str = "utf-8"  # of its bytes
    declares: str = "utf-8"  # what it says of them, right or wrong
    gzip: bool = False
    guids: bool = True
    html: bool = False  # its summaries are marked up
    zone_h: int = 0  # its dates are written in this zone
    fails_until_s: float = 0.0  # answers 503 until then

    @property
    def path(self) -> str:
        """Where the demo's server has its feed."""
        ending = {"json": "json", "html": "html"}.get(self.format, "xml")
        return f"/{self.id}.{ending}"

    @property
    def site(self) -> str:
        """The outlet's pages, on a name that no one can own (RFC 2606)."""
        return f"https://{self.id}.example"

    def link(self, key: str) -> str:
        """Address the page of one of its entries."""
        return f"{self.site}/news/{key}"


@dataclass(frozen=True)
class Script:
    """Everything that the demo publishes. Cues are in order of time."""

    outlets: tuple[Outlet, ...]
    cues: tuple[Cue, ...]

    def outlet(self, outlet_id: str) -> Outlet:
        """Return an outlet by its id."""
        return next(outlet for outlet in self.outlets if outlet.id == outlet_id)

    @property
    def length_s(self) -> float:
        """When the last entry is published."""
        return max(cue.at_s for cue in self.cues)

    def paced(self, length_s: float) -> Script:
        """Return the same script, run faster if need be, so that its last entry comes by then."""
        pace = min(1.0, length_s / self.length_s)
        return Script(
            tuple(replace(outlet, fails_until_s=outlet.fails_until_s * pace) for outlet in self.outlets),
            tuple(replace(cue, at_s=cue.at_s * pace) for cue in self.cues),
        )

    def published(self, outlet: Outlet, elapsed_s: float) -> tuple[Entry, ...]:
        """List what the outlet's feed holds at a moment: newest first, edits applied."""
        entries = {entry.key: entry for entry in outlet.backlog}
        for cue in self.cues:
            if cue.outlet != outlet.id or cue.at_s > elapsed_s:
                continue
            if cue.purpose == "edit":
                original = entries[cue.of]
                entries[cue.of] = replace(original, title=cue.title, summary=cue.summary, at_s=cue.at_s)
            else:
                entries[cue.key] = Entry(cue.key, cue.title, cue.summary, cue.at_s, cue.at_s)
        return tuple(sorted(entries.values(), key=lambda entry: entry.published_s, reverse=True))


def load() -> Script:
    """Read the demo's own script."""
    here = files("armswatch.demo")
    outlets = [
        _outlet(file.name.removesuffix(".toml"), tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(here.joinpath("outlets").iterdir(), key=lambda file: file.name)
    ]
    script = tomllib.loads(here.joinpath("script.toml").read_text(encoding="utf-8"))
    return Script(tuple(outlets), _cues(script["cue"]))


def _outlet(outlet_id: str, written: Mapping[str, Any]) -> Outlet:
    backlog = [
        Entry(f"{outlet_id}-{number}", line["title"], line["summary"], -3600.0 * line["ago_h"], -3600.0 * line["ago_h"])
        for number, line in enumerate(written["backlog"], start=1)
    ]
    return Outlet(id=outlet_id, **{**written, "backlog": tuple(backlog)})


def _cues(written: Iterable[Mapping[str, Any]]) -> tuple[Cue, ...]:
    cues = [Cue(**line) for line in written]
    unknown = {cue.purpose for cue in cues} - set(get_args(Purpose))
    if unknown:
        raise ValueError(f"script.toml: purposes that mean nothing: {sorted(unknown)}")
    return tuple(sorted(cues, key=lambda cue: cue.at_s))
