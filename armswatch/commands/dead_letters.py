"""`armswatch dead-letters`."""

from __future__ import annotations

from pathlib import Path

import click

from armswatch.options import config_option, json_option, load_config, print_struct


@click.group("dead-letters")
def dead_letters() -> None:
    """List, retry or drop records that could not be handled."""


@dead_letters.command("list", epilog="\b\nExample:\n  armswatch dead-letters list --json")
@config_option
@json_option
def list_(directory: Path | None, as_json: bool) -> None:
    """List the records that still wait for someone."""
    from armswatch import letters  # noqa: PLC0415

    found = letters.waiting(load_config(directory))
    if as_json:
        print_struct(found)
        return
    for letter in found:
        click.echo(letters.text(letter))
    if not found:
        click.echo("No dead letters: every record was handled.", err=True)


@dead_letters.command(epilog="\b\nExample:\n  armswatch dead-letters retry --all")
@config_option
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that wait.")
def retry(directory: Path | None, ids: tuple[str, ...], every: bool) -> None:
    """Give records back to the topic they came from, so that the stage handles them again. Stop the service first."""
    from armswatch import letters  # noqa: PLC0415

    done = letters.retry(load_config(directory), ids, every=every)
    click.echo(f"{len(done)} given back. The stage handles them when the service starts.")


@dead_letters.command(epilog="\b\nExample:\n  armswatch dead-letters drop match:armswatch.items:2:17")
@config_option
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that wait.")
def drop(directory: Path | None, ids: tuple[str, ...], every: bool) -> None:
    """Let go of records for good. Stop the service first."""
    from armswatch import letters  # noqa: PLC0415

    done = letters.drop(load_config(directory), ids, every=every)
    click.echo(f"{len(done)} dropped.")
