"""`armswatch check`."""

from __future__ import annotations

from pathlib import Path

import click

from armswatch.exits import Exit
from armswatch.options import config_option, json_option, load_config, print_json

_MARKS = {"ok": "ok     ", "warning": "warning", "failed": "FAILED "}


@click.command(
    epilog="\b\nExamples:\n  armswatch check -c mydesk && systemctl restart armswatch\n  armswatch check --online"
)
@config_option
@json_option
@click.option("--online", is_flag=True, help="Go to the log's Kafka brokers too, and tell what is wrong between us.")
@click.pass_context
def check(ctx: click.Context, directory: Path | None, as_json: bool, online: bool) -> None:
    """Check the configuration, the topics and their examples, the data directory, log and archive. Changes nothing.

    Exits with 3 when the configuration is wrong, with 7 when something else is.
    """
    from armswatch import checkup  # noqa: PLC0415

    findings = checkup.check(load_config(directory), online=online)
    failed = any(finding.outcome == "failed" for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{_MARKS[finding.outcome]}  {finding.what}: {finding.says}")
    ctx.exit(Exit.REFUSED if failed else Exit.OK)
