"""`armswatch topic test`, `fit`, `diff`, `backtest`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from armswatch.exits import Exit
from armswatch.options import DurationType, config_option, json_option, load_config, page, print_struct

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOW_FROM = 2000  # items; fewer are judged before a bar could be read


def _watch(rows: list[Any]) -> Iterable[Any]:
    """Show on a terminal how far it is, where there is much to do."""
    if len(rows) < _SHOW_FROM or not sys.stderr.isatty():
        yield from rows
        return
    with click.progressbar(rows, label="Judging", file=sys.stderr, show_pos=True) as shown:
        yield from shown


def _count(texts: Iterable[Any]) -> Iterable[Any]:
    """Show on a terminal how many it has read, where their number is not known before."""
    number = 0
    for number, text in enumerate(texts, 1):
        yield text
        if number % _SHOW_FROM == 0 and sys.stderr.isatty():
            click.echo(f"\r{number:,} items", nl=False, err=True)
    if number >= _SHOW_FROM and sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)


@click.command(
    epilog="""\b
Example:
  armswatch topic test labelled.jsonl --topic russia-dprk-arms --json

Each line of FILE: {"title", "summary", "lang", "label": "on" | "off" | "borderline"}, and if you like "id", "facet"
(of an item that is off: how near it is, such as hard, near, far), and "url", "story" or "episode", by which items that
report the same are drawn together for the intervals. Borderline lines are not scored. Exits with 7 when F1 is below
--at-least.""",
)
@config_option
@json_option
@click.argument("file", type=_FILE)
@click.option("--topic", "topic_id", help="The topic; may be left out where there is but one.")
@click.option("--at-least", type=click.FloatRange(0, 1), default=0.0, help="The F1 that must be reached.")
@click.option("--resamples", type=click.IntRange(10, 1_000_000), default=2000, help="Of the bootstrap.")
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, help="Of the intervals.")
@click.option("--seed", type=click.IntRange(0), default=1, help="Of the bootstrap; the same gives the same intervals.")
@click.pass_context
def test(
    ctx: click.Context,
    directory: Path | None,
    as_json: bool,
    file: Path,
    topic_id: str | None,
    at_least: float,
    resamples: int,
    confidence: float,
    seed: int,
) -> None:
    """Measure a topic on labelled items: precision, recall, F1, by language and facet, and every error explained."""
    from armswatch import tuning  # noqa: PLC0415
    from delivery.topic_report import report_text  # noqa: PLC0415
    from processors.bootstrap import Plan  # noqa: PLC0415

    plan = Plan(resamples, seed, confidence)
    report = tuning.measure(load_config(directory), topic_id, file, plan, _watch)
    if as_json:
        print_struct(report)
    else:
        width, colour = page()
        click.echo(report_text(report, width=width, colour=colour))
    ctx.exit(Exit.OK if report["f1"] >= at_least else Exit.REFUSED)


@click.command(
    epilog="""\b
Examples:
  armswatch topic fit labelled.jsonl --topic russia-dprk-arms
  armswatch topic fit labelled.jsonl --extra verdicts.jsonl --l2 3 --output fit.patch

FILE is as for `topic test`. Evidence that speaks for stays so, evidence against too; a smaller --l2 lets weights
wander further. The patch changes numbers only: look at it, then `patch -p1 -d mydesk < fit.patch`. Needs scikit-learn,
which the extra `fit` of the package brings.""",
)
@config_option
@json_option
@click.argument("file", type=_FILE)
@click.option("--topic", "topic_id", help="The topic; may be left out where there is but one.")
@click.option(
    "--extra", type=_FILE, multiple=True, help="More items, to fit to and never to measure on; may be repeated."
)
@click.option("--l2", type=click.FloatRange(0.001, 1000), default=1.0, help="The pull towards the weights as they are.")
@click.option("--folds", type=click.IntRange(2, 20), default=5, help="Parts of FILE that are held out in turn.")
@click.option("--seed", type=click.IntRange(0), default=1, help="Of the folds and the intervals.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the patch; to a .yaml, the file."
)
def fit(
    directory: Path | None,
    as_json: bool,
    file: Path,
    topic_id: str | None,
    extra: tuple[Path, ...],
    l2: float,
    folds: int,
    seed: int,
    output: Path | None,
) -> None:
    """Propose weights from labelled items, as a patch to review; try them on items that were held out."""
    from armswatch import topics, tuning  # noqa: PLC0415
    from delivery.topic_fit import fit_text  # noqa: PLC0415
    from processors.bootstrap import Plan  # noqa: PLC0415

    config = load_config(directory)
    found = tuning.fit(config, topic_id, file, extra, l2=l2, folds=folds, plan=Plan(seed=seed), watch=_watch)
    if output:
        tuning.write(found, output, topics.chosen(config, topic_id).path)
    if as_json:
        print_struct(found.report)
        return
    width, colour = page()
    click.echo(fit_text(found.report, width=width, colour=colour))


@click.command(
    epilog="""\b
Examples:
  armswatch topic diff topics/mine.yaml draft.yaml --on labelled.jsonl
  armswatch topic diff topics/mine.yaml draft.yaml --stored 7d -c mydesk

Counts come first, then the items, each with the evidence that made the difference.""",
)
@config_option
@json_option
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--on", "labelled", type=_FILE, help="Judge these labelled items, as for `topic test`.")
@click.option("--stored", "since", type=DurationType(), help="Judge the items stored in so long a time.")
@click.option("--moves", type=click.FloatRange(0, 1), default=0.2, help="How far a score must move to be told.")
@click.option("--limit", type=click.IntRange(1), default=20, help="Items to show of each kind; --json has all.")
def diff(
    directory: Path | None,
    as_json: bool,
    before: Path,
    after: Path,
    labelled: Path | None,
    since: timedelta | None,
    moves: float,
    limit: int,
) -> None:
    """Tell what the topic file AFTER would change against BEFORE: items that begin or cease to match, and why."""
    from armswatch import comparing  # noqa: PLC0415
    from delivery.topic_changes import diff_text  # noqa: PLC0415

    if labelled and not since:
        report = comparing.on_labelled(before, after, labelled, moves)
    elif since and not labelled:
        report = comparing.on_stored(load_config(directory), before, after, since, moves, _count)
    else:
        raise click.UsageError("Either --on or --stored.")
    if as_json:
        print_struct(report)
        return
    width, colour = page()
    click.echo(diff_text(report, limit=limit, width=width, colour=colour))


@click.command(
    epilog="""\b
Example:
  armswatch topic backtest russia-dprk-arms --since 30d -c mydesk

The service may run meanwhile. Nothing is changed: `armswatch replay match` has the past judged again for good.""",
)
@config_option
@json_option
@click.argument("topic_id", metavar="TOPIC")
@click.option("--since", type=DurationType(), default="30d", help="How far back to go.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="Items to show of each kind.")
def backtest(directory: Path | None, as_json: bool, topic_id: str, since: timedelta, limit: int) -> None:
    """Tell what TOPIC, as its file is now, would have matched of the stored items, beside what was matched."""
    from armswatch import comparing  # noqa: PLC0415
    from delivery.topic_backtest import backtest_text  # noqa: PLC0415

    report = comparing.backtested(load_config(directory), topic_id, since, limit, _count)
    if as_json:
        print_struct(report)
        return
    width, colour = page()
    click.echo(backtest_text(report, width=width, colour=colour))
