"""How well a topic was measured, for people: figures with intervals, and each error with its reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.topic_reports import ByFacet, Calibration, Figures, Interval, Judged, Report
from core.types import Evidence
from core.words import count
from delivery.alerts import evidence
from delivery.layout import Paint, columns, hanging, joined, safe, wrap

_NARROWEST = 60
_NOT_TOLD = "??"


def report_text(report: Report, *, width: int = 100, colour: bool = False) -> str:
    """Write a report."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    lines = [paint(_headline(report), "bold")]
    lines += _intervals_note(report, room, paint)
    lines += _without_errors(report, room, paint)
    lines += _languages(report, room, paint)
    lines += _facets(report["by_facet"], report["facets_found"], room, paint)
    near = report["near_misses"]
    lines += ["", f"near misses: {near['on']} on topic, {near['off']} off"]
    lines += calibration_lines(report["calibration"], room, paint)
    lines += _errors("false alarms", report["false_positives"], room, paint)
    lines += _errors("missed", report["false_negatives"], room, paint)
    return "\n".join(lines)


def with_interval(value: float, interval: Interval, digits: int = 3) -> str:
    """Write a figure with what it may be off to."""
    low, high = interval
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def reliability_rows(calibration: Calibration) -> list[list[str]]:
    """Make the rows of a reliability table: scores, items, mean score, share on topic with its interval."""
    return [
        [
            f"{each['low']:.2f}–{each['high']:.2f}",
            f"{each['n']:,}",
            f"{each['score']:.3f}",
            with_interval(each["share"], each["interval"]),
        ]
        for each in calibration["bins"]
    ]


def calibration_lines(calibration: Calibration, width: int, paint: Paint) -> list[str]:
    """Write the Brier score and the reliability table."""
    head = (
        f"Brier {with_interval(calibration['brier'], calibration['brier_interval'], 4)}, "
        f"{calibration['brier_scored']:.4f} of the {calibration['scored']:,} that have what is required; "
        f"calibration error {calibration['error']:.3f}"
    )
    rows = [["score", "items", "mean", "on topic"], *reliability_rows(calibration)]
    return ["", *wrap(head, width), *table(rows, width, paint)]


def table(rows: Sequence[Sequence[str]], width: int, paint: Paint) -> list[str]:
    """Write a table whose first row is its head and whose first column is names."""
    right = frozenset(range(1, len(rows[0])))
    cells = columns(rows, width=width - 2, flexible=0, right=right)
    lines = ["  " + "  ".join(row).rstrip() for row in cells]
    return [paint(lines[0], "dim"), *lines[1:]]


def _headline(figures: Figures) -> str:
    return (
        f"F1 {figures['f1']:.3f}  precision {figures['precision']:.3f}  recall {figures['recall']:.3f}  "
        f"n {figures['n']:,}"
    )


def _intervals_note(report: Report, width: int, paint: Paint) -> list[str]:
    how, spans = report["bootstrap"], report["intervals"]
    figures = ", ".join(
        f"{name} {low:.3f}–{high:.3f}"
        for name, (low, high) in (("F1", spans["f1"]), ("P", spans["precision"]), ("R", spans["recall"]))
    )
    text = (
        f"{how['confidence']:.0%} intervals: {figures} (bootstrap: {how['resamples']:,} resamples of "
        f"{count(how['groups'], 'group')} of items, seed {how['seed']}); "
        f"{count(report['borderline'], 'borderline item')} not scored"
    )
    return [paint(line, "dim") for line in wrap(text, width)]


def _without_errors(report: Report, width: int, paint: Paint) -> list[str]:
    """Warn that drawing from items without errors brings none."""
    if not report["n"]:
        return ["No item is labelled on or off: nothing was measured."]
    if report["false_positives"] or report["false_negatives"]:
        return []
    most = min(3 / report["bootstrap"]["groups"], 1)  # B. Jovanovic and P. Levy, A look at the rule of three, 1997
    text = f"Nothing was judged wrongly, so the bootstrap has nothing to go by: up to {most:.1%} may be wrong (95%)."
    return [paint(line, "dim") for line in wrap(text, width)]


def _languages(report: Report, width: int, paint: Paint) -> list[str]:
    rows = [["language", "F1", "precision", "recall", "n"]]
    for language, figures in report["by_lang"].items():
        spans = figures["intervals"]
        rows.append(
            [
                safe(language) or _NOT_TOLD,
                with_interval(figures["f1"], spans["f1"]),
                with_interval(figures["precision"], spans["precision"]),
                with_interval(figures["recall"], spans["recall"]),
                f"{figures['n']:,}",
            ]
        )
    return ["", *table(rows, width, paint)]


def _facets(by_facet: ByFacet, found: Mapping[str, int], width: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    if by_facet["on"]:
        rows = [["on topic", "matched", "of", "share", "facet shown"]]
        rows += [
            [safe(name), f"{each['right']:,}", f"{each['n']:,}", with_interval(each["share"], each["interval"]),
             f"{each['shown']:,}"]
            for name, each in by_facet["on"].items()
        ]  # fmt: skip
        lines += ["", *table(rows, width, paint)]
    if by_facet["off"]:
        rows = [["off topic", "false alarms", "of", "share let go"]]
        rows += [
            [safe(name), f"{each['n'] - each['right']:,}", f"{each['n']:,}",
             with_interval(each["share"], each["interval"])]
            for name, each in by_facet["off"].items()
        ]  # fmt: skip
        lines += ["", *table(rows, width, paint)]
    if found:
        shown = ", ".join(f"{safe(name)} {number:,}" for name, number in sorted(found.items(), key=_most_first))
        lines += ["", *hanging("facets found: ", shown, width)]
    return lines


def _most_first(named: tuple[str, int]) -> tuple[int, str]:
    return -named[1], named[0]


def _errors(heading: str, items: Sequence[Judged], width: int, paint: Paint) -> list[str]:
    lines = ["", paint(f"{heading}: {len(items):,}", "bold")]
    for item in items:
        lines += _error(item, width, paint)
    return lines


def _error(item: Judged, width: int, paint: Paint) -> list[str]:
    where = f"line {item['line']}" if item["line"] else ""
    about = [safe(item["lang"]), safe(item["facet"]), where, "near miss" if item["near_miss"] else ""]
    lines = hanging(f"  {item['score']:.3f}  ", f"{safe(item['id'])}  {safe(item['title'])}".rstrip(), width)
    lines += [paint(f"         {line}", "dim") for line in joined(about, width - 9)]
    for reason in reasons(item["evidence"]):
        lines += ["         " + line for line in weighed(reason, width - 9)]
    if item["missing"]:
        wanted = "; ".join(safe(each) for each in item["missing"])
        lines += ["         " + line for line in hanging("would carry it over: ", wanted, width - 9)]
    return lines


def reasons(found: Sequence[Evidence]) -> list[Evidence]:
    """Put reasons in order, strongest for first, strongest against last; without weight, one only shows a facet."""
    return sorted((each for each in found if each.weight), key=lambda each: -each.weight)


def weighed(reason: Evidence, width: int) -> list[str]:
    """Write a reason with its weight and the words it rests on."""
    first, *others = evidence(reason, width - 6)
    return [f"{reason.weight:+5.1f} {first[2:]}", *("      " + line for line in others)]
