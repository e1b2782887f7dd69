"""A child process of our own, and the pipe to it: a line there and a line back, each within a deadline.

Whoever holds a child uses it alone. Whatever goes wrong is a `Gone`, and then the child is to be ended. What
the lines say is no business of this module.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from enum import StrEnum

from bot.adapters.child_end import READY

_STARTUP_SECONDS = 30.0
_CHUNK = 65_536
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Where some builds of Python find their own library; nothing else crosses."""


class End(StrEnum):
    """Why a child gave no answer."""

    SLOW = "slow"
    MEMORY = "memory"
    LONG = "long"
    """Its answer is longer than it may be."""
    BROKEN = "broken"
    """It crashed."""


class Gone(Exception):
    """The child did not answer. `end`: why; `code`: its exit code, where it has one."""

    def __init__(self, end: End, code: int | None = None) -> None:
        super().__init__(end.value if code is None else f"{end.value} (exit {code})")
        self.end = end
        self.code = code


class Child:
    """A process without powers. `seconds`: wall clock of a line; `memory`: bytes it may address.

    `module` is one of ours that ends in `child_end.serve(sys.argv[1:], ...)`.
    """

    def __init__(self, module: str, *, seconds: float, memory: int) -> None:
        """Starts it with an empty environment, and waits until it is ready. Raises Gone."""
        self._seconds = seconds
        self.lines = 0
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self.process = subprocess.Popen(  # noqa: S603 - our own module and two numbers
            [sys.executable, "-I", "-m", module, str(memory), str(_whole(seconds))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise AssertionError("the child was started with pipes")
        self._to, self._from = self.process.stdin.fileno(), self.process.stdout.fileno()
        for pipe in (self._to, self._from):
            os.set_blocking(pipe, False)
        try:
            self._read_line(len(READY), time.monotonic() + _STARTUP_SECONDS)
        except BaseException:
            self.end()
            raise

    def is_alive(self) -> bool:
        """Whether it still waits for a line; it may have died while idle."""
        return self.process.poll() is None

    def end(self) -> None:
        """Kills it, and leaves nothing of it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def ask(self, line: bytes, *, longest: int, seconds: float | None = None) -> bytes:
        """Its answer to a line without an end, of at most `longest` bytes. Raises Gone.

        `seconds`: less time than a line may have, where less is left.
        """
        self.lines += 1
        deadline = time.monotonic() + min(self._seconds, self._seconds if seconds is None else seconds)
        self._write(line + b"\n", deadline)
        return self._read_line(longest, deadline)

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._to, view[:_CHUNK]) :]
            except BlockingIOError:
                self._wait(self._to, select.POLLOUT, deadline)
            except BrokenPipeError as problem:
                raise self._died() from problem

    def _read_line(self, longest: int, deadline: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while not (pieces and pieces[-1].endswith(b"\n")):
            self._wait(self._from, select.POLLIN, deadline)
            piece = os.read(self._from, _CHUNK)
            if not piece:
                raise self._died()
            pieces.append(piece)
            size += len(piece)
            if size > longest:
                raise Gone(End.LONG)
        return b"".join(pieces)

    def _wait(self, pipe: int, what: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(pipe, what)
        if left <= 0 or not poll.poll(left * 1000):
            raise Gone(End.SLOW)

    def _died(self) -> Gone:
        """Says why the pipe closed. The child is on its way out, or hangs and is killed."""
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return Gone(End.SLOW)
        ends = {-signal.SIGXCPU: End.SLOW, -signal.SIGKILL: End.MEMORY}
        return Gone(ends.get(code, End.BROKEN), code)


def _whole(seconds: float) -> int:
    """Processor time that a line may have: more than the clock allows, so that the clock decides."""
    return max(1, round(seconds) + 1)
