"""Judges by all policies in child processes with hard limits on time, memory and powers.

A policy that is endless, explosive or breaks its process costs its own verdicts: they say that it was
stopped. The others go on in a new process.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

from bot.adapters.child import Child, End, Gone
from bot.policy.verdict import Outcome, Policy, Request, Shared, Verdict
from bot.policy.wire import policy_to_json, request_to_json, shared_to_json, to_line, verdicts_from_json

_MEMORY = 2**30
_SECONDS = 10.0
_MOST_CHILDREN = 4
_AT_ONCE = 500
"""Requests that a child holds: what a policy that is stopped may cost itself, and what its time is for."""
_LONGEST = 64 * 2**20
"""Bytes of a child's answer."""
_MOST_EVALUATIONS = 500_000
_MOST_GROWN = 256 * 2**20
"""Evaluations of a child, and bytes that they may leave behind: the engine loses some memory with every
function of ours that is called, and what one policy loses is not to be missing for the next."""
STOPPED = "stopped: "
"""What the reason of a verdict begins with whose policy was stopped."""
_ENDS = {
    End.SLOW: "it took longer than {seconds:g} seconds",
    End.MEMORY: "it needed more than {memory} MiB of memory",
    End.LONG: "it said more than may be said",
    End.BROKEN: "it broke the process that judged by it",
}

_NOTHING = (b"", 0)


class Judges:
    """A `Judge` for CEL and admission policies. Calls from several threads wait for each other."""

    def __init__(
        self, *, seconds: float = _SECONDS, memory: int = _MEMORY, children: int | None = None
    ) -> None:
        """`seconds`: wall clock of one policy on 500 requests. `memory`: bytes of a child's address space."""
        self._seconds = seconds
        self._memory = memory
        self._most = max(1, min(children or os.cpu_count() or 1, _MOST_CHILDREN))
        self._pool = _Pool(self._most)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the children. The next call would start others."""
        while self._pool.idle:
            self._pool.idle.pop().end()

    def __call__(
        self, policies: Sequence[Policy], requests: Sequence[Request], shared: Shared
    ) -> list[list[Verdict]]:
        """For each policy, in order, its verdicts of all requests, in order."""
        if not policies or not requests:
            return [[] for _ in policies]
        if self._pool.owner != os.getpid():
            self._pool = _Pool(self._most)  # the children of the process that forked are none of ours
        chunks = [requests[at : at + _AT_ONCE] for at in range(0, len(requests), _AT_ONCE)]
        stopped: dict[int, str] = {}
        line = to_line({"shared": shared_to_json(shared)})
        if len(chunks) == 1:
            parts = [self._chunk(policies, chunks[0], line, stopped)]
        else:
            with ThreadPoolExecutor(self._most, thread_name_prefix="judge") as threads:
                parts = list(threads.map(lambda one: self._chunk(policies, one, line, stopped), chunks))
        return [[verdict for part in parts for verdict in part[at]] for at in range(len(policies))]

    def _chunk(
        self, policies: Sequence[Policy], requests: Sequence[Request], shared: bytes, stopped: dict[int, str]
    ) -> list[list[Verdict]]:
        with self._pool.free:
            session = _Session(self, requests, shared)
            try:
                return [list(self._by_policy(session, at, one, stopped)) for at, one in enumerate(policies)]
            finally:
                session.leave(self._pool)

    def _by_policy(
        self, session: _Session, at: int, policy: Policy, stopped: dict[int, str]
    ) -> Iterator[Verdict]:
        """A policy that was stopped once is not tried on what is left."""
        if at not in stopped:
            try:
                return iter(session.judged(policy))
            except Gone as gone:
                stopped[at] = STOPPED + self._why(gone)
        lost = Verdict(Outcome.NOT_EVALUATED, reason=stopped[at])
        return iter([lost] * len(session.requests))

    def _why(self, gone: Gone) -> str:
        return _ENDS[gone.end].format(seconds=self._seconds, memory=self._memory // 2**20)

    def holding(self, shared: bytes) -> Child:
        """A child that was told this line, now or before: no catalog need cross twice. Raises Gone."""
        child = self._living()
        digest = blake2b(shared).digest()
        try:
            if self._pool.held.get(child, _NOTHING)[0] != digest:
                self._pool.held[child] = (digest, int(child.ask(shared, longest=100)))
        except BaseException:
            child.end()
            raise
        return child

    def has_grown(self, child: Child, size: int) -> bool:
        """Whether it has more memory than it should go on with, since it was told what is shared."""
        return size - self._pool.held.get(child, _NOTHING)[1] > _MOST_GROWN

    def _living(self) -> Child:
        """A child that waits, or a new one. Raises Gone."""
        while self._pool.idle:
            try:
                child = self._pool.idle.pop()
            except IndexError:
                break  # another thread took it
            if child.is_alive():
                return child
            child.end()
        return Child("bot.adapters.judge_child", seconds=self._seconds, memory=self._memory)


class _Session:
    """One child that holds one chunk of requests; another takes its place when a policy breaks it."""

    def __init__(self, judges: Judges, requests: Sequence[Request], shared: bytes) -> None:
        self.requests = requests
        self._judges = judges
        self._shared = shared
        self._line = to_line({"requests": [request_to_json(one) for one in requests]})
        self._child: Child | None = None
        self._evaluations = 0

    def judged(self, policy: Policy) -> list[Verdict]:
        """Raises Gone; the next policy gets a new child."""
        try:
            if self._child is None:
                self._child = self._judges.holding(self._shared)
                self._child.ask(self._line, longest=100)
            answer = self._child.ask(to_line({"policy": policy_to_json(policy)}), longest=_LONGEST)
            said = json.loads(answer)
            found, size = verdicts_from_json(said["verdicts"]), int(said["size"])
        except Gone:
            self._drop()
            raise
        except (ValueError, KeyError, TypeError) as problem:
            self._drop()
            raise Gone(End.BROKEN) from problem
        except BaseException:
            self._drop()  # an answer may still be on its way
            raise
        self._evaluations += len(found)
        if len(found) != len(self.requests):
            self._drop()
            raise Gone(End.BROKEN)
        if self._child is not None and self._judges.has_grown(self._child, size):
            self._drop()
        return found

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None

    def leave(self, pool: _Pool) -> None:
        """The child waits for the next, unless it has done enough."""
        if self._child is None:
            return
        done = pool.done.pop(self._child, 0) + self._evaluations
        if done > _MOST_EVALUATIONS:
            self._drop()
        else:
            pool.done[self._child] = done
            pool.idle.append(self._child)


class _Pool:
    """Children that wait, and the right to have one."""

    def __init__(self, most: int) -> None:
        self.owner = os.getpid()
        self.idle: deque[Child] = deque()
        self.free = threading.Semaphore(most)
        self.done: WeakKeyDictionary[Child, int] = WeakKeyDictionary()
        self.held: WeakKeyDictionary[Child, tuple[bytes, int]] = WeakKeyDictionary()
        """The digest of what all requests of a call share, as a child was told last, and its bytes then."""
