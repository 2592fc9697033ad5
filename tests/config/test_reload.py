"""Reading the configuration again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.loader import load
from config.reload import Reloaded, reload
from tests.config.tree import FEEDS, GOOD, TOPIC, write


def again(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], environ: dict[str, str] | None = None
) -> Reloaded:
    config = load(write(tmp_path, {**GOOD, **before}), {})
    return reload(config, write(tmp_path, {**GOOD, **after}), environ or {})


def test_nothing_changed(tmp_path: Path) -> None:
    found = again(tmp_path, {}, {"feeds.yaml": FEEDS + "\n# a comment\n"})

    assert found.config is not None
    assert found[1:] == ((), (), ())


def test_a_mistake_leaves_the_running_configuration(tmp_path: Path) -> None:
    found = again(tmp_path, {}, {"feeds.yaml": "feeds: 5\n"})

    assert found.config is None
    assert [each.key for each in found.mistakes] == ["feeds"]
    assert (found.changed, found.restart_needed) == ((), ())


@pytest.mark.parametrize(
    ("before", "after", "changed", "restart"),
    [
        ("", "polling: {interval: 10m}", ["polling.interval: 15m -> 10m"], []),
        ("", "network: {contact: a@b.c}", ["network.contact: (empty) -> a@b.c"], []),
        ("network: {allow_private: [a, b]}", "", ["network.allow_private: [a, b] -> []"], []),
        ("", "log: {partitions: 8}", ["log.partitions: 4 -> 8"], ["log.partitions"]),
        ("data_dir: /x", "data_dir: /y", ["data_dir: /x -> /y"], ["data_dir"]),
        ("data_dir: /x/../y", "data_dir: /y", [], []),
        (
            "",
            "log: {keep_items: 2d}\nalerts: {likeness: 1}\npolling: {parse_processes: 2}",
            ["log.keep_items: 30d -> 2d", "polling.parse_processes: 1 -> 2", "alerts.likeness: 0.6 -> 1.0"],
            ["log.keep_items", "polling.parse_processes"],
        ),
    ],
)
def test_settings_that_changed_are_told_and_what_needs_a_restart(
    tmp_path: Path, before: str, after: str, changed: list[str], restart: list[str]
) -> None:
    found = again(tmp_path, {"armswatch.yaml": before}, {"armswatch.yaml": after})

    assert (list(found.changed), list(found.restart_needed)) == (changed, restart)


def test_the_data_directory_of_the_environment_counts_too(tmp_path: Path) -> None:
    found = again(tmp_path, {"armswatch.yaml": "data_dir: /x"}, {}, {"ARMSWATCH_DATA_DIR": "/z"})

    assert found.changed == ("data_dir: /x -> /z",)
    assert found.restart_needed == ("data_dir",)


def test_feeds_that_changed_are_named(tmp_path: Path) -> None:
    one, two, three = (f"  - {{url: 'https://example.org/{n}', name: N{n}}}\n" for n in (1, 2, 3))

    found = again(
        tmp_path,
        {"feeds.yaml": "feeds:\n" + one + two},
        {"feeds.yaml": "feeds:\n" + two.replace("N2", "New") + three.replace(", name: N3", "")},
    )

    assert found.changed == ("feeds added: https://example.org/3", "feeds removed: N1", "feeds changed: New")


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, ", 1 more"), (9, ", 4 more")])
def test_many_feeds_are_counted(tmp_path: Path, count: int, more: str) -> None:
    added = "".join(f"  - {{url: 'https://example.org/{n}', name: N{n}}}\n" for n in range(count))

    found = again(tmp_path, {}, {"feeds.yaml": FEEDS + added})

    assert found.changed == (f"feeds added: N0, N1, N2, N3, N4{more}",)


def test_topics_that_changed_are_named(tmp_path: Path) -> None:
    config = load(write(tmp_path, {**GOOD, "topics/b.yaml": TOPIC.replace("arms", "b")}), {})
    (tmp_path / "topics/b.yaml").unlink()
    write(tmp_path, {"topics/arms.yaml": TOPIC + "bias: -1\n", "topics/c.yaml": TOPIC.replace("arms", "c")})

    found = reload(config, tmp_path, {})

    assert found.changed == ("topics added: c", "topics removed: b", "topics changed: arms")


def test_topics_that_went_away_are_not_replaced_by_the_packaged_ones(tmp_path: Path) -> None:
    config = load(write(tmp_path), {})
    shutil.rmtree(tmp_path / "topics")

    found = reload(config, tmp_path, {})

    assert found.config is None
    assert found.mistakes[0].wanted == "this directory, which was there before"
