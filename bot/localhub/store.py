"""Where records live: in memory for reading, written through to one SQLite file of JSON documents.

A transaction is all or nothing, on disk and in memory. Callers hold the world's lock; the store has none.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from bot.errors import UserError
from bot.localhub.records import Indexes, Record

R = TypeVar("R", bound=Record)
_KINDS: dict[str, type[Record]] = {kind.__name__: kind for kind in get_args(Record)}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}
_FIRST_ID = 1000
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS records (id INTEGER, kind TEXT, document TEXT, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER);
"""
_ELSEWHERE = "Choose another folder with --dir."


class Shelf:
    """All records of one kind, with their indexes. Insertion order is kept."""

    def __init__(self, indexes: Indexes) -> None:
        self.records: dict[int, Any] = {}
        self._indexes: dict[tuple[str, ...], dict[tuple[Any, ...], dict[int, None]]] = {
            tuple(sorted(fields)): {} for fields in indexes
        }

    def put(self, record: Any) -> None:
        """Add it, or replace the one with its id."""
        self.drop_from_indexes(record.id)
        self.records[record.id] = record
        for fields, index in self._indexes.items():
            index.setdefault(_key(record, fields), {})[record.id] = None

    def drop_from_indexes(self, record_id: int) -> None:
        """Forget the old values by which it was found."""
        old = self.records.get(record_id)
        if old is None:
            return
        for fields, index in self._indexes.items():
            found = index.get(_key(old, fields), {})
            found.pop(record_id, None)

    def remove(self, record_id: int) -> None:
        """Forget it. Unknown ids are fine."""
        self.drop_from_indexes(record_id)
        self.records.pop(record_id, None)

    def find(self, by: dict[str, Any]) -> list[Any]:
        """Those whose fields have these values, by ascending id; through an index where there is one."""
        fields = tuple(sorted(by))
        if fields in self._indexes:
            ids = self._indexes[fields].get(tuple(by[field] for field in fields), {})
            return [self.records[record_id] for record_id in sorted(ids)]
        return [
            record for record in self.records.values() if all(getattr(record, k) == v for k, v in by.items())
        ]


class Store:
    """The records of one world. `folder` gets a file `hub.sqlite`, and is this store's until `close`."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError when the folder is another's, cannot be written, or holds what is no store."""
        self._shelves = {name: Shelf(kind.INDEXES) for name, kind in _KINDS.items()}
        self._depth = 0
        self._undo: list[tuple[str, int, Any]] = []
        self._owner = _own(folder)
        try:
            self._db = sqlite3.connect(folder / "hub.sqlite", isolation_level=None, check_same_thread=False)
            self._db.executescript(_SCHEMA)
            self._load()
        except (sqlite3.Error, KeyError, ValidationError) as error:
            self._owner.close()
            said = error if isinstance(error, sqlite3.Error) else "another version wrote its records"
            raise UserError(f"The local hub in {folder} cannot be opened: {said}.", fix=_ELSEWHERE) from None

    def _load(self) -> None:
        for name, document in self._db.execute("SELECT kind, document FROM records ORDER BY id"):
            self._shelves[name].put(_ADAPTERS[name].validate_json(document))
        row = self._db.execute("SELECT value FROM counter WHERE id = 1").fetchone()
        self._counter: int = row[0] if row else _FIRST_ID
        self._saved_counter = self._counter

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever kept here."""
        return self._counter == _FIRST_ID

    def next_id(self) -> int:
        """An id that no record of any kind had before."""
        self._counter += 1
        return self._counter

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is saved inside is kept, or nothing of it when an exception leaves. They nest."""
        if self._depth == 0:
            self._db.execute("BEGIN")
            self._undo.clear()
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._roll_back()
            raise
        self._depth -= 1
        if self._depth == 0:
            self._commit()

    def _commit(self) -> None:
        if self._saved_counter != self._counter:
            self._db.execute("INSERT OR REPLACE INTO counter VALUES (1, ?)", (self._counter,))
            self._saved_counter = self._counter
        self._db.execute("COMMIT")

    def _roll_back(self) -> None:
        self._db.execute("ROLLBACK")
        for name, record_id, old in reversed(self._undo):
            if old is None:
                self._shelves[name].remove(record_id)
            else:
                self._shelves[name].put(old)

    def save(self, record: R) -> R:
        """Keep the record; replaces the one of its kind with its id. Gives it back."""
        name = type(record).__name__
        with self.transaction():
            self._undo.append((name, record.id, self._shelves[name].records.get(record.id)))
            self._shelves[name].put(record)
            document = _ADAPTERS[name].dump_json(record).decode()
            self._db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (record.id, name, document))
        return record

    def delete(self, record: Record) -> None:
        """Forget the record."""
        name = type(record).__name__
        with self.transaction():
            self._undo.append((name, record.id, self._shelves[name].records.get(record.id)))
            self._shelves[name].remove(record.id)
            self._db.execute("DELETE FROM records WHERE id = ? AND kind = ?", (record.id, name))

    def get(self, kind: type[R], record_id: int) -> R:
        """The record with this id. Raises KeyError where there is none."""
        found: R = self._shelves[kind.__name__].records[record_id]
        return found

    def find(self, kind: type[R], **by: Any) -> list[R]:
        """All records of the kind with these field values, by ascending id."""
        shelf = self._shelves[kind.__name__]
        return list(shelf.records.values()) if not by else shelf.find(by)

    def first(self, kind: type[R], **by: Any) -> R | None:
        """The one with the lowest id among `find`'s; None where there is none."""
        return next(iter(self.find(kind, **by)), None)

    def close(self) -> None:
        """Write what is left and let go of the folder. Twice is fine."""
        self._db.close()
        self._owner.close()


def _key(record: Any, fields: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(record, field) for field in fields)


def _own(folder: Path) -> TextIOWrapper:
    """Make the folder this process's own; the lock goes when the process goes. Raises UserError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "hub.lock").open("a")
    except OSError as error:
        raise UserError(f"A local hub cannot live in {folder}: {error.strerror}.", fix=_ELSEWHERE) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UserError(
            f"Another local hub runs in {folder}.", fix="Stop it first, or choose another folder with --dir."
        ) from None
    return lock
