"""Log lines are what they promise to be, on a terminal and off it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from armswatch import logs


@pytest.fixture
def lines() -> Iterator[list[str]]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield []
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_json_line_holds_event_level_time_and_facts(lines: list[str]) -> None:
    logs.configure("json", verbose=False, write=lines.append)
    structlog.get_logger().warning("feed_failing", feed="a", tries=3)
    line = json.loads(lines[0])
    assert (line["event"], line["level"], line["feed"], line["tries"]) == ("feed_failing", "warning", "a", 3)
    assert line["timestamp"].endswith("Z")


def test_debug_lines_come_only_when_asked_for(lines: list[str]) -> None:
    logs.configure("json", verbose=False, write=lines.append)
    structlog.get_logger().debug("detail")
    assert lines == []
    logs.configure("json", verbose=True, write=lines.append)
    structlog.get_logger().debug("detail")
    assert len(lines) == 1


def test_feed_text_cannot_steer_the_terminal(lines: list[str]) -> None:
    logs.configure("text", verbose=False, write=lines.append)
    structlog.get_logger().info("item", title="a\x1b]0;owned\x07b\u202ec\nd")
    assert len(lines) == 1
    assert not {"\x07", "\u202e", "\n"} & set(lines[0])
    assert "\x1b]" not in lines[0]


def test_a_library_that_warns_is_heard_in_the_same_form(lines: list[str]) -> None:
    logs.configure("json", verbose=False, write=lines.append)
    logging.getLogger("somelib").warning("careful with %s", "that")
    logging.getLogger("somelib").info("chatter")
    logging.getLogger("apscheduler.scheduler").warning("noise that we handle ourselves")
    assert [json.loads(line)["event"] for line in lines] == ["careful with that"]


def test_a_traceback_is_one_json_line(lines: list[str]) -> None:
    logs.configure("json", verbose=False, write=lines.append)
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger().exception("stage_died")
    assert "ValueError: broken" in json.loads(lines[0])["exception"]
