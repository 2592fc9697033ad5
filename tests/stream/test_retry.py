"""How long to wait before the next try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.retry import RetryPolicy


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (100, 10), (10**9, 10)])
def test_the_wait_grows_up_to_the_longest(failures: int, seconds: float) -> None:
    policy = RetryPolicy(first=timedelta(seconds=1), factor=2, longest=timedelta(seconds=10))

    assert policy.delay(failures) == timedelta(seconds=seconds)


@given(st.integers(1, 10**12))
def test_the_wait_never_exceeds_the_longest_nor_shrinks(failures: int) -> None:
    policy = RetryPolicy()

    assert policy.first <= policy.delay(failures) <= policy.delay(failures + 1) <= policy.longest
