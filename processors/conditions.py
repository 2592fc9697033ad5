"""Conditions of a topic file, compiled to predicates over a scene.

`where` is inherited by the conditions inside; at the top it is the window. `near` concerns the members of `all`: one
hit of each must stand in one sentence, or within so many words from the first to the last; an absence (`none`) has
no place and is left out of that. Evidence named in a condition holds or not by its own `where`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from config.topic import Condition
from processors.scene import Predicate, Scene, Support, Where, in_one_sentence, within

Held = dict[str, Support]


def compile_condition(condition: Condition, concepts: Mapping[str, int], where: Where = "window") -> Predicate:
    """Compile a condition whose names have been checked. A name that is no concept is evidence above."""
    here: Where = condition.where or where

    def member(name: str | Condition) -> Predicate:
        if isinstance(name, Condition):
            return compile_condition(name, concepts, here)
        return _concept(concepts[name], here) if name in concepts else _evidence(name)

    every = [member(name) for name in condition.all]
    some = [member(name) for name in condition.any]
    absent = [member(name) for name in condition.none]
    near = _nearness(condition.near)

    def holds(scene: Scene, held: Held) -> Support | None:
        supports: list[Support] = []
        for predicate in every:
            support = predicate(scene, held)
            if support is None:
                return None
            supports.append(support)
        found = near(scene, supports)
        if found is None:
            return None
        if some:
            others = [support for predicate in some if (support := predicate(scene, held)) is not None]
            if not others:
                return None
            found = [*found, *(hit for support in others for hit in support)]
        if any(predicate(scene, held) is not None for predicate in absent):
            return None
        return found

    return holds


def reads_all(condition: Condition) -> bool:
    """Tell whether the condition looks past the window."""
    inner = (name for name in (*condition.all, *condition.any, *condition.none) if isinstance(name, Condition))
    return condition.where == "text" or any(map(reads_all, inner))


def _concept(number: int, where: Where) -> Predicate:
    return lambda scene, _held: scene.seen(number, where) or None


def _evidence(name: str) -> Predicate:
    return lambda _scene, held: held.get(name)


def _nearness(near: Literal["sentence"] | int | None) -> Callable[[Scene, list[Support]], Support | None]:
    def check(scene: Scene, supports: list[Support]) -> Support | None:
        placed = [support for support in supports if support]
        if near is None or len(placed) < 2:  # noqa: PLR2004 - one alone is near itself
            return [hit for support in supports for hit in support]
        return in_one_sentence(placed) if near == "sentence" else within(near, placed, scene.word)

    return check
