"""The demo's script, as values."""

from __future__ import annotations

from collections import Counter

import pytest

from armswatch.demo.feeds import Cue, Entry, Outlet, Script, _cues, load

SCRIPT = load()
SERVING = [outlet for outlet in SCRIPT.outlets if outlet.format != "html"]


def test_a_dozen_outlets_speak_nine_languages_in_every_format() -> None:
    assert len(SERVING) >= 12
    assert {outlet.language for outlet in SERVING} == {"en", "ru", "uk", "ko", "ja", "zh", "de", "fr", "es"}
    assert {outlet.format for outlet in SCRIPT.outlets} == {"rss20", "atom10", "rdf", "json", "html"}
    assert len({outlet.name for outlet in SCRIPT.outlets}) == len(SCRIPT.outlets)


def test_one_is_mislabelled_one_compressed_one_fails_for_a_while_and_one_is_a_web_page() -> None:
    assert [each.id for each in SCRIPT.outlets if each.encoding != each.declares] == ["vestnik-primera"]
    assert [each.id for each in SCRIPT.outlets if each.gzip] == ["harbour-courier"]
    assert [each.id for each in SCRIPT.outlets if each.fails_until_s] == ["flaky-gazette"]
    assert [each.id for each in SCRIPT.outlets if each.format == "html"] == ["moved-herald"]


@pytest.mark.parametrize("outlet", SERVING, ids=lambda outlet: outlet.id)
def test_every_outlet_has_a_backlog_from_before_the_demo(outlet: Outlet) -> None:
    assert 6 <= len(outlet.backlog) <= 12
    assert all(entry.at_s == entry.published_s < 0 for entry in outlet.backlog)
    assert all(entry.title and entry.summary for entry in outlet.backlog)


def test_keys_are_unique() -> None:
    keys = [entry.key for outlet in SCRIPT.outlets for entry in outlet.backlog] + [cue.key for cue in SCRIPT.cues]

    assert Counter(keys).most_common(1)[0][1] == 1


def test_entries_come_from_two_to_twenty_seconds_after_the_start() -> None:
    times = [cue.at_s for cue in SCRIPT.cues]

    assert times == sorted(times)
    assert (times[0], times[-1], SCRIPT.length_s) == (2, 20, 20)


def test_the_script_has_on_topic_entries_in_nine_languages_and_one_of_each_special_kind() -> None:
    on_topic = [cue for cue in SCRIPT.cues if cue.purpose == "on_topic"]
    kinds = Counter(cue.purpose for cue in SCRIPT.cues)

    assert len({SCRIPT.outlet(cue.outlet).language for cue in on_topic}) == 9
    assert (kinds["near_miss"], kinds["reprint"], kinds["edit"]) == (1, 1, 1)
    assert kinds["off_topic"] >= 5


def test_an_edit_changes_an_earlier_entry_of_its_outlet_and_a_reprint_shares_its_origin() -> None:
    by_key = {cue.key: cue for cue in SCRIPT.cues}
    [edit] = [cue for cue in SCRIPT.cues if cue.purpose == "edit"]
    [reprint] = [cue for cue in SCRIPT.cues if cue.purpose == "reprint"]

    assert (by_key[edit.of].outlet, by_key[edit.of].at_s < edit.at_s) == (edit.outlet, True)
    assert by_key[reprint.of].outlet != reprint.outlet
    origins = {SCRIPT.outlet(cue.outlet).origin for cue in (reprint, by_key[reprint.of])}
    assert origins == {"demo-wire"}


OUTLET = Outlet("a", "A", "en", "", "other", "rss20", (Entry("a-1", "old", "", -60.0, -60.0),), fails_until_s=10.0)
SMALL = Script(
    (OUTLET, Outlet("b", "B", "en", "", "other", "rss20", ())),
    (
        Cue(2.0, "x", "a", "on_topic", "first", ""),
        Cue(3.0, "z", "b", "off_topic", "other", ""),
        Cue(4.0, "x-edit", "a", "edit", "changed", "more", of="x"),
        Cue(5.0, "y", "a", "off_topic", "last", ""),
    ),
)


@pytest.mark.parametrize(
    ("elapsed_s", "titles"),
    [
        (0.0, ["old"]),
        (1.99, ["old"]),
        (2.0, ["first", "old"]),
        (3.5, ["first", "old"]),
        (4.0, ["changed", "old"]),
        (9.0, ["last", "changed", "old"]),
    ],
)
def test_a_feed_holds_what_was_published_so_far_newest_first(elapsed_s: float, titles: list[str]) -> None:
    assert [entry.title for entry in SMALL.published(OUTLET, elapsed_s)] == titles


def test_an_edit_keeps_the_key_and_the_date_of_the_original() -> None:
    changed = SMALL.published(OUTLET, 4.0)[0]

    assert changed == Entry("x", "changed", "more", 4.0, 2.0)


def test_a_script_is_run_faster_to_fit_but_never_slower() -> None:
    faster = SMALL.paced(2.5)

    assert [cue.at_s for cue in faster.cues] == [1.0, 1.5, 2.0, 2.5]
    assert faster.outlet("a").fails_until_s == 5.0
    assert SMALL.paced(500.0) == SMALL


def test_a_purpose_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="ontopic"):
        _cues([{"at_s": 1, "key": "x", "outlet": "a", "purpose": "ontopic", "title": "t", "summary": ""}])


def test_pages_are_on_names_that_no_one_can_own() -> None:
    assert OUTLET.link("x") == "https://a.example/news/x"
    assert [outlet.path for outlet in SCRIPT.outlets if not outlet.path.endswith(".xml")] == [
        "/diario-muestra.json",
        "/moved-herald.html",
    ]
