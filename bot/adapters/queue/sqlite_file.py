"""The file under the SqliteQueue: its table, its one owner, and what happens when it is damaged."""

from __future__ import annotations

import fcntl
import logging
import sqlite3
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from bot.errors import UserError

log = logging.getLogger("roadcrew.queue")

VERSION: Final = 1
_BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    kind TEXT NOT NULL,
    lock_key TEXT NOT NULL,
    newest_key TEXT NOT NULL,
    state TEXT NOT NULL,
    due REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    bugs INTEGER NOT NULL DEFAULT 0,
    token INTEGER NOT NULL DEFAULT 0,
    lease_until REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    ended_at REAL,
    told INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS job_due ON job (state, due, seq);
CREATE INDEX IF NOT EXISTS job_lock ON job (lock_key, state);
CREATE INDEX IF NOT EXISTS job_newest ON job (newest_key, state);
PRAGMA user_version = {VERSION};
"""


def own(path: Path) -> TextIOWrapper:
    """Takes the file for this process; closing what it returns lets go. Raises UserError when it is taken.

    The lock is the process's, not the file's: it goes when the process goes, however it goes.
    """
    lock = path.with_name(path.name + ".lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise UserError(
            f"Another Roadcrew process works on the queue {path}.",
            fix="Stop it first, or give this one another folder with ROADCREW_CACHE_DIR, "
            "or set ROADCREW_REDIS_URL to share the work among processes.",
        ) from None
    return lock


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to a file with our table in it. A damaged file is put aside: the sweep finds its work."""
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
            raise UserError(
                f"The queue {path} cannot be opened: {error}.",
                fix="Make room on the disk and check the folder's permissions.",
            ) from error
    log.warning("The queue %s is damaged. It is put aside; the sweep will find the work again.", path)
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.damaged{suffix}"))
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # FULL: after a power cut, too, what was answered with 202 is there.
        db.execute("PRAGMA synchronous = FULL")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            # Another version's table. What waited there is found by the sweep.
            db.execute("DROP TABLE IF EXISTS job")
        db.executescript(_SCHEMA)
    except BaseException:
        db.close()
        raise
    return db
