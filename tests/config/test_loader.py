"""Good configurations, and directories that are odd."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.loader import load
from config.settings import Settings
from core.errors import ConfigError, Mistake
from tests.config.tree import FEEDS, GOOD, TOPIC, write

UNREADABLE = Path("/proc/self/mem")


def whole(wanted: str, file: str) -> tuple[Mistake, ...]:
    return (Mistake(file, None, "", "", wanted),)


def mistakes(directory: Path) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as caught:
        load(directory, {})
    return caught.value.mistakes


def test_reads_settings_feeds_and_topics(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "armswatch.yaml": "polling:\n  min_interval: 1s\n  interval: 5s\nnetwork:\n"})

    config = load(tmp_path, {})

    assert config.settings.polling.interval == timedelta(seconds=5)
    assert config.settings.network == Settings().network
    assert [feed.url for feed in config.feeds] == ["https://example.org/feed.xml"]
    assert [topic.file.topic for topic in config.topics] == ["arms"]
    assert config.directory == tmp_path
    assert config.own_topics


@pytest.mark.parametrize("content", [None, "", "# comments\n", "---\n", "polling:\nlog: ~\n", "\ufeffalerts: {}\n"])
def test_settings_may_be_absent_or_empty(tmp_path: Path, content: str | None) -> None:
    write(tmp_path, GOOD if content is None else {**GOOD, "armswatch.yaml": content})

    assert load(tmp_path, {}).settings == Settings()


def test_the_identity_of_a_feed_is_its_address_as_written(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "feeds.yaml": "feeds:\n  - url: HTTPS://Example.org:443\n"})

    assert load(tmp_path, {}).feeds[0].url == "HTTPS://Example.org:443"


def test_words_that_look_like_yes_and_no_stay_text(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "feeds.yaml": FEEDS + "    language: no\n    country: NO\n    origin: on\n"})

    feed = load(tmp_path, {}).feeds[0]

    assert (feed.language, feed.country, feed.origin) == ("no", "NO", "on")


@pytest.mark.parametrize("interval", ["2m", "6h"])
def test_a_feed_may_be_polled_as_often_or_seldom_as_any(tmp_path: Path, interval: str) -> None:
    write(tmp_path, {**GOOD, "feeds.yaml": FEEDS + f"    interval: {interval}\n"})

    assert load(tmp_path, {}).feeds[0].interval is not None


def test_a_feed_that_is_not_enabled_is_listed_but_not_polled(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "feeds.yaml": FEEDS + "  - {url: 'https://example.net/', enabled: false}\n"})

    config = load(tmp_path, {})

    assert len(config.feeds) == 2
    assert [feed.name for feed in config.enabled_feeds] == ["Example Wire"]


def test_a_topic_knows_its_file_its_hash_and_its_lines(tmp_path: Path) -> None:
    topic = load(write(tmp_path), {}).topics[0]

    assert topic.path == tmp_path / "topics/arms.yaml"
    assert topic.sha256 == hashlib.sha256(TOPIC.encode()).hexdigest()
    assert topic.line_of(("concepts", "dprk", "terms", "en", 1)) == 7
    assert topic.mistake(("evidence", "named", "when"), "a known name", "dprkk") == Mistake(
        "topics/arms.yaml", 11, "evidence.named.when", "dprkk", "a known name"
    )


def test_settings_and_feeds_know_their_lines(tmp_path: Path) -> None:
    config = load(write(tmp_path, {**GOOD, "armswatch.yaml": "\nnetwork:\n  contact: x\n"}), {})

    assert config.settings_lines.line_of(("network", "contact")) == 3
    assert config.feeds_lines.line_of(("feeds", 0, "name")) == 3


def test_without_a_topics_directory_the_packaged_topics_are_used(tmp_path: Path) -> None:
    config = load(write(tmp_path, {"feeds.yaml": FEEDS}), {})

    assert not config.own_topics
    assert config.topics
    assert all(topic.path.parent.parent != tmp_path for topic in config.topics)


def test_other_files_do_not_count(tmp_path: Path) -> None:
    odd = {"topics/.hidden.yaml": "x", "topics/#arms.yaml#": "x", "topics/arms.yaml~": "x", "topics/README.md": "x"}
    write(tmp_path, {**GOOD, **odd, "notes.yml": "x", "topics/old/other.yaml": "x"})
    (tmp_path / "topics/.#arms.yaml").symlink_to("nobody@nowhere")

    assert len(load(tmp_path, {}).topics) == 1


def test_topics_come_by_file_name(tmp_path: Path) -> None:
    more = {f"topics/{name}.yaml": TOPIC.replace("arms", name) for name in ("zeta", "alpha")}

    config = load(write(tmp_path, {**GOOD, **more}), {})

    assert [topic.file.topic for topic in config.topics] == ["alpha", "arms", "zeta"]


@pytest.mark.parametrize("name", ["feeds.yml", "armswatch.yml", "topics/more.yml"])
def test_a_file_that_ends_in_yml_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, {**GOOD, name: "x"})

    assert mistakes(tmp_path) == whole("a file name that ends in .yaml, not .yml", name)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    away = tmp_path / "away"

    assert mistakes(away) == whole("a directory: No such file or directory", str(away))


def test_a_file_in_place_of_the_directory_is_told(tmp_path: Path) -> None:
    write(tmp_path)

    assert mistakes(tmp_path / "feeds.yaml") == whole("a directory: Not a directory", str(tmp_path / "feeds.yaml"))


def test_a_name_no_file_can_have_is_told() -> None:
    assert mistakes(Path("a\0b")) == whole("a directory: embedded null byte", "a\\x00b")


def test_no_feeds_file_is_told(tmp_path: Path) -> None:
    (told,) = mistakes(write(tmp_path, {"topics/arms.yaml": TOPIC}))

    assert told.file == "feeds.yaml"
    assert "armswatch init" in told.wanted


@pytest.mark.parametrize("content", [None, "x"])
def test_no_topic_is_told(tmp_path: Path, content: str | None) -> None:
    write(tmp_path, {"feeds.yaml": FEEDS})
    if content is None:
        (tmp_path / "topics").mkdir()
    else:
        (tmp_path / "topics").write_text(content)

    assert mistakes(tmp_path) == whole("at least one topic file whose name ends in .yaml", "topics")


@pytest.mark.parametrize("name", ["armswatch.yaml", "feeds.yaml", "topics/x.yaml"])
def test_what_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, {file: content for file, content in GOOD.items() if file != name})
    (tmp_path / name).mkdir()

    assert mistakes(tmp_path) == whole("a file", name)


@pytest.mark.parametrize("name", ["armswatch.yaml", "feeds.yaml", "topics/x.yaml"])
def test_a_link_that_leads_nowhere_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, {file: content for file, content in GOOD.items() if file != name})
    (tmp_path / name).symlink_to(tmp_path / "nowhere")

    assert mistakes(tmp_path) == whole("a file", name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path)
    os.mkfifo(tmp_path / "topics/pipe.yaml")

    assert mistakes(tmp_path) == whole("a file", "topics/pipe.yaml")


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a file that opens and can't be read, whoever asks")
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"topics/arms.yaml": TOPIC})
    (tmp_path / "feeds.yaml").symlink_to(UNREADABLE)

    assert mistakes(tmp_path) == whole("a file that can be read: Input/output error", "feeds.yaml")


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"topics/arms.yaml": TOPIC})
    (tmp_path / "feeds.yaml").symlink_to(tmp_path / "feeds.yaml")

    assert mistakes(tmp_path) == whole("a file", "feeds.yaml")


def test_a_huge_file_is_told_without_being_read(tmp_path: Path) -> None:
    write(tmp_path)
    with (tmp_path / "feeds.yaml").open("r+b") as file:
        file.truncate(10**12)

    assert mistakes(tmp_path) == whole("at most 20000000 bytes", "feeds.yaml")


@pytest.mark.parametrize(("name", "shown"), [(b"\xff.yaml", "\\udcff.yaml"), (b"a\x1b[31m.yaml", "a\\x1b[31m.yaml")])
def test_a_file_name_that_cannot_be_shown_is_told_in_escapes(tmp_path: Path, name: bytes, shown: str) -> None:
    write(tmp_path)
    (tmp_path / "topics" / os.fsdecode(name)).write_text(TOPIC)

    assert mistakes(tmp_path) == whole("a file name in UTF-8 without control characters", f"topics/{shown}")


def test_a_thousand_feeds_load_fast(tmp_path: Path) -> None:
    feed = "  - {{url: 'https://example.org/{0}', name: Outlet {0}, language: en, country: US, kind: wire, interval: 5m}}\n"
    write(tmp_path, {**GOOD, "feeds.yaml": "feeds:\n" + "".join(feed.format(number) for number in range(1000))})
    load(tmp_path, {})
    times = []
    for _ in range(3):
        started = time.process_time()
        assert len(load(tmp_path, {}).feeds) == 1000
        times.append(time.process_time() - started)

    assert min(times) < 0.25  # .05 s of CPU where this was written


FRAGMENTS = st.sampled_from(
    [
        "feeds:",
        "url",
        "- ",
        "https://",
        "log: ",
        "topic: ",
        "evidence:",
        "when: {all: [",
        "&a ",
        "*a",
        "!!x",
        "!%1b ",
        "\t",
        "{",
        "]",
        "\n",
        "\n  ",
        "'",
        '"',
        ">",
        "5m",
        "~",
        "%",
        "#",
        "?",
        "1e9",
        "\u2028",
        "no",
        ": ",
        ", ",
        "\x85",
        '"\\e"',
    ]
)
CONTENTS = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(str.encode),
    st.lists(FRAGMENTS, max_size=20).map("".join).map(str.encode),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(CONTENTS, CONTENTS, CONTENTS)
def test_whatever_the_files_hold_only_mistakes_are_raised(
    tmp_path: Path, first: bytes, second: bytes, third: bytes
) -> None:
    write(tmp_path, {"armswatch.yaml": first, "feeds.yaml": second, "topics/arms.yaml": third})

    told = mistakes(tmp_path)

    assert all(each.wanted and str(each).isprintable() for each in told)
