"""The archive's tables, and opening its file: for the one writer, and read-only for anyone.

Times are whole microseconds since 1970, UTC. Every row knows the record it came from: `log_topic`,
`log_partition`, `log_offset`. A change of the tables raises `VERSION`; a file of another version is set aside
and built anew from the log.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

VERSION = 2
APPLICATION_ID = 0x41524D57  # "ARMW": tells our file from any other SQLite file

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Chinese and Japanese write no spaces, and Korean glues its particles on: there, every two neighbouring signs are
# a word of the index. (FTS5's trigram tokenizer was tried: it cannot find the two-sign words that most names of
# countries are, and folds 2,300 items/s where this folds 6,100.)
_SPACELESS = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003134f]+"
)

_TABLES = """
CREATE TABLE positions (
  log_topic TEXT NOT NULL,
  log_partition INTEGER NOT NULL,
  position INTEGER NOT NULL,       -- offset of the next record to fold
  fingerprint INTEGER NOT NULL,    -- CRC-32 of the last record folded: tells this log from one put in its place
  PRIMARY KEY (log_topic, log_partition)
) WITHOUT ROWID;

CREATE TABLE feeds (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  name TEXT NOT NULL,
  baseline INTEGER NOT NULL,
  polls INTEGER NOT NULL,
  items INTEGER NOT NULL,
  last_poll INTEGER,
  last_success INTEGER,
  last_new INTEGER,
  next_due INTEGER,
  interval_s REAL NOT NULL,
  failures INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  overlap REAL,
  gaps INTEGER NOT NULL,
  counters TEXT NOT NULL,          -- JSON: reason code -> count
  moved_to TEXT NOT NULL,
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE items (                -- one row for each revision
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  feed TEXT NOT NULL,
  outlet TEXT NOT NULL,
  kind TEXT NOT NULL,
  origin TEXT NOT NULL,
  country TEXT NOT NULL,
  url TEXT NOT NULL,
  url_key TEXT NOT NULL,           -- the URL without its scheme
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  language TEXT NOT NULL,
  published INTEGER,
  doubt TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  backlog INTEGER NOT NULL,
  guid TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
  UNIQUE (id, revision)
);
-- Each holds all that its questions read: over rows this wide, counting and lags take four times as long.
CREATE INDEX items_by_url ON items (url_key, feed);
CREATE INDEX items_by_time ON items (first_seen, revision, backlog, doubt, published, feed);

CREATE VIRTUAL TABLE items_text USING fts5 (title, summary, content='', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER items_text_add AFTER INSERT ON items BEGIN
  INSERT INTO items_text (rowid, title, summary) VALUES (new.n, words(new.title), words(new.summary));
END;
CREATE TRIGGER items_text_drop AFTER DELETE ON items BEGIN
  INSERT INTO items_text (items_text, rowid, title, summary)
  VALUES ('delete', old.n, words(old.title), words(old.summary));
END;

CREATE TABLE matches (
  id TEXT PRIMARY KEY,
  topic TEXT NOT NULL,
  item TEXT NOT NULL,
  revision INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  score REAL NOT NULL,
  threshold REAL NOT NULL,
  facets TEXT NOT NULL,            -- JSON
  evidence TEXT NOT NULL,          -- JSON
  missing TEXT NOT NULL,           -- JSON
  topic_hash TEXT NOT NULL,
  matched INTEGER NOT NULL,
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL
);
CREATE INDEX matches_by_item ON matches (item, topic);
CREATE INDEX matches_by_time ON matches (verdict, matched);

CREATE TABLE stories (
  id TEXT PRIMARY KEY,
  topic TEXT NOT NULL,
  headline TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX stories_by_time ON stories (updated);

CREATE TABLE story_members (        -- an item revision is in one story of a topic, the last that named it
  topic TEXT NOT NULL,
  item TEXT NOT NULL,
  revision INTEGER NOT NULL,
  story TEXT NOT NULL,
  outlet TEXT NOT NULL,
  kind TEXT NOT NULL,
  origin TEXT NOT NULL,
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  language TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  alerted TEXT,                    -- the alert it caused
  silent TEXT NOT NULL,            -- reason code why it caused none
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
  PRIMARY KEY (topic, item, revision)
) WITHOUT ROWID;
CREATE INDEX members_by_story ON story_members (story, first_seen);
CREATE INDEX members_by_item ON story_members (item);
CREATE INDEX members_by_time ON story_members (first_seen) WHERE silent != '';

CREATE TABLE alerts (
  n INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order folded; a follower's place
  id TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  story TEXT NOT NULL,
  item TEXT NOT NULL,
  level TEXT NOT NULL,
  time INTEGER NOT NULL,
  headline TEXT NOT NULL,
  json BLOB NOT NULL,              -- the record, as it is on the log
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL
);
CREATE INDEX alerts_by_time ON alerts (time);
CREATE INDEX alerts_by_story ON alerts (story);
CREATE INDEX alerts_by_item ON alerts (item);

CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  stage TEXT NOT NULL,
  topic TEXT NOT NULL,
  reason TEXT NOT NULL,
  failed INTEGER NOT NULL,
  json BLOB NOT NULL,
  log_topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL
);
CREATE INDEX dead_letters_by_time ON dead_letters (failed);
"""


def to_us(time: datetime) -> int:
    """Write an aware time as whole microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def to_us_or_none(time: datetime | None) -> int | None:
    """Write a time that may be missing."""
    return None if time is None else to_us(time)


def from_us(us: int) -> datetime:
    """Read a time back."""
    return _EPOCH + us * _MICROSECOND


def from_us_or_none(us: int | None) -> datetime | None:
    """Read a time back that may be missing."""
    return None if us is None else from_us(us)


def words(text: str) -> str:
    """Cut the runs of a text whose script has no spaces into overlapping pairs, and the last sign, for the index."""
    return text if text.isascii() else _SPACELESS.sub(lambda run: _pairs(run[0], len(run[0])), text)


def query_words(text: str) -> str:
    """Cut a text that is looked for likewise; a single sign alone stands for any pair that begins with it."""
    return text if text.isascii() else _SPACELESS.sub(lambda run: _pairs(run[0], max(1, len(run[0]) - 1)), text)


def _pairs(signs: str, count: int) -> str:
    return " " + " ".join(signs[at : at + 2] for at in range(count)) + " "


def is_ours(connection: sqlite3.Connection) -> bool:
    """Tell whether the file has these tables, in this version.

    Raises:
        sqlite3.DatabaseError: it is no database at all, or a damaged one.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return (application, version) == (APPLICATION_ID, VERSION)


def identity(path: Path) -> tuple[int, int] | None:
    """Tell which file the name leads to now; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def open_writer(path: Path, busy_timeout: timedelta) -> sqlite3.Connection:
    """Open the file to write, or make it. Whether what was there before is ours is for `is_ours` to say.

    It may lose its last transactions in a power cut, never its consistency: the log has them still.
    """
    new = not path.exists()
    wait = busy_timeout.total_seconds()
    connection = sqlite3.connect(path, isolation_level=None, timeout=wait, check_same_thread=False)
    try:
        connection.create_function("words", 1, words, deterministic=True)
        if new:
            _make(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -8192")
    except BaseException:
        connection.close()
        raise
    return connection


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    header = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
    connection.executescript(f"BEGIN; {header} {_TABLES} COMMIT;")


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file read-only, beside a writer in any process.

    Raises:
        sqlite3.DatabaseError: it is missing, or no database.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    return connection
