"""The archive's file: how far it is filled, and putting it away, to be filled again when the service next starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from archive.queries import Archive
from armswatch import wiring
from config.loader import Config
from core.errors import StorageUnusable
from stream.log import TopicPartition

_PARTS = ("", "-wal", "-shm")


def archived(config: Config) -> Mapping[TopicPartition, int]:
    """Tell how far each partition is archived; these positions count, not those of the group on the log."""
    if not wiring.archive_path(config).exists():
        return {}
    with Archive.open(wiring.archive_path(config)) as archive:
        return archive.positions()


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
