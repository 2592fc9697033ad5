"""`armswatch init`."""

from __future__ import annotations

from pathlib import Path

import click

from config.loader import init as write_defaults


@click.command(
    epilog="\b\nExample:\n  armswatch init mydesk && armswatch check -c mydesk && armswatch run -c mydesk",
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(directory: Path, force: bool) -> None:
    """Write a configuration to DIRECTORY: settings, feeds, topics, and schemas for your editor."""
    for path in write_defaults(directory, force=force):
        click.echo(str(path))
    click.echo(f"\nNow edit {directory / 'feeds.yaml'} and {directory / 'topics'}, then:", err=True)
    click.echo(f"  armswatch check -c {directory}\n  armswatch run -c {directory}", err=True)
