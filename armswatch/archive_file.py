"""The archive's file as a thing to be put away: it is filled again from the log when the service next starts."""

from __future__ import annotations

from pathlib import Path

from armswatch import wiring
from config.loader import Config
from core.errors import StorageUnusable

_PARTS = ("", "-wal", "-shm")


def put_away(config: Config, suffix: str) -> Path | None:
    """Rename the archive to `archive.sqlite.<suffix>`, over an earlier one; return its new path, None without one.

    Raises:
        AlreadyRunning: a process fills it from a log on Kafka. On the embedded log, the caller holds that.
        StorageUnusable: it cannot be renamed.
    """
    path = wiring.archive_path(config)
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.{suffix}")
    lock = wiring.lock_archive(config)
    try:
        for part in reversed(_PARTS):  # the file itself last: a run that was cut short does it again
            old, new = path.with_name(path.name + part), aside.with_name(aside.name + part)
            if old.exists():
                old.replace(new)
            else:
                new.unlink(missing_ok=True)
    except OSError as error:
        raise StorageUnusable(
            f"The archive {path} cannot be put away: {error.strerror}.", "Delete it; it is filled again from the log."
        ) from error
    finally:
        if lock:
            lock.release()
    return aside
