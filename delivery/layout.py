"""Text for a terminal: widths in cells, wrapped, coloured, and safe whatever it says. Pure.

What comes from outside goes through `safe` before anything else: after it, a text is one line and cannot move the
cursor, reorder what is shown, or colour it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len

from core.text import terminal_safe
from core.urls import canonical

Style = Literal["bold", "dim", "red", "green", "yellow", "blue", "cyan"]

_SGR: dict[Style, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}
_ELLIPSIS = "…"
_NARROWEST = 20  # below this, lines of text help no one
_NARROWEST_COLUMN = 8


class Paint(NamedTuple):
    """Colours, or none."""

    colour: bool

    def __call__(self, text: str, *styles: Style) -> str:
        """Paint a text that is safe and laid out already."""
        if not self.colour or not styles or not text:
            return text
        return f"\x1b[{';'.join(_SGR[style] for style in styles)}m{text}\x1b[0m"


def safe(text: str) -> str:
    """Make one line of printable characters, with single spaces."""
    return " ".join(terminal_safe(text).split())


def quoted(text: str) -> str:
    """Quote words as they stand in the original."""
    return f"“{safe(text)}”"


def link(url: str) -> str:
    """Show an address in one piece, so that it can be clicked, and only when it leads to the web."""
    return canonical(url) or ("(not shown: no http or https address)" if url else "(none)")


def width_of(text: str) -> int:
    """Tell how many cells of a terminal a text takes: two for most CJK signs, none for combining marks."""
    return cell_len(text)


def cut(text: str, width: int) -> str:
    """Cut a text to so many cells, with an ellipsis when cut."""
    if width_of(text) <= width:
        return text
    return _head(text, width - 1).rstrip() + _ELLIPSIS if width > 0 else ""


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Cut or fill a text to exactly so many cells; `right` sets it against the right edge."""
    fitted = cut(text, width)
    fill = " " * (width - width_of(fitted))
    return fill + fitted if right else fitted + fill


def wrap(text: str, width: int) -> list[str]:
    """Break a safe text into lines of at most so many cells, between words where that is possible."""
    width = max(width, 2)  # the widest character
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        rest = word
        while width_of(rest) > width:  # a long address, or a script without spaces
            head = _head(rest, width)
            lines.append(head)
            rest = rest[len(head) :]
        line = rest
    return [*lines, line] if line or not lines else lines


def joined(parts: Iterable[str], width: int) -> list[str]:
    """Set safe texts beside each other with a dot between, breaking lines between them where that is possible."""
    lines: list[str] = []
    for part in filter(None, parts):
        together = f"{lines[-1]} · {part}" if lines else part
        if lines and width_of(together) <= width:
            lines[-1] = together
        else:
            lines += wrap(part, width)
    return lines


def labelled(label: str, lines: Iterable[str], indent: int, paint: Paint) -> list[str]:
    """Put a label before the first line, and the others under it."""
    heads = [paint(pad(label, indent - 1), "dim") + " "]
    return [(heads.pop() if heads else " " * indent) + line for line in lines]


def hanging(mark: str, text: str, width: int) -> list[str]:
    """Wrap a text behind a mark, its further lines set in as far; by two only where the mark leaves too little room."""
    indent = width_of(mark)
    if width - indent < _NARROWEST:
        mark, text, indent = "", mark + text, 2
    first, *others = wrap(text, width - indent)
    return [mark + first, *(" " * indent + line for line in others)]


def columns(rows: Sequence[Sequence[str]], *, width: int, flexible: int, right: frozenset[int]) -> list[list[str]]:
    """Pad the cells of a table so that its columns stand under each other, two spaces apart.

    Args:
        rows: safe texts, as many in each row.
        width: of the whole table.
        flexible: the column that is cut where the table would be too wide.
        right: columns set against their right edge.
    """
    widths = [max(width_of(text) for text in column) for column in zip(*rows, strict=True)]
    spare = width - sum(widths) - 2 * (len(widths) - 1)
    widths[flexible] = max(widths[flexible] + min(spare, 0), _NARROWEST_COLUMN)
    return [[pad(text, widths[at], right=at in right) for at, text in enumerate(row)] for row in rows]


def _head(text: str, width: int) -> str:
    """Take the longest beginning of a text that is wider than so many cells. In two cells any character fits."""
    return next(text[: at - 1] for at in range(1, len(text) + 1) if width_of(text[:at]) > width)
