"""The questions in SQL. Parameters are named; a topic of NULL means any, and `since` is in microseconds."""

# ruff: noqa: S608 - what is put together here are our own names; values are parameters

from __future__ import annotations

from typing import Final

_AT: Final = "log_topic, log_partition, log_offset"
_ITEM: Final = f"""
id, revision, feed, outlet, kind, origin, country, url, title, summary, language, published, doubt, first_seen,
backlog, guid, content_hash, {_AT}
"""
_FEED: Final = f"""
id, url, host, name, baseline, polls, items, last_poll, last_success, last_new, next_due, interval_s, failures,
reason, detail, overlap, gaps, counters, moved_to, {_AT}
"""
_MATCH: Final = """
m.id, m.topic, m.item, m.revision, m.verdict, m.score, m.threshold, m.facets, m.evidence, m.missing, m.topic_hash,
m.matched, m.log_topic, m.log_partition, m.log_offset
"""
_MEMBER: Final = f"""
topic, item, revision, story, outlet, kind, origin, url, title, language, first_seen, alerted, silent, {_AT}
"""
_STORY: Final = f"""
id, topic, headline, created, updated,
(SELECT count(DISTINCT item) FROM story_members m WHERE m.story = stories.id) AS items,
(SELECT count(*) FROM alerts a WHERE a.story = stories.id) AS alerts, {_AT}
"""
_ALERT_TEXT: Final = """
json_extract(CAST(json AS TEXT), '$.data.headline') || ' ' || json_extract(CAST(json AS TEXT), '$.data.summary')
"""
_OF_TOPIC: Final = "(:topic IS NULL OR topic = :topic)"

ALERTS: Final = f"""
SELECT json FROM alerts WHERE time >= :since AND {_OF_TOPIC} AND (:text = '' OR is_in({_ALERT_TEXT}, :text))
ORDER BY time DESC, n DESC LIMIT :limit
"""
ALERTS_AFTER: Final = f"SELECT n, json FROM alerts WHERE n > :n AND {_OF_TOPIC} ORDER BY n LIMIT :limit"
ALERT_TIME: Final = "SELECT max(time) AS time FROM alerts WHERE n <= :n"
LAST_ALERT: Final = "SELECT coalesce(max(n), 0) AS n FROM alerts"
ALERTS_OF_ITEM: Final = f"""
SELECT n, id, topic, story, item, level, time, headline, {_AT} FROM alerts WHERE item = :item ORDER BY time, n
"""

FEEDS: Final = f"SELECT {_FEED} FROM feeds ORDER BY name, url"
FEEDS_OF_HOST: Final = f"""
SELECT {_FEED} FROM feeds
WHERE host = :host OR id IN (SELECT feed FROM items WHERE url_key >= :from AND url_key < :to)
ORDER BY name, url
"""
LAGS: Final = """
SELECT feed, first_seen - published AS lag FROM items
WHERE first_seen >= :since AND revision = 0 AND NOT backlog AND doubt = '' AND published IS NOT NULL
"""
COUNTS: Final = """
SELECT
  (SELECT count(*) FROM items WHERE first_seen >= :since AND revision = 0) AS items,
  (SELECT count(*) FROM matches WHERE verdict = 'match' AND matched >= :since) AS matches,
  (SELECT count(*) FROM matches WHERE verdict = 'near_miss' AND matched >= :since) AS near_misses,
  (SELECT count(*) FROM stories WHERE updated >= :since) AS stories,
  (SELECT count(*) FROM alerts WHERE time >= :since) AS alerts,
  (SELECT count(*) FROM story_members WHERE silent != '' AND first_seen >= :since) AS silent,
  (SELECT count(*) FROM dead_letters WHERE failed >= :since) AS dead_letters,
  (SELECT max(first_seen) FROM items) AS last_item,
  (SELECT max(time) FROM alerts) AS last_alert
"""
FOLDED: Final = "SELECT log_topic, log_partition, position FROM positions"

_NEWEST: Final = "NOT EXISTS (SELECT 1 FROM items later WHERE later.id = i.id AND later.revision > i.revision)"
REVISIONS: Final = f"SELECT {_ITEM} FROM items WHERE id = :item ORDER BY revision"
ITEMS_BY_URL: Final = f"""
SELECT {_ITEM} FROM items i
WHERE id IN (SELECT id FROM items WHERE url_key = :key) AND {_NEWEST} ORDER BY first_seen DESC, id
"""
# The index is read from its end, where the newest are; 5,000 bounds what a word that is everywhere costs.
SEARCH: Final = f"""
SELECT i.id AS item, i.title, i.url, i.outlet, i.first_seen,
  (SELECT min(verdict) FROM matches m WHERE m.item = i.id) AS verdict,  -- "match" sorts before "near_miss"
  (SELECT a.id FROM alerts a WHERE a.item = i.id ORDER BY a.n LIMIT 1) AS alert
FROM items i
WHERE i.id IN (
  SELECT id FROM items WHERE n IN (
    SELECT rowid FROM items_text WHERE items_text MATCH :query ORDER BY rowid DESC LIMIT 5000))
AND {_NEWEST} ORDER BY i.first_seen DESC, i.id LIMIT :limit
"""

# In the order folded, so that a long reading holds no lock: each part goes on where the last one ended.
TEXTS: Final = f"""
SELECT n, id, title, summary, language, url, outlet, first_seen FROM items i
WHERE n > :n AND first_seen >= :since AND {_NEWEST} ORDER BY n LIMIT :limit
"""
VERDICTS: Final = """
SELECT item, min(verdict) AS verdict FROM matches WHERE topic = :topic AND matched >= :since GROUP BY item
"""  # "match" sorts before "near_miss"

MATCHES_OF_ITEM: Final = f"SELECT {_MATCH} FROM matches m WHERE m.item = :item ORDER BY m.revision, m.matched"
MEMBERS_OF_ITEM: Final = f"SELECT {_MEMBER} FROM story_members WHERE item = :item ORDER BY revision"
SILENT: Final = """
SELECT * FROM (
  SELECT m.topic, m.item, 'near_miss' AS reason, i.title, i.url, i.outlet, i.first_seen AS time, m.score, m.threshold,
    m.missing, NULL AS story, '' AS headline
  FROM matches m JOIN items i ON i.id = m.item AND i.revision = m.revision
  WHERE m.verdict = 'near_miss' AND m.matched >= :since AND (:topic IS NULL OR m.topic = :topic)
    AND NOT EXISTS (SELECT 1 FROM matches o WHERE o.item = m.item AND o.topic = m.topic
      AND (o.verdict = 'match' OR o.revision > m.revision))
  UNION ALL
  SELECT s.topic, s.item, s.silent AS reason, s.title, s.url, s.outlet, s.first_seen AS time, NULL, NULL,
    '', s.story, coalesce((SELECT headline FROM stories WHERE id = s.story), '') AS headline
  FROM story_members s
  WHERE s.silent != '' AND s.first_seen >= :since AND (:topic IS NULL OR s.topic = :topic)
    AND NOT EXISTS (SELECT 1 FROM story_members o WHERE o.item = s.item AND o.topic = s.topic
      AND (o.alerted IS NOT NULL OR o.revision > s.revision)))
ORDER BY time DESC, item LIMIT :limit
"""
STORY: Final = f"SELECT {_STORY} FROM stories WHERE id = :id"
