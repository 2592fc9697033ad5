"""The words and phrases, names apart, that the seeds use more than general language does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from processors.fold import WORD, script
from processors.seeding.background import Background
from processors.seeding.forms import head, phrase_term, stem, terms
from processors.seeding.lexicon import CALENDAR, JOINING, NEWS, TITLES
from processors.seeding.names import Name
from processors.seeding.phrases import LONGEST, Words, phrases
from processors.seeding.reading import Sentence, Token
from processors.seeding.salience import salience

SURE: Final = 3.0  # standard deviations above general language
_COMMON: Final = 3e-4  # share of running words; a commoner word is no term by itself
_PLAIN: Final = 4e-4  # a commoner word neither begins nor ends a phrase
_LONGEST_PHRASE: Final = 100  # letters
_IN_USE: Final = 1e-7  # share of running words; a form as rare as that is none
_SHORTEST: Final = 3  # letters; two signs in scripts without spaces


class Salient(NamedTuple):
    """A word, in all its forms, or a phrase."""

    shown: str
    terms: tuple[str, ...]  # as a topic file writes it
    head: str  # the stem of what it is about
    times: int
    seeds: int  # how many of the seeds have it
    places: frozenset[int]  # numbers of its sentences
    titled: bool  # stands in a title
    log_odds: float
    z: float


def find_salient(
    sentences: Sequence[Sentence], names: Sequence[Name], background: Background, language: str
) -> list[Salient]:
    """Find what the seeds are about, the surest first."""
    finder = _Finder(sentences, names, background, language)
    found = [*finder.words(), *finder.phrases()]
    return sorted((each for each in found if each.z >= SURE), key=lambda each: (-each.z, each.shown))


class _Finder:
    def __init__(
        self, sentences: Sequence[Sentence], names: Sequence[Name], background: Background, language: str
    ) -> None:
        self._background = background
        self._language = language
        self._running = sum(len(sentence.tokens) for sentence in sentences)
        self._sentences = list(_without(sentences, names))
        plain = {token.word for each in self._sentences for token in each.tokens if self._is_plain(token.word)}
        self._phrases = _longest(phrases(self._sentences, plain))

    def _is_plain(self, word: str) -> bool:
        return (
            word in NEWS or word in CALENDAR or word in TITLES or word in JOINING or word[0].isdigit()
            or self._background.rate(word) > _PLAIN
        )  # fmt: skip

    def words(self) -> Iterator[Salient]:
        """Judge each word that stands somewhere by itself."""
        forms: dict[str, Counter[str]] = defaultdict(Counter)
        places: dict[str, set[int]] = defaultdict(set)
        for number, sentence in enumerate(self._sentences):
            for token in sentence.tokens:
                if self._is_term(token.word):
                    key = stem(token.word, self._language)
                    forms[key][token.word] += 1
                    places[key].add(number)
        inside = self._inside_phrases()
        for key, counts in forms.items():
            alone = any(count > inside[form] for form, count in counts.items())
            rate = sum(map(self._background.rate, counts))
            if (alone or key in self._heads()) and rate <= _COMMON and self._enough(counts.total(), places[key]):
                written = tuple(terms(counts, self._language, self._in_use))
                yield self._salient(counts.most_common(1)[0][0], written, key, counts.total(), rate, places[key])

    def phrases(self) -> Iterator[Salient]:
        """Judge each phrase.

        Its rate in general language is not known; that of its rarest word is more, so its log-odds are at least these.
        """
        shown: dict[Words, Counter[str]] = defaultdict(Counter)
        places: dict[Words, set[int]] = defaultdict(set)
        for number, sentence in enumerate(self._sentences):
            for here in _stretches(sentence.tokens):
                words = tuple(token.word for token in here)
                if words in self._phrases and sum(map(len, words)) <= _LONGEST_PHRASE:
                    shown[words][_written(here)] += 1
                    places[words].add(number)
        for words, seen in shown.items():
            joined = seen.most_common(1)[0][0]
            rate = min(map(self._background.rate, words))
            term = phrase_term(words, joined, self._language)
            yield self._salient(joined, (term,), head(words, self._language), self._phrases[words], rate, places[words])

    def _salient(
        self, shown: str, written: tuple[str, ...], key: str, count: int, rate: float, places: set[int]
    ) -> Salient:
        odds, z = salience(count, self._running, rate, self._background.size)
        seeds = {self._sentences[number].seed for number in places}
        titled = any(not self._sentences[number].place for number in places)
        return Salient(shown, written, key, count, len(seeds), frozenset(places), titled, odds, z)

    def _is_term(self, word: str) -> bool:
        long = len(word) >= (_SHORTEST if script(word[0]) == WORD else _SHORTEST - 1)
        verbal = self._language == "en" and word.endswith("ed")  # what was done is the lexicon's to tell
        return long and word[0].isalpha() and not verbal and not self._is_plain(word)

    def _enough(self, count: int, places: set[int]) -> bool:
        return count > 1 or any(not self._sentences[number].place for number in places)

    def _in_use(self, word: str) -> bool:
        return self._background.rate(word) > _IN_USE

    def _heads(self) -> set[str]:
        return {head(words, self._language) for words in self._phrases}

    def _inside_phrases(self) -> Counter[str]:
        """Count each word's occurrences inside phrases; of phrases that hold each other, the shorter counts."""
        inside: Counter[str] = Counter()
        for words, count in self._phrases.items():
            for word in words:
                inside[word] = max(inside[word], count)
        return inside


def _without(sentences: Sequence[Sentence], names: Sequence[Name]) -> Iterator[Sentence]:
    """Take the names out, and break the sentence there."""
    covered: dict[int, set[int]] = defaultdict(set)
    for name in names:
        for mention in name.mentions:
            covered[mention.sentence].update(range(mention.start, mention.end))
    for number, sentence in enumerate(sentences):
        tokens: list[Token] = []
        broken = False
        for place, token in enumerate(sentence.tokens):
            if place in covered[number]:
                broken = True
                continue
            tokens.append(token._replace(gap="|") if broken else token)
            broken = False
        yield sentence._replace(tokens=tuple(tokens))


def _longest(found: Counter[Words]) -> Counter[Words]:
    """Leave out the phrases that are always part of a longer one."""
    inside: Counter[Words] = Counter()
    for words, count in found.items():
        for size in range(2, len(words)):
            for at in range(len(words) - size + 1):
                part = words[at : at + size]
                inside[part] = max(inside[part], count)
    return Counter({words: count for words, count in found.items() if count > inside[words]})


def _stretches(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Give every stretch that may be a phrase."""
    for start in range(len(tokens)):
        for end in range(start + 2, min(start + LONGEST, len(tokens)) + 1):
            if tokens[end - 1].gap == "|":
                break
            yield tokens[start:end]


def _written(tokens: Sequence[Token]) -> str:
    return "".join(("" if not number else token.gap) + token.word for number, token in enumerate(tokens))
