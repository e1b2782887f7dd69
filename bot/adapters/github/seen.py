"""Answers that GitHub gave, by their ETag: asking again is free when nothing changed (304).

Every answer is validated by GitHub before it is used: this memory can never change what is read.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from cachetools import LRUCache

from bot.adapters.github.connection import Answer

_MOST_BYTES = 32 * 1024 * 1024
_OVERHEAD = 1024

Key = tuple[int | None, str, tuple[tuple[str, str], ...]]


def key_of(installation: int | None, path: str, params: Mapping[str, str | int] | None) -> Key:
    """Answers differ by who asks, and by path and query."""
    return installation, path, tuple(sorted((name, str(value)) for name, value in (params or {}).items()))


class Seen:
    """The least recently used answers go first; one process, all threads."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._answers: LRUCache[Key, Answer] = LRUCache(most_bytes, getsizeof=_size)
        self._lock = threading.Lock()

    def get(self, key: Key) -> Answer | None:
        with self._lock:
            return self._answers.get(key)

    def put(self, key: Key, answer: Answer) -> None:
        """Keeps answers with an ETag, unless one alone would push out most others."""
        if "etag" in answer.headers and _size(answer) <= self._most // 4:
            with self._lock:
                self._answers[key] = answer


def _size(answer: Answer) -> int:
    return len(answer.body) + _OVERHEAD
