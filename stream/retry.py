"""How often and after how long something that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off, without jitter: a stage has no herd to run with."""

    tries: int = 5  # of a batch, before its records are taken one at a time
    first: timedelta = timedelta(milliseconds=200)
    factor: float = 3.0
    longest: timedelta = timedelta(seconds=30)

    def delay(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures in a row (from 1)."""
        growth = self.factor ** min(failures - 1, 64)  # beyond that it is `longest` anyway, and floats have an end
        return timedelta(seconds=min(self.first.total_seconds() * growth, self.longest.total_seconds()))
