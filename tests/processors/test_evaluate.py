"""Figures on labelled items."""

from __future__ import annotations

import pytest

from processors.bootstrap import Plan
from processors.evaluate import evaluate, group_of
from tests.processors.making import topic

ON, OFF = "North Korea ships shells to Russia", "North Korea and Russia open a railway"


def row(title: str, label: str, lang: str = "en", **more: str) -> dict[str, str]:
    return {"title": title, "summary": "", "lang": lang, "label": label, **more}


def test_each_outcome_is_counted_and_errors_are_listed() -> None:
    rows = [
        row(ON, "on"), row(ON, "off", id="wrong"), row(OFF, "on"), row(OFF, "off"), row(ON, "borderline"),
        row(ON, "on", "ko"), row(ON, "on", "ko"),
    ]  # fmt: skip
    report = evaluate(rows, topic())
    assert (report["n"], report["precision"], report["recall"], report["f1"]) == (6, 0.75, 0.75, 0.75)
    assert report["borderline"] == 1
    korean = report["by_lang"]["ko"]
    assert (korean["precision"], korean["recall"], korean["f1"], korean["n"]) == (1.0, 1.0, 1.0, 2)
    (alarm,) = report["false_positives"]
    assert alarm["id"] == "wrong"
    assert alarm["score"] == pytest.approx(0.8808)
    assert [judged["id"] for judged in report["false_negatives"]] == ["3"]


def test_an_error_tells_its_line_its_evidence_and_what_was_wanted() -> None:
    (missed,) = evaluate([row(OFF, "on", line="17", facet="talks")], topic(bias=0))["false_negatives"]
    assert (missed["id"], missed["line"], missed["facet"], missed["title"]) == ("17", 17, "talks", OFF)
    assert [each.name for each in missed["evidence"]] == ["link", "civil_title"]
    assert [span.text for span in missed["evidence"][1].spans] == ["railway"]
    assert missed["missing"] == ["Shells go from one to the other"]


def test_facets_are_told_apart_by_label() -> None:
    rows = [
        row(ON, "on", facet="munitions"), row(OFF, "on", facet="munitions"), row(ON, "on", facet="talks"),
        row(ON, "off", facet="hard"), row(OFF, "off", facet="hard"), row("Weather", "off", facet="far"),
        row("Weather", "off"),
    ]  # fmt: skip
    report = evaluate(rows, topic())
    shares = {
        label: {name: (each["right"], each["n"], each["shown"]) for name, each in facets.items()}
        for label, facets in (("on", report["by_facet"]["on"]), ("off", report["by_facet"]["off"]))
    }
    assert shares == {
        "on": {"munitions": (1, 2, 1), "talks": (1, 1, 0)},
        "off": {"far": (1, 1, 0), "hard": (1, 2, 0)},
    }
    assert report["facets_found"] == {"munitions": 2}


def test_near_misses_are_counted_by_label() -> None:
    near = topic(near_miss=0.1)
    titles = [("North Korea and Russia talk", "on"), ("North Korea and Russia meet", "off"), ("Weather", "off")]
    report = evaluate([row(title, label) for title, label in titles], near)
    assert report["near_misses"] == {"on": 1, "off": 1}
    assert report["false_negatives"][0]["near_miss"]


def test_without_items_nothing_is_wrong() -> None:
    report = evaluate([], topic())
    assert (report["precision"], report["recall"], report["n"]) == (1.0, 1.0, 0)
    assert report["intervals"]["f1"] == (0.0, 1.0)
    assert report["calibration"]["bins"] == []


def test_where_all_is_wrong_f1_is_zero() -> None:
    report = evaluate([row(ON, "off"), row(OFF, "on")], topic())
    assert report["f1"] == 0.0
    assert report["intervals"]["f1"] == (0.0, 0.0)


def test_intervals_hold_the_figure_and_do_not_depend_on_the_order_of_items() -> None:
    kinds = [(ON, "on")] * 40 + [(ON, "off")] * 5 + [(OFF, "on")] * 3 + [(OFF, "off")] * 9
    rows = [row(title, label, url=str(number)) for number, (title, label) in enumerate(kinds)]
    report = evaluate(rows, topic())
    for name, value in (("precision", 40 / 45), ("recall", 40 / 43), ("f1", 80 / 88)):
        low, high = report["intervals"][name]  # type: ignore[literal-required]
        assert low < value < high
    assert evaluate(rows[::-1], topic())["intervals"] == report["intervals"]
    assert evaluate(rows, topic(), Plan(seed=2))["intervals"] != report["intervals"]


def test_items_that_report_the_same_count_for_less() -> None:
    def width(rows: list[dict[str, str]]) -> float:
        low, high = evaluate(rows, topic())["intervals"]["recall"]
        return high - low

    alone = [row(ON if number < 60 else OFF, "on", url=str(number)) for number in range(80)]
    together = [row(ON, "on", url=f"r{n % 12}") for n in range(60)] + [
        row(OFF, "on", url=f"w{n % 4}") for n in range(20)
    ]
    assert width(together) > 1.5 * width(alone)


@pytest.mark.parametrize(
    ("more", "group"),
    [
        ({}, f"text:{ON}\n"),
        ({"url": "u"}, "url:u"),
        ({"url": "u", "story": "s"}, "story:s"),
        ({"url": "u", "story": "s", "episode": "e"}, "episode:e"),
        ({"url": "", "story": ""}, f"text:{ON}\n"),
    ],
)
def test_the_widest_group_told_counts_and_without_one_the_text(more: dict[str, str], group: str) -> None:
    assert group_of(row(ON, "on", **more)) == group
