"""Changes numbers in the text of a topic file, and nothing else: comments, layout and order stay as they are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from config.yaml_nodes import Path, dotted
from core.errors import ConfigError, Mistake

BIAS: Final[Path] = ("bias",)
_BOM: Final = "\ufeff"
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def weight_of(evidence: str) -> Path:
    """Lead to the weight of a piece of evidence."""
    return ("evidence", evidence, "weight")


def with_numbers(text: str, numbers: Mapping[Path, float], shown: str) -> str:
    """Put other numbers into a topic file.

    Args:
        text: of the file, which has been loaded without mistakes.
        numbers: by the path of their keys: `BIAS`, or `weight_of` some evidence.
        shown: the name of the file, for the messages.

    Raises:
        ConfigError: a number cannot be changed without harm to something else; names each.
    """
    bom = _BOM if text.startswith(_BOM) else ""
    body = text.removeprefix(_BOM)
    root: Any = yaml.compose(body, Loader=_Loader)
    edits: dict[int, tuple[int, str]] = {}  # start -> end, new
    wrong: list[Mistake] = []
    for path, number in numbers.items():
        node = _find(root, path)
        if node is None and path == BIAS and not root.flow_style:
            at = _line_start(root, "concepts")
            edits[at] = (at, f"bias: {number:g}\n")
        elif node is None or body[node.start_mark.index : node.end_mark.index] != node.value:
            line = (node or root).start_mark.line + 1
            wrong.append(Mistake(shown, line, dotted(path), "", "a plain number, without anchor, alias or quotes"))
        elif node.start_mark.index in edits:
            wrong.append(Mistake(shown, node.start_mark.line + 1, dotted(path), "", "a number that no alias repeats"))
        else:
            edits[node.start_mark.index] = (node.end_mark.index, f"{number:g}")
    if wrong:
        raise ConfigError(wrong)
    for start in sorted(edits, reverse=True):
        end, new = edits[start]
        body = body[:start] + new + body[end:]
    return bom + body


def unified_diff(before: str, after: str, name: str) -> str:
    """Write the change of a file as a patch for `patch -p1` or `git apply`; empty where nothing changed."""
    lines = difflib.unified_diff(_LINES.findall(before), _LINES.findall(after), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _find(node: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for key, value in node.value if key.value == step), None)
    return node if isinstance(node, yaml.ScalarNode) else None


def _line_start(root: Any, key: str) -> int:
    """Find where a top-level key begins: a line may be put in before it."""
    start: int = next(name.start_mark.index for name, _ in root.value if name.value == key)
    return start
