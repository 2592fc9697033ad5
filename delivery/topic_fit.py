"""What a fit of weights proposes, for people: what it brings, each change, then the patch. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from core.topic_reports import FitReport, Flip, Gain, Held, WeightChange
from core.words import count
from delivery.layout import Paint, hanging, safe, wrap
from delivery.topic_report import calibration_lines, table, with_interval

_NARROWEST = 60
_FEW = 50  # items; with fewer, a fit follows chance


def fit_text(report: FitReport, *, width: int = 100, colour: bool = False) -> str:
    """Write a proposal."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    lines = _head(report, room, paint)
    lines += ["", paint("on items that it was not fitted to", "bold"), *_compared(report, room, paint)]
    lines += ["", *wrap(_verdict(report), room)]
    lines += ["", "fitted scores, on items that they were not fitted to:"]
    lines += calibration_lines(report["after"]["calibration"], room, paint)
    lines += _changes(report["changes"], room, paint)
    lines += _flips(report["flips"], room, paint)
    lines += _names("no item shows, so the weight stays", report["idle"], room, paint)
    lines += _names("the topic would be refused with these weights", report["failing"], room, paint)
    return "\n".join([*lines, "", *_patch(report["diff"], paint)])


def _head(report: FitReport, width: int, paint: Paint) -> list[str]:
    extra = f" and {report['extra']:,} extra" if report["extra"] else ""
    text = (
        f"{safe(report['topic'])}: weights fitted to {count(report['items'], 'labelled item')}{extra}, "
        f"{report['used']:,} of which have what the topic requires; pull towards the present weights {report['l2']:g}; "
        f"{report['folds']} folds"
    )
    lines = [paint(line, "bold") for line in wrap(text, width)]
    if report["used"] < _FEW:
        lines += wrap(f"So few items say little: a fit to fewer than {_FEW} follows chance.", width)
    return lines


def _compared(report: FitReport, width: int, paint: Paint) -> list[str]:
    rows = [["", "F1", "precision", "recall", "Brier"]]
    for name, held in (("as it is", report["before"]), ("fitted", report["after"])):
        rows.append([name, *_figures(held)])
    return table(rows, width, paint)


def _figures(held: Held) -> list[str]:
    figures, table_ = held["figures"], held["calibration"]
    spans = figures["intervals"]
    return [
        with_interval(figures["f1"], spans["f1"]),
        with_interval(figures["precision"], spans["precision"]),
        with_interval(figures["recall"], spans["recall"]),
        with_interval(table_["brier"], table_["brier_interval"], 4),
    ]


def _verdict(report: FitReport) -> str:
    f1, brier = report["f1_gain"], report["brier_gain"]
    text = f"F1 {_gain(f1)}, Brier {_gain(brier)} (below 0 is better). "
    if f1["interval"][0] > 0:
        return f"{text}F1 gains by more than chance."
    if f1["interval"][1] < 0:
        return f"{text}F1 loses: keep the weights."
    if brier["interval"][1] < 0 <= f1["value"]:
        return f"{text}F1 may not change; scores become better as probabilities."
    return f"{text}The items do not show that this is better: keep the weights, or label more."


def _gain(gain: Gain) -> str:
    low, high = gain["interval"]
    return f"{gain['value']:+.4f} ({low:+.4f} to {high:+.4f})"


def _changes(changes: Sequence[WeightChange], width: int, paint: Paint) -> list[str]:
    if not changes:
        return ["", "No weight would change."]
    lines = ["", paint("weights", "bold")]
    for each in sorted(changes, key=lambda change: -abs(change.after - change.before)):
        text = f"{safe(each.name)}: {safe(each.says)} ({_held(each)})"
        if not each.after and each.name != "bias":
            text += "; 0 is a helper of other evidence only"
        lines += hanging(f"  {each.before:+5.1f} → {each.after:+5.1f}  ", text, width)
    return lines


def _flips(flips: Sequence[Flip], width: int, paint: Paint) -> list[str]:
    if not flips:
        return []
    lines = ["", paint("the items would turn these round, and may not: look at their conditions", "bold")]
    for each in flips:
        text = f"{safe(each.name)}: {safe(each.says)} ({_held(each)})"
        lines += hanging(f"  {each.before:+5.1f} ⇒ {each.wanted:+5.1f}  ", text, width)
    return lines


def _held(each: WeightChange | Flip) -> str:
    return f"in {count(each.held, 'item')}, {each.held_on:,} on topic"


def _names(heading: str, names: Sequence[str], width: int, paint: Paint) -> list[str]:
    if not names:
        return []
    lines = ["", paint(f"{heading}: {len(names)}", "bold")]
    return lines + [line for name in names for line in hanging("  ", safe(name), width)]


def _patch(diff: str, paint: Paint) -> list[str]:
    """Show a patch as it is, so that it can be copied: no line is broken."""
    lines: list[str] = []
    for line in diff.splitlines():
        added, gone = line.startswith("+"), line.startswith("-")
        shown = "".join(sign if sign.isprintable() else " " for sign in line)
        lines.append(paint(shown, "green") if added else paint(shown, "red") if gone else shown)
    return lines
