"""`armswatch run` and `armswatch once`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from armswatch.options import config_option, load_config

_STAGES = ("ingest", "match", "alert", "archive")


def _read_stages(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    unknown = [name for name in names if name not in _STAGES]
    if unknown:
        raise click.BadParameter(f"no stage {', '.join(unknown)}; the stages are {', '.join(_STAGES)}.")
    return names


@click.command(
    epilog="""\b
Examples:
  armswatch run -c mydesk
  armswatch run -c mydesk --log-format json >> armswatch.log 2>&1

SIGTERM drains and ends it within 10 s; SIGHUP reloads the configuration, as any change to its files does.""",
)
@config_option
@click.option("--only", callback=_read_stages, default="", help="Run only these stages: ingest,match,alert,archive.")
@click.option(
    "--log-format",
    type=click.Choice(["auto", "live", "text", "json"]),
    default="auto",
    help="auto: a live status on a terminal, JSON lines otherwise.",
)
@click.pass_context
def run(ctx: click.Context, directory: Path | None, only: tuple[str, ...], log_format: str) -> None:
    """Run the service: poll the feeds, match what is new, raise alerts. Log lines go to standard error."""
    from armswatch import runner  # noqa: PLC0415 - loads the whole program; `--help` need not

    config = load_config(directory)
    style = runner.style_of(log_format, live=sys.stdout.isatty() and sys.stderr.isatty())
    ctx.exit(runner.run(config, only=only, style=style, verbose=ctx.obj["verbose"]))


@click.command(
    epilog="\b\nExample (from cron):\n  armswatch once -c mydesk --format jsonl >> alerts.jsonl",
)
@config_option
@click.option("--format", "style", type=click.Choice(["text", "jsonl"]), default="text", help="How to print alerts.")
@click.pass_context
def once(ctx: click.Context, directory: Path | None, style: str) -> None:
    """Poll every feed once, process what came, print the alerts, and exit.

    Exits with 6 when not one feed could be reached.
    """
    from armswatch import round as one_round  # noqa: PLC0415

    ctx.exit(one_round.once(load_config(directory), style=style, verbose=ctx.obj["verbose"]))
