"""The topic file: what an analyst writes to say what a topic is. Shapes only; meaning is given in processors/.

Terms (`concepts.*.terms.<lang>`), one string each, matched on Unicode-normalised, case-folded text:

    word phrase     whole words, in the scripts that have words
    stem*           any ending          *stem  any beginning          *part*  anywhere in a word
    северн* коре*   any ending of each word of a phrase
    =NK             case as written (for short abbreviations)
    북러             scripts without spaces (ja, zh), and Korean: anywhere, but a single sign only with boundaries
    북*  *군         there too: begins a word, ends one (between Han, Hangul and all others is a boundary too)

A hyphen, any dash, an apostrophe, any quote, and any run of white space in text are one space to a term, and so is
all other punctuation. Accents on Latin letters don't count (é is e), but ä, ö, ü and ß do; ё is е; simplified and
traditional Chinese signs are the same.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
TopicName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}|any)$")]
Term = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class Model(BaseModel):
    """Base of every configuration model: unknown keys are mistakes, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Concept(Model):
    """Words that mean one thing, per language."""

    says: Sentence = Field(description="What the concept means, in a few words.")
    terms: dict[Language, list[Term]] = Field(
        default={},
        description="Its words per language (`any` for all). All are looked for in every text, whatever its language.",
    )
    unless: dict[Language, list[Term]] = Field(
        default={}, description="Longer lookalikes: a hit that lies inside one of these doesn't count."
    )
    any_of: list[Name] = Field(default=[], description="Other concepts whose hits count as this one's too.")


class Condition(Model):
    """When a piece of evidence holds. Names are concepts, or evidence listed above it."""

    all: list[Name | Condition] = Field(default=[], description="Every one of these holds.")
    any: list[Name | Condition] = Field(default=[], description="At least one of these holds.")
    none: list[Name | Condition] = Field(default=[], description="None of these holds.")
    where: Literal["title", "window", "text"] | None = Field(
        default=None,
        description="Where to look: the title, the window (title and first sentences; the default), or the whole text.",
    )
    near: Literal["sentence"] | Annotated[int, Field(ge=1, le=200)] | None = Field(
        default=None, description="How near `all` must be: in one sentence (the title is one), or within so many words."
    )


class EvidenceRule(Model):
    """One reason for or against, with its weight."""

    says: Sentence = Field(description="The reason in words, as alerts show it.")
    when: Condition = Field(description="When it holds.")
    weight: float = Field(
        default=0.0, ge=-20, le=20, description="Log-odds it adds when it holds; 0 for a helper of others."
    )
    facet: Name | None = Field(default=None, description="The facet that it shows.")


class Example(Model):
    """An item the topic must match, or must not."""

    title: Sentence = Field(description="Its headline, in your own words.")
    summary: str = Field(default="", description="Its text.")
    lang: Language = Field(default="any", description="Its language.")


class Seed(Model):
    """An article the topic was drawn from: named, never quoted."""

    title: Sentence = Field(description="Its headline.")
    outlet: Sentence = Field(description="Who published it.")
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="When, as year-month-day.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its text, to know it again.")


class TopicFile(Model):
    """A topic model."""

    topic: TopicName = Field(description="Its id: names the alert topic `armswatch.alerts.<topic>`.")
    name: Sentence = Field(description="Its name for people.")
    enabled: bool = Field(
        default=True, description="`false` keeps the topic here, to read and to try, but nothing is judged by it."
    )
    description: str = Field(default="", description="What belongs to it and what doesn't, for people.")
    seeds: list[Seed] = Field(default=[], description="The articles it was drawn from.")
    window_sentences: int = Field(
        default=3, ge=1, le=50, description="Sentences of the summary in the evidence window."
    )
    facets: dict[Name, Sentence] = Field(default={}, description="Facet -> what it means.")
    concepts: dict[Name, Concept] = Field(min_length=1, description="What is looked for: name -> words.")
    evidence: dict[Name, EvidenceRule] = Field(
        min_length=1, description="In order; a condition may name evidence above it."
    )
    requires: list[Name] = Field(
        default=[], description="Evidence that an item must have at all, to be scored (cheap to check; all of them)."
    )
    bias: float = Field(default=0.0, ge=-30, le=30, description="Log-odds before any evidence.")
    threshold: float = Field(default=0.5, gt=0, lt=1, description="Score from which an item matches.")
    near_miss: float = Field(default=0.25, ge=0, lt=1, description="Score from which an item is kept as a near miss.")
    must_match: list[Example] = Field(default=[], description="Items it must match, or it is refused.")
    must_not_match: list[Example] = Field(default=[], description="Items it must not match, or it is refused.")
