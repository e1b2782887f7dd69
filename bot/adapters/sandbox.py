"""Runs templates in a child process with hard limits on time, memory, output and powers.

The child is kept for many jobs. A job that breaks it gets a sentence; the next job gets a new child. Nothing
that a template does can raise here.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

from bot.adapters.sandbox_child import READY
from bot.templating.jobs import (
    RenderError,
    RenderJob,
    RenderResult,
    job_to_json,
    result_from_json,
)

_MEMORY = 512 * 2**20
_STARTUP_SECONDS = 30.0
_LONGEST_JOB = 16 * 2**20
_CHUNK = 65_536
_BYTES_PER_CHARACTER = 12
"""The most that JSON needs: a character beyond U+FFFF is two escapes of six."""
_LONGEST_REST = 1_000_000
"""For what a result holds besides texts: an error or violations, each bounded."""
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Where some builds of Python find their own library; nothing else crosses."""


class _Gone(Exception):
    """The child did not answer: too slow, too much, or dead."""

    def __init__(self, error: RenderError) -> None:
        super().__init__(error.reason)
        self.error = error


class Sandbox:
    """A `Runner` with one child. Calls from several threads wait for each other."""

    def __init__(self, *, seconds: float = 5.0, memory: int = _MEMORY) -> None:
        """`seconds`: wall clock of one job. `memory`: bytes of the child's address space."""
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

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
        """Ends the child. The next call would start another."""
        with self._lock:
            self._end()

    def __call__(self, job: RenderJob) -> RenderResult:
        """The job's result, in bounded time; an error of rule `template-*` where the job broke a limit."""
        line = job_to_json(job)
        if len(line) > _LONGEST_JOB:
            return _failed("template-too-big", f"template and values are over {_LONGEST_JOB} bytes")
        with self._lock:
            try:
                result = self._ask(line, job.max_output * _BYTES_PER_CHARACTER + _LONGEST_REST)
            except _Gone as gone:
                self._end()
                return RenderResult(error=gone.error)
            except BaseException:
                self._end()  # an answer may still be on its way, and the next job must not read it
                raise
            if result.error and result.error.rule == "template-too-big":
                self._end()  # its memory may be torn
            return result

    def _ask(self, line: bytes, longest: int) -> RenderResult:
        child = self._living() or self._start()
        deadline = time.monotonic() + self._seconds
        self._write(child, line + b"\n", deadline)
        answer = self._read_line(child, longest, deadline)
        try:
            return result_from_json(answer)
        except (ValueError, KeyError, TypeError) as problem:
            raise _Gone(RenderError("template-failed", "its result could not be read")) from problem

    def _living(self) -> subprocess.Popen[bytes] | None:
        """The child, unless it died while idle, or belongs to the process that this one was forked from."""
        if self._owner != os.getpid():
            self._child = None
        elif self._child and self._child.poll() is not None:
            self._end()
        return self._child

    def _start(self) -> subprocess.Popen[bytes]:
        module = "bot.adapters.sandbox_child"
        seconds = max(1, round(self._seconds) + 1)
        self._owner = os.getpid()
        self._child = child = subprocess.Popen(  # noqa: S603 - our own module and two numbers
            [sys.executable, "-I", "-m", module, str(self._memory), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        self._read_line(child, len(READY), time.monotonic() + _STARTUP_SECONDS)
        return child

    def _write(self, child: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
        if child.stdin is None:
            raise AssertionError("the child was started with a pipe")
        pipe, view = child.stdin.fileno(), memoryview(data)
        while view:
            self._wait(pipe, select.POLLOUT, deadline)
            try:
                view = view[os.write(pipe, view[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as problem:
                raise self._died(child) from problem

    def _read_line(self, child: subprocess.Popen[bytes], longest: int, deadline: float) -> bytes:
        if child.stdout is None:
            raise AssertionError("the child was started with a pipe")
        pipe = child.stdout.fileno()
        pieces: list[bytes] = []
        size = 0
        while not (pieces and pieces[-1].endswith(b"\n")):
            self._wait(pipe, select.POLLIN, deadline)
            piece = os.read(pipe, _CHUNK)
            if not piece:
                raise self._died(child)
            pieces.append(piece)
            size += len(piece)
            if size > longest:
                raise _Gone(RenderError("template-too-big", "its result is larger than a result may be"))
        return b"".join(pieces)

    def _wait(self, pipe: int, what: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(pipe, what)
        if left <= 0 or not poll.poll(left * 1000):
            raise _Gone(_too_slow(self._seconds))

    def _died(self, child: subprocess.Popen[bytes]) -> _Gone:
        """Says why the pipe closed. The child is on its way out, or hangs and is killed."""
        try:
            code = child.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return _Gone(_too_slow(self._seconds))
        if -code == signal.SIGXCPU:
            return _Gone(_too_slow(self._seconds))
        if -code == signal.SIGKILL:
            return _Gone(RenderError("template-too-big", "more memory than a template may use"))
        return _Gone(RenderError("template-failed", f"it broke the process that rendered it (exit {code})"))

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _too_slow(seconds: float) -> RenderError:
    return RenderError("template-too-slow", f"{seconds:g} seconds")


def _failed(rule: str, reason: str) -> RenderResult:
    return RenderResult(error=RenderError(rule, reason))
