"""`armswatch demo`."""

from __future__ import annotations

import click


@click.command(epilog="\b\nExample:\n  armswatch demo --seconds 60 --keep")
@click.option("--seconds", type=click.FloatRange(10, 3600), default=30, show_default=True, help="How long to show.")
@click.option("--keep", is_flag=True, help="Keep the demo's configuration and log, and tell where they are.")
def demo(seconds: float, keep: bool) -> None:
    """Watch the whole pipeline at work on a dozen feeds of its own. Needs no network and leaves nothing behind."""
    from armswatch import demonstration  # noqa: PLC0415

    demonstration.run(seconds=seconds, keep=keep)
