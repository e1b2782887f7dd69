"""The world of one hub: its store, its repositories on disk, its lock, its clock, what waits to be announced.

Every change happens inside `change()`: one at a time, all or nothing, announced afterwards. No HTTP here.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.localhub.git import Git, iso
from bot.localhub.records import Account, Delivery, Repository
from bot.localhub.store import Store

Clock = Callable[[], float]
"""Seconds since 1970."""


class World:
    """All state of one hub. `lock` is held for every read of several records and for every change."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.lock = threading.RLock()
        self.store = Store(folder)
        self.html_url = "http://127.0.0.1"
        self.api_url = "http://127.0.0.1/api/v3"
        self.announce: Callable[[list[Delivery]], None] = lambda _: None
        """Takes the deliveries of a finished change; the sender sets it."""
        self.is_open = True
        """Whether the files may be written; false from `close` on."""
        self.hides_mergeability = False
        """Fault: a pull's `mergeable` is null until it was asked for once, as on GitHub."""
        self.seen_mergeability: set[tuple[int, str, str]] = set()
        self._gits: dict[int, Git] = {}
        self._push_locks: dict[int, threading.Lock] = {}
        self._pending: list[Delivery] = []
        self._depth = 0

    @contextmanager
    def change(self) -> Iterator[None]:
        """Everything inside happens at once, or not at all; deliveries leave after it."""
        with self.lock:
            outermost = self._depth == 0
            self._depth += 1
            try:
                with self.store.transaction():
                    yield
            except BaseException:
                if outermost:
                    self._pending.clear()
                raise
            finally:
                self._depth -= 1
            if outermost and self._pending:
                pending, self._pending = self._pending, []
                self.announce(pending)

    def post(self, delivery: Delivery) -> None:
        """Keep a delivery that is to be sent when the current change is done."""
        self._pending.append(self.store.save(delivery))

    def now(self) -> str:
        """The time in GitHub's form."""
        return iso(self.clock())

    def next_id(self) -> int:
        """An id that no record had before."""
        return self.store.next_id()

    def account(self, login: str) -> Account | None:
        """The user, organization or bot of this name, in any case."""
        return self.store.first(Account, login_key=login.lower())

    def repo(self, owner: str, name: str) -> Repository | None:
        """The repository `owner/name`, in any case."""
        account = self.account(owner)
        if account is None:
            return None
        return self.store.first(Repository, owner_id=account.id, name_key=name.lower())

    def full_name(self, repo: Repository) -> str:
        """`owner/name`."""
        return f"{self.store.get(Account, repo.owner_id).login}/{repo.name}"

    def path(self, repo: Repository) -> Path:
        """The bare repository on disk."""
        owner = self.store.get(Account, repo.owner_id)
        return self.folder / "repos" / owner.login / f"{repo.name}.git"

    def git(self, repo: Repository) -> Git:
        """Git in this repository."""
        found = self._gits.get(repo.id)
        if found is None:
            found = self._gits[repo.id] = Git(self.path(repo).absolute())
        return found

    def push_lock(self, repo: Repository) -> threading.Lock:
        """Held while refs are pushed over HTTP, so that each push is told as its pusher's."""
        with self.lock:
            return self._push_locks.setdefault(repo.id, threading.Lock())

    def close(self) -> None:
        """Let go of the files."""
        with self.lock:
            self.is_open = False
            self.store.close()


def node_id(kind: str, record_id: int) -> str:
    """An opaque id like GitHub's global node ids."""
    return base64.urlsafe_b64encode(f"{len(kind):03}:{kind}{record_id}".encode()).decode().rstrip("=")
