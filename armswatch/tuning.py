"""What `armswatch topic test` and `topic fit` do: measure a topic on labelled items, and propose weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from armswatch.labelled import read_labelled
from armswatch.topics import choose, chosen
from config.loader import Config, LoadedTopic, load_topic
from config.topic_text import BIAS, unified_diff, weight_of, with_numbers
from core.errors import ConfigError, UserError
from core.topic_reports import FitReport, Report
from processors.bootstrap import Plan
from processors.evaluate import Case, Row, case_of, evaluate
from processors.topic import CompiledTopic, compile_loaded

Watch = Callable[[list[Row]], Iterable[Row]]


class Fitted(NamedTuple):
    """A proposal, and the topic file as it would be."""

    report: FitReport
    text: str


def unwatched(rows: list[Row]) -> Iterable[Row]:
    """Go through the rows without showing how far it is."""
    return rows


def measure(
    config: Config, topic_id: str | None, file: Path, plan: Plan | None = None, watch: Watch = unwatched
) -> Report:
    """Judge the labelled items of a file.

    Args:
        config: has the topics.
        topic_id: the topic; may be None where there is but one.
        file: of labelled items.
        plan: of the intervals.
        watch: shows how far it is.

    Raises:
        UserError: lines are not what they should be; names them.
    """
    topic = choose(config, topic_id)
    return evaluate(watch([*read_labelled(file)]), topic, plan)


def fit(
    config: Config,
    topic_id: str | None,
    file: Path,
    extra: Sequence[Path] = (),
    *,
    l2: float = 1.0,
    folds: int = 5,
    plan: Plan | None = None,
    watch: Watch = unwatched,
) -> Fitted:
    """Propose weights for a topic from labelled items. Changes nothing.

    Args:
        config: has the topics.
        topic_id: the topic; may be None where there is but one.
        file: of labelled items, on which it is measured too.
        extra: files of labelled items that it is only fitted to.
        l2: the pull towards the weights as they are.
        folds: how many parts are held out in turn.
        plan: of the intervals; its seed divides the folds too.
        watch: shows how far it is.

    Raises:
        UserError: scikit-learn is missing, a line is not what it should be, or there are too few items.
        ConfigError: the topic is wrong, or its file cannot be changed in place.
    """
    try:
        from processors import fitting  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        raise UserError(
            f"Fitting needs scikit-learn ({error.name} is not installed).",
            "Install the package with its extra `fit`, or scikit-learn beside it.",
        ) from error
    loaded, plan = chosen(config, topic_id), plan or Plan()
    topic = compile_loaded(loaded)
    cases = _cases(watch([*read_labelled(file)]), topic)
    more = [case for path in extra for case in _cases(watch([*read_labelled(path)]), topic)]
    try:
        found = fitting.propose(loaded.file, cases, more, fitting.Rules(l2, folds, plan.seed), plan)
    except fitting.TooFew as error:
        raise UserError(
            f"Too few items in {file}: at least two on topic and two off must have what the topic requires, and "
            "report different things.",
            "Label more items.",
        ) from error
    before = loaded.path.read_bytes().decode()
    text = with_numbers(before, {_path(each.name): each.after for each in found.changes}, loaded.shown)
    name = loaded.path.name if Path(loaded.shown).is_absolute() else loaded.shown
    return Fitted(
        {
            "topic": topic.id,
            "items": len(cases),
            "extra": len(more),
            "used": found.used,
            "folds": found.folds,
            "l2": l2,
            "before": found.before,
            "after": found.after,
            "f1_gain": {"value": found.f1_gain[0], "interval": found.f1_gain[1]},
            "brier_gain": {"value": found.brier_gain[0], "interval": found.brier_gain[1]},
            "changes": found.changes,
            "flips": found.flips,
            "idle": found.idle,
            "failing": _failing(loaded, text),
            "diff": unified_diff(before, text, name),
        },
        text,
    )


def write(fitted: Fitted, output: Path, topic_file: Path) -> None:
    """Write the proposal: the whole file where the name ends in .yaml, else the patch.

    Raises:
        UserError: it cannot be written, or would take the place of the topic in force.
    """
    if output.exists() and topic_file.exists() and output.samefile(topic_file):
        raise UserError(f"{output} is the topic in force.", "Write to another file, look at it, then apply it.")
    text = fitted.text if output.suffix == ".yaml" else fitted.report["diff"]
    try:
        output.write_bytes(text.encode())
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.", "Name another file.") from error


def _cases(rows: Iterable[Row], topic: CompiledTopic) -> list[Case]:
    return [case_of(row, number, topic) for number, row in enumerate(rows, 1) if row["label"] != "borderline"]


def _path(name: str) -> tuple[str | int, ...]:
    return BIAS if name == "bias" else weight_of(name)


def _failing(loaded: LoadedTopic, text: str) -> list[str]:
    """Hold the proposed file to the rules of topics, and to its own examples."""
    try:
        compile_loaded(load_topic(loaded.path, text.encode()))
    except ConfigError as refused:
        return [": ".join(filter(None, (each.key, each.value, each.wanted))) for each in refused.mistakes]
    return []
