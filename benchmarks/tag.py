"""How many items a second the match stage handles on one core: decode, fold, scan, judge, encode.

Run `python -m benchmarks.tag`. The items are the entries of real feed documents where those lie beside the project, else
generated text; the topics are the shipped one, alone and among 100 and 1,000 made-up ones of 60 terms each.
"""

from __future__ import annotations

import argparse
import gc
import html
import io
import os
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from config.topic import Concept, Condition, EvidenceRule, TopicFile
from core import catalogue, codec
from core.types import FeedId, Item, ItemId, Source
from processors.batch import fold_batch
from processors.match import MatchStep
from processors.topic import CompiledTopic, CompiledTopics
from stream.log import Record

ROOT = Path(__file__).resolve().parent.parent
FEEDS = ROOT.parent / "shared" / "data" / "feeds"
TOPIC = ROOT / "config" / "topics" / "russia-dprk-arms.yaml"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 500
Text = tuple[str, str]


def real_texts() -> list[Text]:
    """Read title and plain summary of every entry."""
    import feedparser  # noqa: PLC0415 - not needed where there are no documents

    texts: list[Text] = []
    for file in sorted(FEEDS.iterdir()) if FEEDS.is_dir() else ():
        if file.suffix in (".csv", ".json"):
            continue
        parsed = feedparser.parse(io.BytesIO(file.read_bytes()), sanitize_html=False, resolve_relative_uris=False)
        for entry in parsed.entries:
            content = entry.get("content") or [{}]
            summary = html.unescape(re.sub(r"<[^>]*>", " ", entry.get("summary") or content[0].get("value") or ""))
            texts.append(((entry.get("title") or "")[:1000], re.sub(r"[ \t]+", " ", summary).strip()[:20_000]))
    return texts


def made_up_texts(count: int) -> list[Text]:
    """Make texts of words of many scripts."""
    chance = random.Random(1)
    letters = [
        "abcdefghijklmnoprstuvwz",
        "абвгдежзиклмнопрстуфхц",
        "가나다라마바사아자차카타파하",
        "国年大会日本人中学生",
    ]
    words = ["".join(chance.choices(script, k=chance.randint(2, 9))) for script in letters for _ in range(4000)]
    return [(" ".join(chance.choices(words, k=9)), " ".join(chance.choices(words, k=35)) + ".") for _ in range(count)]


def records(texts: Sequence[Text]) -> list[Record]:
    """Make the records of items as ingest would write them."""
    source = Source(FeedId("0123456789abcdef"), "An Outlet", "https://outlet.example/rss", "en", "GB", "newspaper")
    made: list[Record] = []
    for number, (title, summary) in enumerate(texts):
        name = f"{number:032x}"
        item = Item(
            ItemId(name), source, title, summary, f"https://outlet.example/{name}", NOW, NOW,
            language="en", guid=name, categories=("World",), content_hash=name,
        )  # fmt: skip
        made.append(Record(catalogue.ITEMS, 0, number, NOW, name.encode(), codec.encode(item)))
    return made


def made_up_topics(texts: Sequence[Text], count: int) -> list[CompiledTopic]:
    """Make topics of three concepts of 20 words each, drawn from the less frequent words of the texts."""
    seen = Counter(
        word for piece in fold_batch([" ".join(text) for text in texts]) for word in set(piece.decode().split())
    )
    words = [word for word, times in sorted(seen.items()) if times <= len(texts) / 500 and len(word) > 1]
    chance = random.Random(2)
    topics: list[CompiledTopic] = []
    for number in range(count):
        concepts = {name: Concept(says=name, terms={"any": chance.sample(words, 20)}) for name in ("a", "b", "c")}
        evidence = {
            "link": EvidenceRule(says="link", when=Condition(all=["a", "b"]), weight=2),
            "matter": EvidenceRule(says="matter", when=Condition(all=["link", "c"], near="sentence"), weight=3),
        }
        file = TopicFile(topic=f"t{number}", name="t", concepts=concepts, evidence=evidence, requires=["link"], bias=-3)
        topics.append(CompiledTopic(file, "0" * 16))
    return topics


def rate(step: MatchStep, batches: Sequence[Sequence[Record]], rounds: int) -> tuple[float, float, int]:
    """Return (median, best) items a second over several rounds, and how many matches there were."""
    rates: list[float] = []
    matches = 0
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        matches = sum(len(step(batch)) for batch in batches)
        rates.append(sum(map(len, batches)) / (time.process_time() - start))
    return statistics.median(rates), max(rates), matches


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--head", type=int, default=0, help="cut texts to so many characters; 0: whole texts")
    options = arguments.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    texts = real_texts()
    print(f"corpus: {'real feed entries' if texts else 'generated texts'}")
    texts = texts or made_up_texts(15_000)
    if options.head:
        texts = [(title, summary[: options.head]) for title, summary in texts]
    made = records(texts)
    mean_chars = statistics.mean(len(title) + len(summary) for title, summary in texts)
    mean_bytes = statistics.mean(len(record.value or b"") for record in made)
    print(f"items: {len(made)}, {mean_chars:.0f} characters and {mean_bytes:.0f} bytes of record each, on average")
    batches = [made[start : start + BATCH] for start in range(0, len(made), BATCH)]
    own = CompiledTopic(TopicFile.model_validate(yaml.safe_load(TOPIC.read_bytes())), "0" * 16)
    alone = 0.0
    for others in (0, 100, 1000):
        start = time.process_time()
        step = MatchStep(CompiledTopics([own, *made_up_topics(texts, others)]), clock=lambda: NOW)
        built = time.process_time() - start
        step(batches[0])
        median, best, matches = rate(step, batches, options.rounds)
        alone = alone or median
        print(
            f"{others + 1:5} topics: {median:9,.0f} items/s CPU (best {best:,.0f}), {median / alone:.2f} of one topic's; "
            f"{matches} matches and near misses; built in {built:.1f} s"
        )


if __name__ == "__main__":
    main()
