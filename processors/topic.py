"""The topics that are watched: compiled, held to their own examples, and looked for together.

A gate stands in front of all topics, a close look by each candidate behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from config.loader import LoadedTopic
from config.topic import Example, TopicFile
from core.errors import ConfigError, Mistake
from processors.batch import fold_batch
from processors.check import LineOf, line_finder, mistakes
from processors.gate import Gate
from processors.judge import CompiledTopic, Explanation
from processors.scene import read
from processors.sentences import first_sentences

__all__ = [
    "CompiledTopic",
    "CompiledTopics",
    "Explanation",
    "Found",
    "TopicRefused",
    "compile_loaded",
    "compile_topic",
    "compile_topics",
]

_FEW: Final = 200  # topics
_SHORT: Final = (1500, 400)  # with few topics and with many, a summary of so many characters is not worth cutting


class TopicRefused(ConfigError):
    """A topic whose own examples fail; each is a mistake that names the example and says how it was judged."""


class Found(NamedTuple):
    """A text that a topic matched, or nearly."""

    number: int  # of the text
    topic: CompiledTopic
    explanation: Explanation


class CompiledTopics:
    """Immutable; safe from any thread."""

    def __init__(self, topics: Sequence[CompiledTopic]) -> None:
        self.topics = tuple(topics)
        self.by_id = {topic.id: topic for topic in self.topics}
        self._gate = Gate([topic.file for topic in self.topics])
        self._reads_all = any(topic.reads_all for topic in self.topics)
        self._short = _SHORT[len(self.topics) > _FEW]
        self._window = max((topic.window for topic in self.topics), default=0)

    def find(self, texts: Sequence[tuple[str, str]]) -> Iterator[Found]:
        """Yield what the topics match or nearly match among texts (title, summary), in their order."""
        if not texts or not self.topics:
            return
        folded = fold_batch([f"{title}\n{self._cut(summary)}" for title, summary in texts])
        for number, bits in self._gate.candidates(folded):
            title, summary = texts[number]
            parts = read(title, self._cut(summary))
            for topic in self._of(bits):
                explanation = topic.judge(parts)
                if explanation.matched or explanation.near_miss:
                    yield Found(number, topic, explanation)

    def _cut(self, summary: str) -> str:
        """Leave out what no topic reads."""
        if self._reads_all or len(summary) <= self._short:
            return summary
        return first_sentences(summary, self._window)

    def _of(self, bits: int) -> Iterator[CompiledTopic]:
        while bits:
            lowest = bits & -bits
            yield self.topics[lowest.bit_length() - 1]
            bits ^= lowest


def compile_topic(
    topic: TopicFile, topic_hash: str, *, file: str = "", line_of: LineOf = lambda _key: None
) -> CompiledTopic:
    """Compile a topic and run its examples.

    Args:
        topic: the topic, right in shape.
        topic_hash: of its file; goes into every match.
        file: its name, for the messages.
        line_of: gives the line of a dotted key.

    Raises:
        ConfigError: the topic is wrong; has every mistake.
        TopicRefused: its examples fail; has every one that does.
    """
    compiled = _compile(topic, topic_hash, file, line_of)
    failing = _failing(compiled, file, line_of)
    if failing:
        raise TopicRefused(failing)
    return compiled


def compile_loaded(loaded: LoadedTopic) -> CompiledTopic:
    """Compile a topic as the loader read it; its mistakes point into its file. Raises as `compile_topic` does."""
    return compile_topic(loaded.file, loaded.sha256[:16], file=loaded.shown, line_of=line_finder(loaded))


def compile_topics(topics: Sequence[LoadedTopic]) -> CompiledTopics:
    """Compile all topics and run their examples.

    Raises:
        ConfigError: topics are wrong; has every mistake of all of them.
        TopicRefused: examples fail; has every one that does.
    """
    compiled: list[CompiledTopic] = []
    wrong: list[Mistake] = []
    failing: list[Mistake] = []
    for loaded in topics:
        try:
            compiled.append(compile_loaded(loaded))
        except TopicRefused as refused:
            failing += refused.mistakes
        except ConfigError as error:
            wrong += error.mistakes
    if wrong:
        raise ConfigError([*wrong, *failing])
    if failing:
        raise TopicRefused(failing)
    return CompiledTopics(compiled)


def _compile(topic: TopicFile, topic_hash: str, file: str, line_of: LineOf) -> CompiledTopic:
    wrong = mistakes(topic, file, line_of)
    if wrong:
        raise ConfigError(wrong)
    return CompiledTopic(topic, topic_hash)


def _failing(topic: CompiledTopic, file: str, line_of: LineOf) -> list[Mistake]:
    """Judge the topic's examples; return those that it judges wrongly."""
    examples: list[tuple[str, Sequence[Example], bool]] = [
        ("must_match", topic.file.must_match, True),
        ("must_not_match", topic.file.must_not_match, False),
    ]
    failing: list[Mistake] = []
    for part, items, wanted in examples:
        for number, example in enumerate(items):
            found = topic.explain(example.title, example.summary)
            if found.matched != wanted:
                key = f"{part}[{number}]"
                failing.append(Mistake(file, line_of(key), key, example.title, _how(found, wanted=wanted)))
    return failing


def _how(found: Explanation, *, wanted: bool) -> str:
    limit = f"a score of {found.threshold:g} or more" if wanted else f"a score below {found.threshold:g}"
    why = "; ".join(f"{evidence.says} ({evidence.weight:+g})" for evidence in found.evidence) or "no evidence"
    return f"{limit}, not {found.score:.2f}: {why}"
