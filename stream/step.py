"""What a stage is to the worker loop: a step from records to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from stream.log import NewRecord, Record, TopicPartition


class Step(Protocol):
    """One stage's work. Called from one thread.

    The worker reads a batch, calls the step, and commits what it returns together with the positions read. A step
    may be called again with the same records (after a failed commit, a crash, a replay), so its records must depend
    on nothing but the input and the state it rebuilds in `gained`.
    """

    name: str  # the stage, and its reader group
    inputs: Sequence[str]  # the log topics it reads

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Build the state of these partitions. Return positions to seek to, where the group's own don't count."""

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        """Drop the state of these partitions. Called too when a commit failed, before `gained` with the same ones."""

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        """Handle the records, in order. State records go to the partition of the input they came from.

        Raises:
            LogUnavailable: for now; the batch is tried again for as long as it takes.
            Exception: anything else: tried again a few times, then the record it fails on goes to dead letters.
        """
