"""How far the shipped topic's scores can be read as probabilities, on labelled items that lie beside the project.

Run `python -m benchmarks.calibration`; `--write` makes docs/reference/calibration.md. Two parts are measured and never
mixed: the one that the topic was tuned on, and the one set aside (tests/labelled.py says which). Of the latter only
sums are shown: it stays unread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from config import places
from config.loader import LoadedTopic, load
from core.topic_reports import Report
from delivery.topic_report import reliability_rows, with_interval
from processors.evaluate import Row, evaluate
from processors.topic import CompiledTopic, compile_loaded
from tests.labelled import REAL_DEV, STORIES_DEV, TOPIC_DEV, split
from tests.labelled import load as load_rows

TOPIC = "russia-dprk-arms"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "calibration.md"
PARTS = ("tuned on", "set aside")
SOURCES = {"short items": TOPIC_DEV, "real text": REAL_DEV}
_HEAD = """\
# Calibration

Made by `python -m benchmarks.calibration --write`; do not edit.

A score is meant as a probability: of the items that score about 0.8, about eight in ten should be on topic. This page
says how far that holds for the shipped topic `{topic}` (file {digest}).

It is measured on labelled items that are not part of the project: short ones in nine languages, worded for the purpose,
and real text in English, most of it entries of an aggregator's feed. Two thirds of each were read while the topic was
tuned; one third is **set aside**: nobody reads it, and it is only measured. What counts is the part set aside: figures
on items that a topic was tuned on flatter.

- **Brier** is the mean squared distance between score and label (1 on topic, 0 off): 0 is perfect, 0.25 is what a score
  of 0.5 for everything gets. Most items lack what the topic requires, score 0 and are off topic; so the second figure is
  of the others alone.
- **Error** is the mean distance between the scores of a bin and the share on topic in it, weighted by items.
- Intervals of F1 and Brier are 95 % percentile intervals by bootstrap (Efron and Tibshirani, *An Introduction to the
  Bootstrap*, 1993), {resamples:,} resamples in which items that report the same are drawn together; intervals of shares are
  Wilson's (1927). Where nothing was judged wrongly the bootstrap has nothing to go by, and its interval is too narrow.

Make such figures for your own topic and items with [`armswatch topic test`](commands.md#armswatch-topic-test).

"""


def rows_of(path: Path) -> list[Row]:
    """Read a labelled file, each item with its story and episode, where it has one."""
    grouped = {row["id"]: row for row in load_rows(STORIES_DEV)}
    rows = load_rows(path)
    return [{**row, **{key: grouped.get(row["id"], {}).get(key, "") for key in ("story", "episode")}} for row in rows]


def parts() -> dict[str, dict[str, list[Row]]]:
    """Divide each file: part -> source -> rows."""
    found: dict[str, dict[str, list[Row]]] = {part: {} for part in PARTS}
    for source, path in SOURCES.items():
        rows = rows_of(path)
        read, aside = split(rows, {row["id"]: row["story"] for row in rows if row["story"]})
        found[PARTS[0]][source], found[PARTS[1]][source] = list(read), list(aside)
    return found


def measured(topic: CompiledTopic) -> dict[str, dict[str, Report]]:
    """Measure each part, by source and as a whole."""
    return {
        part: {
            **{source: evaluate(rows, topic) for source, rows in sources.items()},
            "all": evaluate([row for rows in sources.values() for row in rows], topic),
        }
        for part, sources in parts().items()
    }


def shipped() -> LoadedTopic:
    """Read the topic that comes with the program."""
    return next(each for each in load(places.packaged(), {}).topics if each.file.topic == TOPIC)


def page(loaded: LoadedTopic, figures: dict[str, dict[str, Report]]) -> str:
    """Write the page. Of each part it holds sums, and no item."""
    head = _HEAD.format(
        topic=loaded.file.topic,
        digest=f"`{loaded.sha256[:16]}`",
        resamples=figures[PARTS[1]]["all"]["bootstrap"]["resamples"],
    )
    lines = [head + "## Figures\n"]
    lines += _table(
        ("part", "items", "F1", "Brier", "Brier of those that have what is required", "error"), _sums(figures)
    )
    for part in reversed(PARTS):
        lines.append(f"\n## Reliability on the part {part}\n")
        lines += _table(
            ("score", "items", "mean score", "share on topic"), reliability_rows(figures[part]["all"]["calibration"])
        )
    return "\n".join(lines) + "\n"


def _sums(figures: dict[str, dict[str, Report]]) -> list[list[str]]:
    rows: list[list[str]] = []
    for part in reversed(PARTS):
        for source, report in figures[part].items():
            found = report["calibration"]
            scored = f"{found['brier_scored']:.4f} ({found['scored']:,} items)"
            rows.append(
                [
                    f"{part}: {source}",
                    f"{report['n']:,}",
                    with_interval(report["f1"], report["intervals"]["f1"]),
                    with_interval(found["brier"], found["brier_interval"], 4),
                    scored,
                    f"{found['error']:.4f}",
                ]
            )
    return rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def main() -> None:
    """Measure; print the page or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="make docs/reference/calibration.md")
    options = parser.parse_args()
    if not TOPIC_DEV.exists():
        raise SystemExit("There are no labelled items beside the project.")
    loaded = shipped()
    text = page(loaded, measured(compile_loaded(loaded)))
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
        print(PAGE)
    else:
        print(text)


if __name__ == "__main__":
    main()
