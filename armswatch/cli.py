"""The command line: one table of commands, each loaded only when called. No logic in here."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

import click

from armswatch.exits import Exit
from core.errors import (
    AlreadyRunning,
    ArmswatchError,
    ConfigError,
    LogError,
    LogUnavailable,
    StorageUnusable,
    UserError,
)


class Entry(NamedTuple):
    """A command: where it lives, and its one line in `armswatch --help`."""

    module: str
    says: str


COMMANDS = {
    "init": Entry("init", "Write a configuration to start from."),
    "run": Entry("run", "Run the service: poll, match, alert."),
    "once": Entry("run", "Do one round, print the alerts, and exit."),
    "demo": Entry("demo", "Watch the whole pipeline work, without network or set-up."),
    "check": Entry("check", "Check configuration, topics, data directory and log."),
    "status": Entry("status", "Show feeds, their health, and how far each stage is."),
    "probe": Entry("probe", "Tell whether the service here is alive, or at work: for health checks."),
    "alerts": Entry("alerts", "Print alerts; --follow waits for more."),
    "topic": Entry("topic", "Propose, list, explain, measure, fit and compare topics."),
    "feeds": Entry("feeds", "List the feeds; test one."),
    "why": Entry("why", "Tell what every stage decided on a URL or text."),
    "replay": Entry("replay", "Have a stage handle the log again from a time."),
    "log": Entry("log", "List log topics, reader groups and their lag; copy the log to another."),
    "dead-letters": Entry("dead_letters", "List, retry or drop records that could not be handled."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"armswatch.commands.{entry.module}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.says) for name, entry in COMMANDS.items()])


EPILOG = """\b
Start here:
  armswatch demo              see it work, no set-up
  armswatch init mydesk       write a configuration
  armswatch run -c mydesk     run the service
  armswatch alerts --follow   read the alerts (in another terminal)
"""


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="armswatch", prog_name="armswatch")
@click.option("-v", "--verbose", is_flag=True, help="Show debug log lines, and tracebacks.")
@click.pass_context
def cli(ctx: click.Context, verbose: bool) -> None:
    """Armswatch watches news feeds and raises explained alerts on the topics you define."""
    ctx.obj = {"verbose": verbose}


def main() -> None:
    """Run the command line; turn errors into words and exit codes."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing to tell, no one to tell it
        code = Exit.OK
    except ArmswatchError as error:
        if "-v" in sys.argv or "--verbose" in sys.argv:
            raise
        click.echo(f"armswatch: {error}", err=True)
        code = exit_code_of(error)
    sys.exit(int(code or 0))


def exit_code_of(error: ArmswatchError) -> Exit:
    """Choose the exit code that says what kind of error it is."""
    table: tuple[tuple[type[ArmswatchError], Exit], ...] = (
        (ConfigError, Exit.CONFIG),
        (AlreadyRunning, Exit.ALREADY_RUNNING),
        (StorageUnusable, Exit.STORAGE),
        (UserError, Exit.USAGE),
        (LogUnavailable, Exit.LOG_AWAY),
        (LogError, Exit.LOG_REFUSED),
    )
    return next((code for kind, code in table if isinstance(error, kind)), Exit.FAILED)
