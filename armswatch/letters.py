"""What `armswatch dead-letters` does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from armswatch import wiring
from armswatch.clock import utc_now
from config.loader import Config
from core.errors import UserError
from core.text import terminal_safe
from core.types import DeadLetter
from stream.deadletters import DeadLetters


def waiting(config: Config) -> Sequence[DeadLetter]:
    """List the letters that wait; needs no service to be stopped."""
    if not wiring.has_log(config):
        return ()
    log = wiring.read_log(config)
    try:
        return DeadLetters(log).list()
    finally:
        log.close()


def text(letter: DeadLetter) -> str:
    """Write a letter for people."""
    head = f"{letter.id}  {letter.failed:%Y-%m-%d %H:%M:%SZ}  {len(letter.value):,} bytes, {letter.tries} tries"
    return terminal_safe(head) + "\n    " + terminal_safe(f"{letter.reason}  [{letter.digest}]")


def retry(config: Config, ids: Collection[str], *, every: bool) -> Sequence[DeadLetter]:
    """Give letters back to where they came from."""
    return _resolve(config, ids, every, lambda letters, chosen: letters.retry(chosen))


def drop(config: Config, ids: Collection[str], *, every: bool) -> Sequence[DeadLetter]:
    """Let go of letters."""
    return _resolve(config, ids, every, lambda letters, chosen: letters.drop(chosen))


def _resolve(
    config: Config,
    ids: Collection[str],
    every: bool,
    act: Callable[[DeadLetters, Collection[str]], Sequence[DeadLetter]],
) -> Sequence[DeadLetter]:
    if bool(ids) == every:
        raise UserError("Which dead letters?", "Name their ids, or say --all.")
    log = wiring.operate_log(config, utc_now)
    try:
        letters = DeadLetters(log)
        return act(letters, [letter.id for letter in letters.list()] if every else ids)
    finally:
        log.close()
