"""Names for workers that outlive them: whoever starts after a crash takes the dead one's name, and so its place.

A transactional producer ends at once what an earlier one of its name left open. With a name of its own at each start,
a crash would hold up all readers until the broker's timeout.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import StorageUnusable

_DIRECTORY = "workers"
_INSTANCE = "instance"


@dataclass(slots=True)
class Slot:
    """A worker's place on a data directory, held until it is released or the process ends.

    Attributes:
        name: unique among living workers; the same again for who takes this place next.
        instance: of the data directory, the same for all of its workers.
    """

    name: str
    instance: str
    _file: int = field(repr=False)

    def release(self) -> None:
        """Leave the place to another. Idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def claim(directory: Path) -> Slot:
    """Take the first place on a data directory that no living process holds.

    Raises:
        StorageUnusable: the directory cannot be written.
    """
    place = directory / _DIRECTORY
    try:
        place.mkdir(parents=True, exist_ok=True)
        instance = _instance(place / _INSTANCE)
        number = 0
        while (file := _taken(place / str(number))) is None:
            number += 1
    except OSError as error:
        what = f"The directory {place} cannot be used: {error.strerror or error}."
        raise StorageUnusable(what, "Set `data_dir` to a directory that can be written.") from error
    return Slot(f"{instance}.{number}", instance, file)


def instance_of(directory: Path) -> str:
    """Tell the id of a data directory; the first to ask gives it one.

    Raises:
        StorageUnusable: the directory cannot be written.
    """
    slot = claim(directory)
    slot.release()
    return slot.instance


def _instance(path: Path) -> str:
    """Read the id; write one where there is none, whole or not at all, and the same for all who try at once."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
        draft.write_text(uuid.uuid4().hex[:12])
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _taken(path: Path) -> int | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise
    return file
