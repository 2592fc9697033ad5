"""Numbers changed in the text of a topic file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.loader import load_topic
from config.places import packaged
from config.topic_text import BIAS, unified_diff, weight_of, with_numbers
from core.errors import ConfigError

SHIPPED = packaged() / "topics" / "russia-dprk-arms.yaml"
TEXT = SHIPPED.read_text("utf-8")
WEIGHTS = [name for name, rule in load_topic(SHIPPED).file.evidence.items() if rule.weight]
SMALL = """\
# a topic
topic: arms   # its id
name: Ärms 北🚀
concepts:
  dprk: {says: North Korea, terms: {en: [dprk]}}
evidence:
  named:
    says: "weight: 2"
    when: {all: [dprk]}
    weight: 2  # a hint
  flow: {says: in one line, when: {all: [dprk]}, weight: -1.5}"""


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(WEIGHTS), st.integers(-199, 199).map(lambda tenths: tenths / 10), max_size=9))
def test_only_the_numbers_change(numbers: dict[str, float]) -> None:
    changed = with_numbers(TEXT, {BIAS: -3.7, **{weight_of(name): value for name, value in numbers.items()}}, "t")
    before, after = load_topic(SHIPPED).file, load_topic(SHIPPED, changed.encode()).file
    evidence = {
        name: rule.model_copy(update={"weight": numbers.get(name, rule.weight)})
        for name, rule in before.evidence.items()
    }
    assert after == before.model_copy(update={"bias": -3.7, "evidence": evidence})
    number = re.compile(r"(weight|bias): \S+")
    assert number.sub("", changed) == number.sub("", TEXT)


def test_comments_layout_and_other_signs_stay() -> None:
    changed = with_numbers(SMALL, {weight_of("named"): 2.75, weight_of("flow"): 0.0}, "t")
    assert changed == SMALL.replace("weight: 2  #", "weight: 2.75  #").replace("-1.5}", "0}")


def test_a_bias_that_is_not_told_is_put_in() -> None:
    changed = with_numbers(SMALL, {BIAS: -2.5}, "t")
    assert changed == SMALL.replace("concepts:", "bias: -2.5\nconcepts:")
    assert load_topic(SHIPPED, changed.encode()).file.bias == -2.5


def test_a_bias_is_not_put_into_a_file_written_on_one_line() -> None:
    text = "{topic: arms, name: Arms, concepts: {a: {says: a, terms: {en: [a]}}}, evidence: {}}"
    with pytest.raises(ConfigError, match="bias: a plain number"):
        with_numbers(text, {BIAS: -2.5}, "t")


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_byte_order_mark_and_ends_of_lines_stay(change: object) -> None:
    text = change(SMALL)  # type: ignore[operator]
    assert with_numbers(text, {weight_of("named"): 3.0}, "t") == text.replace("weight: 2  #", "weight: 3  #")


@pytest.mark.parametrize("written", ["&two 2", '"2"', "!!float 2"])
def test_a_number_that_is_not_plain_is_left_to_its_author(written: str) -> None:
    text = SMALL.replace("weight: 2  #", f"weight: {written}  #")
    with pytest.raises(ConfigError, match=r"t:10: evidence\.named\.weight: a plain number"):
        with_numbers(text, {weight_of("named"): 3.0}, "t")


def test_every_number_that_cannot_be_changed_is_named() -> None:
    text = SMALL.replace("weight: 2  #", "weight: &two 2  #").replace("-1.5", "*two")
    with pytest.raises(ConfigError) as told:
        with_numbers(text, {weight_of("named"): 3.0, weight_of("flow"): 1.0, weight_of("absent"): 1.0}, "t")
    assert [mistake.key for mistake in told.value.mistakes] == [
        "evidence.named.weight", "evidence.flow.weight", "evidence.absent.weight",
    ]  # fmt: skip


def test_evidence_that_two_names_share_is_not_changed_for_both() -> None:
    text = SMALL.replace("  named:\n", "  named: &it\n") + "\n  again: *it\n"
    with pytest.raises(ConfigError, match=r"evidence\.again\.weight: a number that no alias repeats"):
        with_numbers(text, {weight_of("named"): 3.0, weight_of("again"): 1.0}, "t")


@pytest.mark.parametrize(
    "text", [SMALL, SMALL + "\n", SMALL.replace("\n", "\r\n"), TEXT, SMALL.replace('weight: 2"', 'weight:\u2028 2"')]
)
def test_the_patch_makes_the_new_file_of_the_old(text: str, tmp_path: Path) -> None:
    name = "shells" if text is TEXT else "flow"
    changed = with_numbers(text, {weight_of(name): 7.5, BIAS: -9.0}, "t")
    file = tmp_path / "topics" / "arms.yaml"
    file.parent.mkdir()
    file.write_bytes(text.encode())
    patch = tmp_path / "fit.patch"
    patch.write_bytes(unified_diff(text, changed, "topics/arms.yaml").encode())
    subprocess.run(["git", "apply", "--whitespace=nowarn", str(patch)], cwd=tmp_path, check=True)
    assert file.read_bytes() == changed.encode()


def test_no_change_is_no_patch() -> None:
    assert unified_diff(SMALL, SMALL, "x.yaml") == ""


def test_a_topic_file_is_read_by_itself_and_its_mistakes_are_told(tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(SMALL, "utf-8")
    assert load_topic(file).file.topic == "arms"
    with pytest.raises(ConfigError, match=r"draft\.yaml:10: evidence\.named\.weight"):
        load_topic(file, SMALL.replace("weight: 2", "weight: 200").encode())
    with pytest.raises(ConfigError, match="not empty"):
        load_topic(file, b"")
