"""A term of a topic file, read into what the automaton looks for and what is checked on a hit.

Terms are folded as text is, and word boundaries are spaces inside the literal: `word` becomes ` word `, `stem*` becomes
` stem`. How each kind of script is treated:

- Scripts with spaces: whole words, or open where the star is. A star inside a phrase (`северн* коре*`) lets that word
  end, or begin, in any way.
- Han and kana: a term of two signs or more is found anywhere, since nothing marks where a word begins.
- Hangul: the same. A Korean noun takes particles at its end (북한의, 북한에서) and stands second in compounds (대북한,
  친러시아), so neither edge is a boundary that can be asked for.
- A single sign of Han, kana or Hangul (北, 북, 러) means something only by itself: it has boundaries on both sides. The
  fold makes one between Han and Hangul, so 北 is found in 北미사일 and not in 東北.
- A star in a Han, kana or Hangul term takes the freedom from the other edge: `북*` begins a word, `*군` ends one.
  Two stars free both: `*俄*` is found anywhere.
- `=NK`: as written, found as a whole word and then compared with the original.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from processors.fold import HAN, HANGUL, WORD, Folded, fold_exact, script


class Pattern(NamedTuple):
    """What to look for in folded text, and what to check when it is found."""

    literal: str  # for the automaton; its spaces are word boundaries
    rest: re.Pattern[str] | None = None  # from the literal's start, for a phrase with stars inside
    case: str | None = None  # the letters as they must stand in the original
    opens: bool = False  # begins inside a word: show the word from its start
    closes: bool = False  # ends inside a word: show the word to its end
    anchor: str = ""  # the longest stretch that every hit holds, for a phrase with stars inside; else empty

    def accept(self, text: Folded, original: str, start: int, end: int) -> tuple[int, int] | None:
        """Check a hit of the literal; return its stretch of folded text without boundary spaces, or None."""
        if self.rest is not None:
            found = self.rest.match(text.text, start)
            if found is None:
                return None
            end = found.end()
        if text.text[start] == " ":
            start += 1
        if text.text[end - 1] == " ":
            end -= 1
        if self.case is not None:
            first, last = text.span(start, end)
            if fold_exact(original[first:last], keep_case=True).text.strip() != self.case:
                return None
        if self.opens:
            start = text.text.rfind(" ", 0, start) + 1
        if self.closes:
            end = text.text.index(" ", end)
        return start, end


class TermError(ValueError):
    """A term that cannot be looked for; the message says what is wanted."""


@lru_cache(maxsize=1 << 16)  # the mistakes, the gate and the concepts each ask for every term
def parse(term: str) -> Pattern:
    """Read a term.

    Raises:
        TermError: nothing is left of it to look for.
    """
    exact = term.startswith("=")
    body = term[1:] if exact else term
    pieces = [fold_exact(piece).text.strip() for piece in body.split("*")]
    inner = [piece for piece in pieces if piece]
    if not inner:
        raise TermError("a term with at least one letter or digit")
    if exact and "*" in body:
        raise TermError("a term with either = or *, not both")
    opens, closes = body.startswith("*"), body.endswith("*")
    starred = "*" in body
    before = "" if opens or _free(inner[0].split(" ")[0], starred) else " "
    after = "" if closes or _free(inner[-1].split(" ")[-1], starred) else " "
    if len(inner) == 1:
        rest, literal, anchor = None, before + inner[0] + after, ""
    else:
        rest, literal, anchor = _phrase(body, before, after)
    return Pattern(
        literal,
        rest,
        fold_exact(body, keep_case=True).text.strip() if exact else None,
        opens and script(inner[0][0]) == WORD,
        closes and script(inner[-1][-1]) == WORD,
        anchor,
    )


def _free(word: str, starred: bool) -> bool:
    """Tell whether a term's edge may lie inside a run of signs: Han, kana or Hangul, two or more, and no star."""
    return not starred and len(word) > 1 and script(word[0]) in (HAN, HANGUL)


def _phrase(body: str, before: str, after: str) -> tuple[re.Pattern[str], str, str]:
    """Make a phrase with stars inside: the expression for it, the literal up to the first star, the longest stretch."""
    pieces: list[str] = []
    for piece in re.split(r"\*+", body.strip("*")):
        folded = fold_exact(piece).text.strip()
        starts, ends = " " if pieces and piece[:1].isspace() else "", " " if piece[-1:].isspace() else ""
        pieces.append(starts + folded + ends if folded else starts or ends)
    expression = re.escape(before) + "[^ ]*".join(map(re.escape, pieces)) + re.escape(after)
    first = before + pieces[0].rstrip(" ")
    longest = max([before + pieces[0], *pieces[1:-1], pieces[-1] + after], key=len)
    return re.compile(expression), first, longest
