"""What `armswatch topic seed` does: articles in, a topic file to go on from out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

from armswatch.article_file import Read, read_text
from armswatch.general_language import general_language
from config.topic import Seed
from config.topic_writing import write_topic
from core.errors import UserError
from core.text import clean, shorten
from processors.judge import Explanation
from processors.seeding.background import Background, counted
from processors.seeding.propose import NoTopic, propose
from processors.seeding.reading import Article, article, words

_NOT_TOLD: Final = "not told"
_NO_DATE: Final = "0000-00-00"
_LONGEST_TITLE: Final = 300  # characters; as the model has it
_LEAST_BACKGROUND: Final = 20_000  # running words: one that stands there once is then rare enough to stand out
_LONGEST_BACKGROUND: Final = 100_000_000  # bytes
_HEADING: Final = """\
yaml-language-server: $schema=../schema/topic.schema.json

A topic proposed by `armswatch topic seed`. Read it before you use it: drop the words that are chance, move others to
where they belong, add what the seeds don't say (other languages, other names), and give it examples in your own words
under must_match and must_not_match.

Behind a term stands how often the seeds have it, by how much more than general language does (natural log-odds), and
how sure that is (z, in standard deviations). General language: {background}.
A weight is log-odds: 1 is a hint, 2 to 3 a good reason, 4 decides. `armswatch topic fit` sets them by labelled items.
"""


class Told(NamedTuple):
    """What the user says of a seed; empty for nothing."""

    title: str = ""
    outlet: str = ""
    date: str = ""


class Proposed(NamedTuple):
    """A proposal, written."""

    text: str
    seeds: tuple[tuple[str, Explanation], ...]  # file name, and how the topic judges it


def told(files: Sequence[Path], titles: Sequence[str], outlets: Sequence[str], dates: Sequence[str]) -> list[Told]:
    """Put together what is said of each seed, in the order of the files.

    Raises:
        UserError: more is said than there are seeds.
    """
    if max(len(titles), len(outlets), len(dates)) > len(files):
        raise UserError("More titles, outlets or dates than articles.", "Give one for each article, in their order.")
    said = [Told(*each) for each in zip_longest(titles, outlets, dates, fillvalue="")]
    return said + [Told()] * (len(files) - len(said))


def seed(files: Sequence[Path], said: Sequence[Told], language: str, background: Path | None, topic: str) -> Proposed:
    """Propose a topic.

    Args:
        files: one article each.
        said: of each of them.
        language: of all of them.
        background: a text to count as general language; None for wordfreq.
        topic: its id; empty for one made of what it is about.

    Raises:
        UserError: a file can't be read, general language isn't known, or the seeds say nothing in particular.
    """
    read = [read_text(path) for path in files]
    usual = general_language(language) if background is None else _of_file(background)
    articles = [article(each.text, clean(one.title or each.title)) for each, one in zip(read, said, strict=True)]
    _refuse_unfit(files, read, articles)
    seeds = [_seed(*each) for each in zip(read, articles, said, strict=True)]
    try:
        made = propose(articles, seeds, usual, language, topic)
    except NoTopic as error:
        remedy = "Are they in the language of --language? Are they longer than a headline?"
        raise UserError(f"No topic: {error}.", remedy) from error
    text = write_topic(made.topic, made.notes, _HEADING.format(background=usual.name))
    return Proposed(text, tuple(zip([path.name for path in files], made.seeds, strict=True)))


def _refuse_unfit(files: Sequence[Path], read: Sequence[Read], articles: Sequence[Article]) -> None:
    first: dict[str, Path] = {}
    for path, each, made in zip(files, read, articles, strict=True):
        if not made.title:
            raise UserError(f"{path} has no text.")
        if first.setdefault(each.sha256, path) is not path:
            remedy = "Give each once: what two articles both say counts more."
            raise UserError(f"{first[each.sha256]} and {path} are the same article.", remedy)


def _seed(read: Read, each: Article, said: Told) -> Seed:
    title = shorten(each.title, _LONGEST_TITLE)
    outlet = shorten(clean(said.outlet), _LONGEST_TITLE) or _NOT_TOLD
    return Seed(title=title, outlet=outlet, date=said.date or _NO_DATE, sha256=read.sha256)


def _of_file(path: Path) -> Background:
    none = Background({}, 1.0, "")
    found = counted(words(read_text(path, _LONGEST_BACKGROUND).text, none), path.name)
    if found.size < _LEAST_BACKGROUND:
        remedy = f"Give {_LEAST_BACKGROUND:,} or more, of other matters than the seeds: news of a few weeks will do."
        raise UserError(f"{path} has {found.size:,.0f} words, too few to tell what is usual.", remedy)
    return found


def save(path: Path, text: str) -> None:
    """Write a file that isn't there yet.

    Raises:
        UserError: it is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UserError(f"{path} is there already.", "Give another name; nothing is overwritten.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
