"""Why something did or did not alert: pure, from what the archive holds to the stages of its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from archive.answers import Decisions, FeedRow, ItemRow, MatchRow, TopicDecision
from archive.status import health_of
from core.reasons import says
from core.reports import Explanation, Hit, Outcome, Why, WhyStage
from core.types import TopicId
from core.words import ago, count, moment, score, span

Explain = Callable[[str, str], Explanation]  # title, summary -> what the topic says of them now
Facts = tuple[tuple[str, str], ...]


def why_item(question: str, decisions: Decisions, explain: Mapping[TopicId, Explain] | None = None) -> Why:
    """Tell the way of an item that is known.

    Args:
        question: the URL or text as it was asked.
        decisions: what was decided about the item.
        explain: per topic of the running configuration, the judge of a text. An item below the near-miss mark
            leaves nothing on the log, so only judging it again can say what was missing.
    """
    item, explain = decisions.newest, explain or {}
    decided = {decision.topic: decision for decision in decisions.topics}
    topics = sorted({*decided, *explain})
    stages = [_fetched(item), _new(decisions)]
    for topic in topics:
        stages += _topic_stages(item, decided.get(topic, TopicDecision(topic)), explain.get(topic))
    if not topics:
        stages.append(WhyStage("matched", "unknown", "No topic has matched it, nor nearly; none is loaded to ask why."))
    return Why(question, "known_url", tuple(stages), title=item.title, url=item.url, outlet=item.outlet)


def why_unknown(question: str, host: str, feeds: Sequence[FeedRow], now: datetime) -> Why:
    """Tell what can be said about a URL that no feed has brought.

    Args:
        question: the URL as it was asked.
        host: its host.
        feeds: those served by the host, or that have carried links to it.
        now: the moment to judge their health at.
    """
    return Why(question, "unknown_url", (_never_seen(host, feeds, now),))


def why_text(question: str, hits: Sequence[Hit], explain: Mapping[TopicId, Explain] | None = None) -> Why:
    """Offer the items that hold the words asked for; where there are none, say what the topics make of the words."""
    stages = (
        () if hits else tuple(_as_title(question, topic, judge) for topic, judge in sorted((explain or {}).items()))
    )
    return Why(question, "text", stages, hits=tuple(hits))


def _as_title(text: str, topic: TopicId, judge: Explain) -> WhyStage:
    judged = judge(text, "")
    would = "match" if judged.matched else "be a near miss" if judged.near_miss else "not match"
    said = f"An item with this title would {would}: {score(judged.score, judged.threshold)}."
    outcome: Outcome = "ok" if judged.matched else "no"
    return WhyStage("matched", outcome, said, topic, _missing(judged.missing), judged.evidence)


def _fetched(item: ItemRow) -> WhyStage:
    language = (("language", item.language),) if item.language else ()
    published = moment(item.published) if item.published else "not told"
    doubt = f"; doubtful: {says(item.doubt)}" if item.doubt else ""
    facts = (
        ("feed", item.feed),
        ("published", published + doubt),
        *language,
        ("record", f"{item.at.topic}/{item.at.partition} at {item.at.offset}"),
    )
    return WhyStage("fetched", "ok", f"{item.outlet} brought it.", facts=facts)


def _new(decisions: Decisions) -> WhyStage:
    first, newest = decisions.revisions[0], decisions.newest
    facts: Facts = tuple((f"revision {each.revision}", moment(each.first_seen)) for each in decisions.revisions)
    if newest.backlog:
        return WhyStage(
            "new", "no", "It was there before we began to watch this feed: backlog alerts no one.", facts=facts
        )
    edits = f", and edited {count(newest.revision, 'time')} since" if newest.revision else ""
    lag = ""
    if first.revision == 0 and first.published and not first.doubt and first.published <= first.first_seen:
        lag = f", {span((first.first_seen - first.published).total_seconds())} after it was published"
    return WhyStage("new", "ok", f"It was first seen {moment(first.first_seen)}{lag}{edits}.", facts=facts)


def _topic_stages(item: ItemRow, decision: TopicDecision, explain: Explain | None) -> list[WhyStage]:
    best = next((row for row in reversed(decision.matches) if row.verdict == "match"), None)
    match = best or (decision.matches[-1] if decision.matches else None)
    if match is None:
        return [_not_matched(item, decision.topic, explain)]
    matched = _matched(match)
    if match.verdict == "near_miss":
        return [matched]
    return [matched, _story(decision), _alert(item, decision)]


def _matched(match: MatchRow) -> WhyStage:
    scored = score(match.score, match.threshold)
    facets = (("facets", ", ".join(match.facets)),) if match.facets else ()
    facts = (
        ("revision", str(match.revision)),
        *facets,
        ("judged", f"{moment(match.matched)} by topic file {match.topic_hash}"),
    )
    if match.verdict == "match":
        return WhyStage("matched", "ok", f"It matched: {scored}.", match.topic, facts, match.evidence)
    return WhyStage(
        "matched", "no", f"A near miss: {scored}.", match.topic, (*facts, *_missing(match.missing)), match.evidence
    )


def _not_matched(item: ItemRow, topic: TopicId, explain: Explain | None) -> WhyStage:
    gone = "Neither a match nor a near miss is on record"
    if explain is None:
        return WhyStage("matched", "unknown", f"{gone}: it scored lower than that, or has not been judged yet.", topic)
    judged = explain(item.title, item.summary)
    scored = score(judged.score, judged.threshold)
    missing = _missing(judged.missing)
    if not (judged.matched or judged.near_miss):
        said = f"By the topic as it is now, no match: {scored}."
        return WhyStage("matched", "no", said, topic, missing, judged.evidence)
    would = "match" if judged.matched else "be a near miss"
    said = (
        f"{gone}, though by the topic as it is now it would {would} ({scored}): "
        "it has not been judged yet, or the topic has changed."
    )
    return WhyStage("matched", "unknown", said, topic, missing, judged.evidence)


def _missing(sentences: Sequence[str]) -> Facts:
    return tuple(("missing", sentence) for sentence in sentences)


def _story(decision: TopicDecision) -> WhyStage:
    if not decision.members:
        return WhyStage("story", "unknown", "No story holds it yet.", decision.topic)
    story = decision.story
    if story is None:
        return WhyStage(
            "story", "unknown", f"Its story {decision.members[-1].story} is not on record any more.", decision.topic
        )
    facts = (("story", story.id), ("begun", moment(story.created)), ("alerts", str(story.alerts)))
    said = f"In a story of {count(story.items, 'item')}: {story.headline}"
    return WhyStage("story", "ok", said, decision.topic, facts)


def _alert(item: ItemRow, decision: TopicDecision) -> WhyStage:
    if decision.alerts:
        first = decision.alerts[0]
        facts = tuple((f"alert ({each.level})", f"{each.id} at {moment(each.time)}") for each in decision.alerts)
        lag = span((first.time - item.first_seen).total_seconds()) if item.revision == 0 else ""
        after = f", {lag} after it was seen" if lag else ""
        return WhyStage(
            "alert", "ok", f"It alerted as {first.level} {moment(first.time)}{after}.", decision.topic, facts
        )
    silent = next((member.silent for member in reversed(decision.members) if member.silent), "")
    if silent:
        return WhyStage("alert", "no", f"It was kept silent: {says(silent)}.", decision.topic, (("reason", silent),))
    if any(member.alerted for member in decision.members):
        return WhyStage("alert", "ok", "It alerted; the alert itself is not on record.", decision.topic)
    return WhyStage("alert", "unknown", "Nothing has been decided about alerting yet.", decision.topic)


def _never_seen(host: str, feeds: Sequence[FeedRow], now: datetime) -> WhyStage:
    if not feeds:
        return WhyStage(
            "fetched",
            "no",
            f"No feed we watch is served by {host}, nor has any carried a link to it: add a feed that does.",
        )
    facts = tuple((feed.name or feed.url, _feed_says(feed, now)) for feed in feeds)
    if all(health_of(feed, now) == "ok" and not feed.gaps and feed.baseline for feed in feeds):
        said = f"No feed has carried this address. {_of_host(feeds, host)}, and no poll has missed anything."
        return WhyStage("fetched", "no", said, facts=facts)
    said = f"No feed has carried this address as far as we know. {_of_host(feeds, host)}, and may have missed it."
    return WhyStage("fetched", "unknown", said, facts=facts)


def _of_host(feeds: Sequence[FeedRow], host: str) -> str:
    return f"{count(len(feeds), 'feed')} {'brings' if len(feeds) == 1 else 'bring'} articles of {host}"


def _feed_says(feed: FeedRow, now: datetime) -> str:
    polled = f"last polled {ago(feed.last_poll, now)}" if feed.last_poll else "never polled"
    health = {
        "ok": "healthy",
        "failing": f"failing: {says(feed.reason)}",
        "parked": "gone for good",
        "overdue": "its poll is overdue",
        "waiting": "waiting for its first poll",
    }[health_of(feed, now)]
    gaps = f"{count(feed.gaps, 'gap')}: between two polls entries may have come and gone" if feed.gaps else "no gaps"
    return f"{health}, {polled}, {gaps}"
