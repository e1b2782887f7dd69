"""One child process that renders, and the pipe to it: lines there and back, each within a deadline.

Whoever holds a child uses it alone. Whatever goes wrong is a `Gone`, and then the child is to be ended.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping

from bot.adapters.sandbox_child import READY
from bot.templating.jinja import BYTES_A_CHARACTER
from bot.templating.jobs import OUT_OF_MEMORY, Recipe, RenderError, RenderJob, RenderResult
from bot.templating.wire import job_to_json, result_from_json

_STARTUP_SECONDS = 30.0
_LONGEST_JOB = 16 * 2**20
_CHUNK = 65_536
_ESCAPED = 12
"""The most bytes that a character needs in JSON: one beyond U+FFFF is two escapes of six."""
_LONGEST_REST = 1_000_000
"""For what a result holds besides texts, files and objects: errors and such, each bounded."""
_MOST_RECIPES = 32
_MOST_CHARACTERS = 4_000_000
"""Of the recipes that a child keeps: it pays for them and for the code that they become with its memory."""


class Gone(Exception):
    """The child did not answer: too slow, too much, or dead."""

    def __init__(self, error: RenderError) -> None:
        super().__init__(error.reason)
        self.error = error


class TooLong(Exception):
    """The job is larger than a job may be; nothing was sent."""


class Child:
    """A process that has given up its powers. `seconds`: wall clock of a job; `memory`: bytes."""

    def __init__(self, *, seconds: float, memory: int, environment: Mapping[str, str]) -> None:
        """Starts it with these variables and no others, and waits until it is ready. Raises Gone."""
        self._seconds = seconds
        self._known: OrderedDict[str, int] = OrderedDict()
        self._forgotten: list[str] = []
        self.jobs = 0
        self.process = subprocess.Popen(  # noqa: S603 - our own module and two numbers
            [sys.executable, "-I", "-m", "bot.adapters.sandbox_child", str(memory), str(_whole(seconds))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
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
        """Whether it still waits for a job; it may have died while idle."""
        return self.process.poll() is None

    def end(self) -> None:
        """Kills it, and leaves nothing of it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def ask(self, job: RenderJob) -> RenderResult:
        """The job's result, in bounded time. Raises Gone and TooLong."""
        line = self._line(job)
        self.jobs += 1
        deadline = time.monotonic() + self._seconds
        self._write(line, deadline)
        try:
            return result_from_json(self._read_line(_longest(job.max_output), deadline))
        except (ValueError, KeyError, TypeError) as problem:
            raise Gone(RenderError("template-failed", "its result could not be read")) from problem

    def _line(self, job: RenderJob) -> bytes:
        """With the recipe, unless the child has it. From here on it is as if the child had got the line."""
        digest = job.recipe.digest
        if digest in self._known:
            self._known.move_to_end(digest)
            line = job_to_json(job, is_known=True, forget=self._forgotten)
        else:
            self._remember(job.recipe)
            line = job_to_json(job, forget=self._forgotten)
        if len(line) > _LONGEST_JOB:
            self._known.pop(digest, None)
            raise TooLong
        self._forgotten.clear()
        return line + b"\n"

    def _remember(self, recipe: Recipe) -> None:
        """Makes room by forgetting those that nobody has asked for the longest."""
        self._known[recipe.digest] = sum(map(len, recipe.files.values()))
        while len(self._known) > 1 and (
            len(self._known) > _MOST_RECIPES or sum(self._known.values()) > _MOST_CHARACTERS
        ):
            self._forgotten.append(self._known.popitem(last=False)[0])

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
                raise Gone(RenderError("template-too-big", "its result is larger than a result may be"))
        return b"".join(pieces)

    def _wait(self, pipe: int, what: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(pipe, what)
        if left <= 0 or not poll.poll(left * 1000):
            raise Gone(self._too_slow())

    def _died(self) -> Gone:
        """Says why the pipe closed. The child is on its way out, or hangs and is killed."""
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return Gone(self._too_slow())
        if -code == signal.SIGXCPU:
            return Gone(self._too_slow())
        if -code == signal.SIGKILL:
            return Gone(OUT_OF_MEMORY)
        return Gone(RenderError("template-failed", f"it broke the process that rendered it (exit {code})"))

    def _too_slow(self) -> RenderError:
        return RenderError("template-too-slow", f"{self._seconds:g} seconds")


def too_long() -> RenderError:
    """What to say of a job that is not sent."""
    return RenderError("template-too-big", f"template and values are over {_LONGEST_JOB} bytes")


def _longest(max_output: int) -> int:
    """Bytes of a result: texts by characters, files and objects by the bytes of canonical YAML.

    A byte of it is at most three of JSON, in the one as in the other.
    """
    return max_output * (_ESCAPED + 2 * 3 * BYTES_A_CHARACTER) + _LONGEST_REST


def _whole(seconds: float) -> int:
    """Processor time that a job may have: more than the clock allows, so that the clock decides."""
    return max(1, round(seconds) + 1)
