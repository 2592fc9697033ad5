"""Names in the seeds, found by capitals and shape, and what they name by the words around them.

A name is a run of capitals where capitals say something (not a sentence's first word, not a headline in
capitals). It is

- a *weapon or type* where letters and figures join: Su-57, F16, 152 mm;
- a *state* where the table of states has it, in whole;
- a *person* after a title (before one in Chinese, Japanese and Korean), and by the short name that goes on from there;
- a *body* with a word of organisation in it, or in capitals throughout;
- a *place* mostly after in, at, from, near, or beside a word such as city and port;
- else just a name.

A person, place or body belongs to the state whose name stands just before it most often ("Russian President ...").
German writes every noun with a capital, so there only states, types, and people with a title are names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from processors.seeding.background import Background
from processors.seeding.lexicon import BODIES, CALENDAR, INSIDE, LOCAL, NEWS, TITLES, TITLES_AFTER, TOWARDS
from processors.seeding.reading import Sentence, Token
from processors.seeding.states import state_of

Words = tuple[str, ...]
PERSON, PLACE, BODY, STATE, WEAPON, OTHER = "person", "place", "body", "state", "weapon", "name"
_NEAR: Final = 5  # words between a state and what belongs to it
_COMMON: Final = 3e-4  # share of running words; more common words are no names at a sentence's start
_PARTICLES: Final = frozenset("de del van von der den bin al el".split())  # noqa: SIM905
_OF: Final = frozenset(("fr", "es", "pt", "it", "ro", "ca"))  # languages where such a word is just "of"
_LONGEST: Final = 4  # words of a name
_LONGEST_NAME: Final = 100  # letters
_TYPE: Final = re.compile(r"[^\W\d_]{0,4}[A-ZА-Я]\d{1,4}[^\W\d_]?\d?|\d{2,3}(mm|мм)")
_FIGURES: Final = re.compile(r"\d{1,4}[^\W\d_]{0,2}\d?")
_MEASURES: Final = frozenset(("mm", "мм", "cm", "см"))


class Mention(NamedTuple):
    """A name in its place."""

    sentence: int
    start: int  # tokens
    end: int
    words: Words
    shown: str
    hint: str  # what the place says of its kind; empty for nothing
    state: str  # the state just before it, or the one it is


class Name(NamedTuple):
    """A name and all its mentions."""

    words: Words
    shown: str  # as most often written
    kind: str
    state: str  # that it is, or belongs to; empty for none
    mentions: tuple[Mention, ...]

    @property
    def times(self) -> int:
        """How often it occurs."""
        return len(self.mentions)


def find_names(sentences: Sequence[Sentence], background: Background, language: str) -> list[Name]:
    """Find the names of the seeds, the most frequent first."""
    scan = _Scan(sentences, background, language)
    by_words: dict[Words, list[Mention]] = defaultdict(list)
    for number, sentence in enumerate(sentences):
        for mention in scan.mentions(number, sentence.tokens):
            if len(mention.shown) <= _LONGEST_NAME:
                by_words[mention.words].append(mention)
    names = [_name(words, mentions) for words, mentions in by_words.items()]
    return sorted(_short_forms(names), key=lambda name: (-name.times, name.words))


class _Scan:
    """Finds mentions; knows which words stand with a capital inside sentences, and which without."""

    def __init__(self, sentences: Sequence[Sentence], background: Background, language: str) -> None:
        tokens = [token for sentence in sentences for token in sentence.tokens]
        self._up = {token.word for token in tokens if token.capital}
        self._down = {token.word for token in tokens if token.capital is False}
        self._german = language == "de"
        self._particles = language not in _OF
        self._titled = {after.word for before, after in pairwise(tokens) if before.word in TITLES and after.gap == " "}
        self._background = background

    def mentions(self, number: int, tokens: Sequence[Token]) -> Iterator[Mention]:
        """Find the names of a sentence, from left to right."""
        at = 0
        state, state_end = "", -_NEAR  # the last state named
        while at < len(tokens):
            for end, hint in self._ends(tokens, at):
                words = tuple(token.word for token in tokens[at:end])
                shown = _written(tokens[at:end])
                own = state_of(shown)
                near = own or (state if self._belongs(tokens, state_end, at) else "")
                yield Mention(number, at, end, words, shown, hint or self._hint(tokens, at, end), near)
                if own:
                    state, state_end = own, end
                at = end
                break
            else:
                at += 1

    def _ends(self, tokens: Sequence[Token], start: int) -> Iterator[tuple[int, str]]:
        """Give the end of the name that begins here, if one does, and its kind where its shape tells."""
        end = _type_ends(tokens, start)
        if end:
            yield end, WEAPON
        if start + 1 < len(tokens) and tokens[start + 1].word in TITLES_AFTER and len(tokens[start].word) > 1:
            yield start + 1, STATE if state_of(tokens[start].shown) else PERSON
        for longer in range(min(start + _LONGEST, len(tokens)), start, -1):
            if _one_run(tokens, start, longer) and state_of(_written(tokens[start:longer])):
                yield longer, STATE
        if self._capital(tokens, start):
            run = self._run(tokens, start)
            if run == len(tokens) or tokens[run].gap != " " or tokens[run].word not in TITLES:
                yield run, ""  # else it describes an office: Vice Foreign Minister

    def _run(self, tokens: Sequence[Token], start: int) -> int:
        """Find the end of a run of capitals."""
        end = start + 1
        while end < len(tokens) and end - start < _LONGEST and tokens[end].gap in (" ", "-"):
            if self._continues(tokens, start, end) or (self._particles and _leads_on(tokens, end)):
                end += 1
            elif _bridges(tokens, start, end):
                end += 2
            else:
                break
        return end

    def _continues(self, tokens: Sequence[Token], start: int, at: int) -> bool:
        """Tell whether a word goes on with the name that began at `start`."""
        token = tokens[at]
        if token.gap == "-" and token.shown[0].islower():
            return at - start > 1  # Kim Jong-un, and not Soviet-era
        if token.gap == "-" and self._joins_two(tokens, at):
            return False
        if state_of(token.shown) and token.gap == " " and not _body(tokens[start:at]):
            return False
        return self._capital(tokens, at) or (token.capital is True and token.word in NEWS)

    def _joins_two(self, tokens: Sequence[Token], at: int) -> bool:
        """Tell the hyphen between two names (Kim-Putin) from the one inside a name."""
        return bool(state_of(tokens[at].shown)) or {tokens[at].word, tokens[at - 1].word} <= self._up

    def _capital(self, tokens: Sequence[Token], at: int) -> bool:
        """Tell whether the word stands here as a name, or part of one."""
        token = tokens[at]
        if not token.shown[0].isupper() or token.word in CALENDAR | NEWS | TITLES or len(token.word) == 1:
            return False
        if self._german and not state_of(token.shown):
            return token.word in self._titled
        if token.capital is not None:
            return token.capital
        if token.word in self._down or self._background.rate(token.word) > _COMMON:
            return False
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        return token.word in self._up or bool(following and following.capital and following.gap in (" ", "-"))

    def _hint(self, tokens: Sequence[Token], start: int, end: int) -> str:
        before = tokens[start - 1].word if start and tokens[start].gap != "|" else ""
        after = tokens[end].word if end < len(tokens) and tokens[end].gap != "|" else ""
        earlier = tokens[start - 2].word if start > 1 else ""
        if before in TITLES or after in TITLES_AFTER or (earlier in TITLES and state_of(tokens[start - 1].shown)):
            return PERSON  # the last: le président français Paul
        if _body(tokens[start:end]):
            return BODY
        if any(token.word in LOCAL for token in tokens[start:end]) or after in LOCAL:
            return PLACE
        placed = (before in TOWARDS and earlier != "according") or (before == "of" and earlier in LOCAL)
        return PLACE if placed else ""

    def _belongs(self, tokens: Sequence[Token], end: int, start: int) -> bool:
        """Tell whether only words that describe stand between a state and a name."""
        if not 0 <= start - end <= _NEAR or end < 0:
            return False
        between = tokens[end : start + 1]
        return all(token.gap != "|" for token in between) and all(
            token.word in TITLES or token.word in INSIDE or (token.word not in NEWS and not self._plain(token))
            for token in between[:-1]
        )

    def _plain(self, token: Token) -> bool:
        return self._background.rate(token.word) > 10 * _COMMON


def _type_ends(tokens: Sequence[Token], start: int) -> int:
    """Find the end of a type such as Su-57, F16 or 152 mm; 0 for none."""
    first = tokens[start]
    second = tokens[start + 1] if start + 1 < len(tokens) else None
    if _TYPE.fullmatch(first.shown):
        return start + 1
    if second is None:
        return 0
    if first.shown.isdigit() and second.word in _MEASURES:
        return start + 2
    named = any(map(str.isupper, first.shown)) and first.shown.isalpha() and first.word not in CALENDAR | NEWS
    return start + 2 if named and second.gap == "-" and _FIGURES.fullmatch(second.shown) else 0


def _leads_on(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a particle of a person's name stands here: Anna de Vries."""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return tokens[at].word in _PARTICLES and following is not None and following.gap == " " and bool(following.capital)


def _bridges(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Tell whether a small word or an initial leads on to the rest of a name: Komsomolsk-on-Amur, Bank of Japan."""
    if at + 1 >= len(tokens) or tokens[at + 1].gap == "|" or not tokens[at + 1].shown[0].isupper():
        return False
    small = tokens[at].shown[0].islower()
    if tokens[at].gap == "-":
        return small and tokens[at + 1].gap == "-"
    return len(tokens[at].word) == 1 or (tokens[at].word in INSIDE and _body(tokens[start:at]))


def _one_run(tokens: Sequence[Token], start: int, end: int) -> bool:
    return all(token.gap != "|" for token in tokens[start + 1 : end])


def _body(tokens: Sequence[Token]) -> bool:
    letters = "".join(token.shown for token in tokens)
    return any(token.word in BODIES for token in tokens) or (
        len(tokens) == 1 and letters.isalpha() and letters.isupper() and 1 < len(letters) <= 6  # noqa: PLR2004
    )


def _written(tokens: Sequence[Token]) -> str:
    return "".join(("" if not number else token.gap) + token.shown for number, token in enumerate(tokens))


def _name(words: Words, mentions: Sequence[Mention]) -> Name:
    shown = Counter(mention.shown for mention in mentions).most_common(1)[0][0]
    hints = Counter(mention.hint for mention in mentions if mention.hint)
    kind = STATE if state_of(shown) else PERSON if hints[PERSON] else hints.most_common(1)[0][0] if hints else OTHER
    if kind == PLACE and 2 * hints[PLACE] < len(mentions):
        kind = OTHER
    states = Counter(mention.state for mention in mentions if mention.state).most_common(1)
    return Name(words, shown, kind, states[0][0] if states else "", tuple(mentions))


def _short_forms(names: Sequence[Name]) -> Iterator[Name]:
    """Let the short form of a person's name and the long ones share what is known of either."""
    shared: dict[Words, Name] = {}
    for single in names:
        if len(single.words) > 1 or single.kind not in (PERSON, OTHER):
            continue
        family = [single, *_long_forms(single.words[0], names)]
        if PERSON in {name.kind for name in family}:
            states = Counter(mention.state for name in family for mention in name.mentions if mention.state)
            state = states.most_common(1)[0][0] if states else ""
            shared |= {name.words: name._replace(kind=PERSON, state=state) for name in family}
    return (shared.get(name.words, name) for name in names)


def _long_forms(short: str, names: Sequence[Name]) -> list[Name]:
    """Find the names that end so; else, for those who put the family name first, the commonest that begins so."""
    long = [name for name in names if len(name.words) > 1 and name.kind in (PERSON, OTHER)]
    ending = [name for name in long if name.words[-1] == short]
    return ending or sorted((name for name in long if name.words[0] == short), key=lambda name: -name.times)[:1]
