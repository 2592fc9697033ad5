"""Wrong configurations, each with what must be told: file, line, key, and what was wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from core.errors import ConfigError, Mistake
from tests.config.tree import GOOD, TOPIC, write

SETTINGS = "armswatch.yaml"
FEEDS = "feeds.yaml"
ARMS = "topics/arms.yaml"
FEED = "  - url: https://example.org/feed.xml\n"


def told(tmp_path: Path, files: dict[str, str | bytes]) -> tuple[Mistake, ...]:
    """Load the good configuration with these files instead, and return the mistakes."""
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path / "config", {**GOOD, **files}), {})
    return caught.value.mistakes


CASES: list[tuple[str, str | bytes, int | None, str, str]] = [
    # the file as a whole
    (SETTINGS, "- a\n- b\n", 1, "", "keys with values"),
    (SETTINGS, "text", 1, "", "keys with values"),
    (SETTINGS, b"log:\n  kind: \xff\n", 2, "", "text in UTF-8"),
    (SETTINGS, "polling: {interval: 5m\n", 2, "", "valid YAML"),
    (FEEDS, "", None, "", "not empty"),
    (FEEDS, "# nothing\n", None, "", "not empty"),
    (FEEDS, "\x00", 1, "", "no control characters"),
    (FEEDS, "feeds:\n\t- url: x\n", 2, "", "spaces for indentation"),
    (ARMS, "", None, "", "not empty"),
    (ARMS, "a: 1\n---\nb: 1\n", 2, "", "one document in a file"),
    # armswatch.yaml
    (SETTINGS, "intervall: 5m\n", 1, "intervall", "one of alerts, data_dir, log, network, polling"),
    (SETTINGS, "poling: {}\n", 1, "poling", "did you mean polling?"),
    (SETTINGS, "\npolling:\n  intervall: 5m\n", 3, "polling.intervall", "did you mean interval?"),
    (SETTINGS, "polling: 5\n", 1, "polling", "keys with values"),
    (SETTINGS, "polling: [a]\n", 1, "polling", "keys with values"),
    (SETTINGS, "polling:\n  interval: 5\n", 2, "polling.interval", "a duration such as 30s"),
    (SETTINGS, "polling:\n  interval: 5 minutes\n", 2, "polling.interval", "a duration such as 30s"),
    (SETTINGS, "polling:\n  interval:\n", 2, "polling.interval", "a duration such as 30s"),
    (SETTINGS, "polling:\n  deadline: 0s\n", 2, "polling.deadline", "longer than 0s"),
    (SETTINGS, "polling:\n  remember: 9999w\n", 2, "polling.remember", "at most 36500d"),
    (SETTINGS, "polling:\n  interval: 1m\n", 2, "polling.interval", "at least min_interval (2m)"),
    (SETTINGS, "polling:\n  interval: 1d\n", 2, "polling.interval", "at most max_interval (6h)"),
    (SETTINGS, "polling:\n\n  min_interval: 1h\n", 3, "polling.min_interval", "at most interval (15m)"),
    (SETTINGS, "polling: {concurrency: 1}\n", 1, "polling.concurrency", "at least per_host (2)"),
    (SETTINGS, "polling: {concurrency: 0}\n", 1, "polling.concurrency", "at least 1"),
    (SETTINGS, "polling: {concurrency: 1.5}\n", 1, "polling.concurrency", "a whole number"),
    (SETTINGS, "polling: {concurrency: '5'}\n", 1, "polling.concurrency", "a whole number"),
    (SETTINGS, "polling: {concurrency: true}\n", 1, "polling.concurrency", "a whole number"),
    (SETTINGS, "polling: {max_entries: 1000000000000000000000000000000000}\n", 1, "polling.max_entries", "a whole"),
    (SETTINGS, "log: {partitions: 1025}\n", 1, "log.partitions", "at most 1024"),
    (SETTINGS, "log: {kind: rabbit}\n", 1, "log.kind", "sqlite"),
    (SETTINGS, "log:\n  kind: sqlite\n  kind: sqlite\n", 3, "log.kind", "each key once (it is in line 2 too)"),
    (SETTINGS, "network:\n  allow_private: localhost\n", 2, "network.allow_private", "a list"),
    (
        SETTINGS,
        "network:\n  allow_private:\n    - a\n    - 10.0.0.0/99\n",
        4,
        "network.allow_private[1]",
        "a host name",
    ),
    (SETTINGS, "network: {allow_private: [8]}\n", 1, "network.allow_private[0]", "text; put quotes around it"),
    (SETTINGS, 'network:\n  user_agent: "a\\nb"\n', 2, "network.user_agent", "one line of printable ASCII"),
    (SETTINGS, 'network: {user_agent: ""}\n', 1, "network.user_agent", "not empty"),
    (SETTINGS, "network: {contact: 'désk'}\n", 1, "network.contact", "printable ASCII"),
    (SETTINGS, f"network: {{contact: '{'x' * 201}'}}\n", 1, "network.contact", "text of at most 200 characters"),
    (SETTINGS, "alerts: {likeness: 0}\n", 1, "alerts.likeness", "more than 0"),
    (SETTINGS, "alerts: {likeness: 1.1}\n", 1, "alerts.likeness", "at most 1"),
    (SETTINGS, "alerts: {likeness: .nan}\n", 1, "alerts.likeness", "at most 1"),
    (SETTINGS, "alerts: {likeness: high}\n", 1, "alerts.likeness", "a number"),
    (SETTINGS, "data_dir: ''\n", 1, "data_dir", "a directory"),
    (SETTINGS, "data_dir: 7\n", 1, "data_dir", "a directory"),
    (SETTINGS, "data_dir: ~bob/x\n", 1, "data_dir", "`~` stands for your own home only"),
    (SETTINGS, 'data_dir: "a\\0b"\n', 1, "data_dir", "without control characters"),
    (SETTINGS, "log: !!python/name:os.system\n", 1, "log", "no tag before the value"),
    # feeds.yaml
    (FEEDS, "feeds:\n", 1, "feeds", "a list"),
    (FEEDS, "feeds: []\n", 1, "feeds", "not empty"),
    (FEEDS, "{}\n", 1, "feeds", "this key is required"),
    (FEEDS, "- url: https://example.org/\n", 1, "", "keys with values"),
    (FEEDS, "feeds:\n  - https://example.org/\n", 2, "feeds[0]", "keys with values"),
    (FEEDS, f"feeds:\n{FEED}  - name: x\n", 3, "feeds[1].url", "this key is required"),
    (FEEDS, f"feeds:\n{FEED}    langauge: en\n", 3, "feeds[0].langauge", "did you mean language?"),
    (FEEDS, f"feeds:\n{FEED}    language: English\n", 3, "feeds[0].language", "a language code such as en or ko"),
    (FEEDS, f"feeds:\n{FEED}    country: kr\n", 3, "feeds[0].country", "a country code such as KR or US"),
    (FEEDS, f"feeds:\n{FEED}    kind: newspapers\n", 3, "feeds[0].kind", "did you mean newspaper?"),
    (FEEDS, f"feeds:\n{FEED}    enabled: no\n", 3, "feeds[0].enabled", "true or false"),
    (FEEDS, f"feeds:\n{FEED}    name: 24\n", 3, "feeds[0].name", "text; put quotes around it"),
    (FEEDS, f"feeds:\n{FEED}    interval: 1m\n", 3, "feeds[0].interval", "at least polling.min_interval (2m)"),
    (FEEDS, f"feeds:\n{FEED}    interval: 7h\n", 3, "feeds[0].interval", "at most polling.max_interval (6h)"),
    (FEEDS, f"feeds:\n{FEED}\n{FEED}", 4, "feeds[1].url", "each feed once (it is in line 2 too)"),
    (FEEDS, f"feeds:\n{FEED}    enabled: false\n", 1, "feeds", "at least one feed that is enabled"),
    (FEEDS, "feeds:\n  - url: ftp://example.org/\n", 2, "feeds[0].url", "begins with https:// or http://"),
    (FEEDS, "feeds:\n  - url: https://u:p@example.org/\n", 2, "feeds[0].url", "secrets never stand in these files"),
    (FEEDS, 'feeds:\n  - url: https://e.org/\n    name: "a\\nb"\n', 3, "feeds[0].name", "on one line"),
    # topics
    (ARMS, TOPIC.replace("topic: arms", "topic: Arms Trade"), 1, "topic", "a name of a-z, 0-9 and -"),
    (ARMS, TOPIC.replace("topic: arms\n", ""), 1, "topic", "this key is required"),
    (ARMS, TOPIC.replace("says: North Korea", "says: ''"), 5, "concepts.dprk.says", "not empty"),
    (ARMS, TOPIC.replace("  dprk:", "  DPRK:"), 4, "concepts.DPRK", "a name of a-z, 0-9 and _"),
    (ARMS, TOPIC.replace("en: [", "english: ["), 7, "concepts.dprk.terms.english", "a language code"),
    (ARMS, TOPIC.replace("[North Korea, DPRK]", "[1950]"), 7, "concepts.dprk.terms.en[0]", "text; put quotes"),
    (ARMS, TOPIC.replace("[dprk]", "[5]"), 11, "evidence.named.when.all[0]", "text; put quotes around it or keys"),
    (ARMS, TOPIC.replace("[dprk]", "[{al: [x]}]"), 11, "evidence.named.when.all[0].al", "did you mean all?"),
    (ARMS, TOPIC.replace("[dprk]", "[{all: [{any: [A]}]}]"), 11, "evidence.named.when.all[0].all[0].any[0]", "a name"),
    (ARMS, TOPIC.replace("[dprk]", "[dprk], near: page"), 11, "evidence.named.when.near", "sentence or a whole number"),
    (
        ARMS,
        TOPIC.replace("[dprk]", "[dprk], where: lead"),
        11,
        "evidence.named.when.where",
        "one of title, window, text",
    ),
    (ARMS, TOPIC.replace("weight: 2", "weight: 21"), 12, "evidence.named.weight", "at most 20"),
    (ARMS, TOPIC.replace("weight: 2", "wieght: 2"), 12, "evidence.named.wieght", "did you mean weight?"),
    (ARMS, TOPIC + "threshold: 1\n", 13, "threshold", "less than 1"),
    (
        ARMS,
        TOPIC + f"seeds: [{{title: a, outlet: b, date: June, sha256: '{'0' * 64}'}}]\n",
        13,
        "seeds[0].date",
        "a date such as",
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_is_told_with_file_line_and_key(tmp_path: Path, case: tuple[str, str | bytes, int | None, str, str]) -> None:
    file, content, line, key, wanted = case

    mistakes = told(tmp_path, {file: content})

    assert (mistakes[0].file, mistakes[0].line, mistakes[0].key) == (file, line, key)
    assert wanted in mistakes[0].wanted
    assert len(mistakes) == 1


def test_all_mistakes_of_all_files_are_told_at_once_by_file_and_line(tmp_path: Path) -> None:
    mistakes = told(
        tmp_path,
        {
            "topics/b.yaml": "x: [",
            "topics/a.yaml": TOPIC.replace("weight: 2", "weight: heavy").replace("  dprk:", "  D:"),
            FEEDS: f"feeds:\n{FEED}    kind: x\n{FEED}    name: 5\n",
            SETTINGS: "b: 1\nlog:\n  kind: x\na: 1\n",
        },
    )

    assert [(each.file, each.line, each.key) for each in mistakes] == [
        (SETTINGS, 1, "b"),
        (SETTINGS, 3, "log.kind"),
        (SETTINGS, 4, "a"),
        (FEEDS, 3, "feeds[0].kind"),
        (FEEDS, 4, "feeds[1].url"),
        (FEEDS, 5, "feeds[1].name"),
        ("topics/a.yaml", 4, "concepts.D"),
        ("topics/a.yaml", 12, "evidence.named.weight"),
        (ARMS, 1, "topic"),
        ("topics/b.yaml", 2, ""),
    ]


def test_feeds_are_held_against_intervals_of_settings_that_are_wrong_elsewhere(tmp_path: Path) -> None:
    mistakes = told(
        tmp_path,
        {SETTINGS: "x: 1\npolling: {min_interval: 10m}\n", FEEDS: f"feeds:\n{FEED}    interval: 5m\n"},
    )

    assert [each.wanted for each in mistakes[1:]] == ["at least polling.min_interval (10m)"]


def test_two_topics_with_one_id_are_told_in_the_second(tmp_path: Path) -> None:
    mistakes = told(tmp_path, {"topics/b.yaml": TOPIC.replace("name: Arms", "name: Other")})

    assert mistakes == (Mistake("topics/b.yaml", 1, "topic", "arms", "an id of its own (topics/arms.yaml has it too)"),)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("feeds:\n  - url: https://user:hunter2@example.org/\n", "https://***@example.org/"),
        ("feeds:\n  - url: ftp://user:hunter2@example.org/\n", "ftp://***@example.org/"),
        (f"feeds:\n{FEED}    name: [hunter2]\n", "a list of 1"),
        (f"feeds:\n{FEED}    name: {{a: hunter2}}\n", "keys with values"),
        (f"feeds:\n{FEED}    kind: '5'\n", '"5"'),
        (f'feeds:\n{FEED}    kind: "a\\nb"\n', '"a\\nb"'),
        (f"feeds:\n{FEED}    kind: {'y' * 60}\n", "y" * 60),
        (f"feeds:\n{FEED}    kind: {'y' * 61}\n", "y" * 59 + "…"),
        (f"feeds:\n{FEED}    kind: 1e3\n", "1000.0"),
        (f"feeds:\n{FEED}    kind: ~\n", "nothing"),
        (f"feeds:\n{FEED}    kind: true\n", "true"),
    ],
)
def test_the_value_is_shown_briefly_and_without_passwords(tmp_path: Path, content: str, value: str) -> None:
    mistake = told(tmp_path, {FEEDS: content})[0]

    assert mistake.value == value
    assert str(mistake).endswith(f"(got {value})")
    assert "hunter2" not in str(mistake)


@pytest.mark.parametrize(
    ("file", "content", "wanted"),
    [
        (FEEDS, f"feeds:\n{FEED}    kynd: x\n", "one of country, enabled, interval, kind"),
        (FEEDS, "feeds:\n  - name: x\n", "this key is required"),
        (ARMS, TOPIC.replace("  dprk:", "  DPRK:"), "a name of a-z, 0-9 and _"),
    ],
)
def test_a_mistake_in_a_key_shows_no_value(tmp_path: Path, file: str, content: str, wanted: str) -> None:
    mistake = told(tmp_path, {file: content})[0]

    assert mistake.value == ""
    assert mistake.wanted.startswith(wanted)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("alerts: {likeness: 2}", "at most 1"),
        ("alerts: {likeness: -1}", "more than 0"),
        ("log: {partitions: 0}", "at least 1"),
    ],
)
def test_limits_read_as_people_write_them(tmp_path: Path, settings: str, wanted: str) -> None:
    assert told(tmp_path, {SETTINGS: settings})[0].wanted == wanted


def test_the_message_counts_and_lists_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, {**GOOD, FEEDS: "feeds: 5\n", SETTINGS: "a: 1"}), {})

    assert str(caught.value).splitlines() == [
        "2 mistakes in the configuration:",
        "  armswatch.yaml:1: a: one of alerts, data_dir, log, network, polling",
        "  feeds.yaml:1: feeds: a list (got 5)",
    ]
