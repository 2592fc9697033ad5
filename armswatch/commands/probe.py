"""`armswatch probe`. Loads no more than it needs: containers call it every few seconds."""

from __future__ import annotations

import os
from pathlib import Path

import click

from armswatch import liveness
from armswatch.exits import Exit


@click.command(epilog="\b\nExamples:\n  armswatch probe -c /etc/armswatch\n  armswatch probe --ready")
@click.option(
    "-c",
    "--config",
    "directory",
    type=click.Path(path_type=Path),
    help="Configuration directory, to find the data directory; $ARMSWATCH_DATA_DIR is quicker.",
)
@click.option("--ready", is_flag=True, help="Also ask whether every stage is at work, with the log in reach.")
@click.pass_context
def probe(ctx: click.Context, directory: Path | None, ready: bool) -> None:
    """Tell whether the service that runs here, on this data directory, is alive: for a container's health checks.

    Exits with 0 when it is, else with 7 and the reason. A service that waits for its log to come back is alive, but
    not ready. It must be asked on the service's own machine, or in its container.
    """
    verdict = liveness.probe(liveness.data_dir_of(os.environ) or _configured(directory), ready=ready)
    click.echo(verdict.words, err=not verdict.well)
    ctx.exit(Exit.OK if verdict.well else Exit.REFUSED)


def _configured(directory: Path | None) -> Path:
    from armswatch.options import load_config  # noqa: PLC0415 - reads every file of the configuration

    return load_config(directory).data_dir
