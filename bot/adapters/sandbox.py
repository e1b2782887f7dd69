"""Runs templates in child processes with hard limits on time, memory, output and powers.

Children are kept for many jobs, as many as there are processors. A job that breaks one gets a sentence; the
next job gets a new child. Nothing that a template does can raise here.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from types import TracebackType
from typing import Self

from bot.adapters.sandbox_pipe import Child, Gone, TooLong, too_long
from bot.templating.jobs import OUT_OF_MEMORY, RenderJob, RenderResult

_MEMORY = 512 * 2**20
_MOST_CHILDREN = 16
_AHEAD = 2
"""Jobs on their way for each child, so that none waits while its last result is being looked at."""


class Sandbox:
    """A `Runner`, and a `ManyRunner`. Calls from several threads wait for each other when all are busy."""

    def __init__(self, *, seconds: float = 5.0, memory: int = _MEMORY, children: int | None = None) -> None:
        """`seconds`: wall clock of one job. `memory`: bytes of a child's address space.

        `children`: how many there are at most; as many as this process may use processors, if not said.
        """
        self._seconds = seconds
        self._memory = memory
        self._most = max(1, min(children or _processors(), _MOST_CHILDREN))
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
        """Ends the children when their jobs are done. The next call would start others."""
        pool = self._own()
        with pool.closing:
            for _ in range(self._most):
                pool.free.acquire()
            while pool.idle:
                pool.idle.pop().end()
            pool.free.release(self._most)

    def __call__(self, job: RenderJob) -> RenderResult:
        """The job's result, in bounded time; an error of rule `template-*` where the job broke a limit."""
        pool = self._own()
        with pool.free:
            result, is_first = self._tried(pool, job)
            if result.error and result.error.reason == OUT_OF_MEMORY.reason and not is_first:
                # What the child kept of other jobs must not decide: a new one has nothing.
                result, _ = self._tried(pool, job)
            return result

    def run_all(self, jobs: Iterable[RenderJob]) -> Iterator[RenderResult]:
        """The results in the jobs' order, several at once. Jobs are taken in the caller's thread."""
        source = iter(jobs)
        first, second = next(source, None), next(source, None) if self._most > 1 else None
        left = chain([] if first is None else [first], [] if second is None else [second], source)
        if second is None:
            yield from map(self, left)
            return
        on_their_way: deque[Future[RenderResult]] = deque()
        with ThreadPoolExecutor(self._most, thread_name_prefix="render") as threads:
            try:
                for job in left:
                    on_their_way.append(threads.submit(self, job))
                    if len(on_their_way) >= self._most * _AHEAD:
                        yield on_their_way.popleft().result()
                while on_their_way:
                    yield on_their_way.popleft().result()
            finally:
                for future in on_their_way:
                    future.cancel()

    def _own(self) -> _Pool:
        """This process's children: those of the process that it was forked from are none of its business."""
        if self._pool.owner != os.getpid():
            self._pool = _Pool(self._most)
        return self._pool

    def _new(self) -> Child:
        return Child(seconds=self._seconds, memory=self._memory)

    def _tried(self, pool: _Pool, job: RenderJob) -> tuple[RenderResult, bool]:
        """The result, and whether it was the child's first job."""
        child: Child | None = None
        is_whole = False
        try:
            child = pool.living() or self._new()
            result = child.ask(job)
            is_whole = not (result.error and result.error.rule == "template-too-big")  # memory may be torn
        except TooLong:
            is_whole = True
            result = RenderResult(error=too_long())
        except Gone as gone:
            result = RenderResult(error=gone.error)
        finally:
            # Else an answer may still be on its way, and the next job must not read it.
            if child is not None and is_whole:
                pool.idle.append(child)
            elif child is not None:
                child.end()
        return result, child is None or child.jobs <= 1


class _Pool:
    """Children that wait for a job, and the right to have one: `free` is held as long as one works."""

    def __init__(self, most: int) -> None:
        self.owner = os.getpid()
        self.idle: deque[Child] = deque()
        self.free = threading.Semaphore(most)
        self.closing = threading.Lock()

    def living(self) -> Child | None:
        """One that did not die while idle, the last that worked first: its recipes are the likeliest."""
        while self.idle:
            try:
                child = self.idle.pop()
            except IndexError:
                break  # another thread took it
            if child.is_alive():
                return child
            child.end()
        return None


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
