"""What this process made lately, by the key that makes it unique.

GitHub's lists lag behind its writes: a caller that looked and saw nothing may be about to make a second one.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from cachetools import LRUCache


class Made:
    """Ids by key, the last thousand. `one_at_a_time` guards from looking until noting."""

    def __init__(self) -> None:
        self._ids: LRUCache[tuple[str, ...], int] = LRUCache(1000)
        self._lock = threading.RLock()

    def one_at_a_time(self) -> AbstractContextManager[object]:
        """GitHub asks for writes one after the other; here it also keeps two threads from making the same."""
        return self._lock

    def get(self, key: tuple[str, ...]) -> int | None:
        with self._lock:
            return self._ids.get(key)

    def note(self, key: tuple[str, ...], made: int) -> None:
        with self._lock:
            self._ids[key] = made
