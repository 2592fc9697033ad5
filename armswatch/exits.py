"""Exit codes, by name."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the exit code of a command says."""

    OK = 0  # it did what was asked
    FAILED = 1  # something unforeseen; run again with -v for the traceback
    USAGE = 2  # the command line is wrong
    CONFIG = 3  # the configuration is wrong; every mistake is listed
    STORAGE = 4  # the data directory or a file in it cannot be used
    ALREADY_RUNNING = 5  # another service holds the same data
    UNREACHABLE = 6  # not one feed could be reached
    REFUSED = 7  # a check or a test did not pass
    NOT_FOUND = 8  # nothing is known of what was asked for
    LOG_REFUSED = 9  # the event log cannot be used as configured: login, certificate, grants, number of partitions
    LOG_AWAY = 10  # the event log cannot be reached for now; try again
