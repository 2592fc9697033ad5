"""Calls that nothing waits for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from ingest.daemon_threads import DaemonThreads


def test_a_call_gives_what_it_gives_and_raises_what_it_raises() -> None:
    async def both() -> int:
        threads = DaemonThreads(1, "test")
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)
        return await threads.run(lambda: 7)

    assert asyncio.run(both()) == 7


def test_only_so_many_run_at_a_time_and_one_given_up_keeps_its_place_until_it_ends() -> None:
    async def third() -> tuple[bool, bool]:
        threads, release = DaemonThreads(2, "test"), threading.Event()
        hanging = [asyncio.create_task(threads.run(partial(release.wait, 10))) for _ in range(2)]
        await asyncio.sleep(0.01)
        hanging[0].cancel()
        waiting = asyncio.create_task(threads.run(lambda: True))
        done, _ = await asyncio.wait([waiting], timeout=0.05)
        release.set()
        await hanging[1]
        return not done, await waiting

    assert asyncio.run(third()) == (True, True)


def test_a_call_that_outlives_its_loop_disturbs_no_one() -> None:
    ended = threading.Event()

    def call() -> None:
        time.sleep(0.1)
        ended.set()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await DaemonThreads(1, "test").run(call)

    asyncio.run(give_up())
    assert ended.wait(5)
    for thread in threading.enumerate():
        if thread.name == "test":
            thread.join(5)  # an exception in it would fail this test


def test_the_end_of_the_program_does_not_wait_for_a_call_that_hangs() -> None:
    program = (
        "import asyncio, time\n"
        "from ingest.daemon_threads import DaemonThreads\n"
        "async def main():\n"
        "    async with asyncio.timeout(0.05):\n"
        "        await DaemonThreads(1, 'test').run(lambda: time.sleep(60))\n"
        "try:\n"
        "    asyncio.run(main())\n"
        "except TimeoutError:\n"
        "    print('gave up')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert (ran.stdout, ran.stderr) == ("gave up\n", "")
