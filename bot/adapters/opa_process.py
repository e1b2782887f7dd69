"""Runs one program of the user's with limits on time, memory and output. Knows nothing of what it says.

Its output goes to a file, whose size the system limits where it can (Linux); elsewhere only what may be read
is.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress

_MOST_OUTPUT = 128 * 2**20
_THREADS = "2"
_LONGEST_REASON = 300


class Stopped(Exception):
    """It gave no answer. `is_slow`: for want of time."""

    def __init__(self, reason: str, *, is_slow: bool = False) -> None:
        super().__init__(reason)
        self.is_slow = is_slow


class Run:
    """Calls of one program. `memory`: bytes."""

    def __init__(self, program: str, *, memory: int) -> None:
        self._program = program
        self._memory = memory

    def __call__(self, arguments: Sequence[str], seconds: float, results: Sequence[int] = (0,)) -> str:
        """What it says, in at most `seconds`, if its exit code is in `results`. Raises Stopped, OSError."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - the user's own program, with arguments of ours
                [self._program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env={"GOMAXPROCS": _THREADS, "GOMEMLIMIT": str(self._memory // 2)},
                cwd="/",
                start_new_session=True,
            )
            try:
                self._limit(process.pid, seconds)
                code = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired as slow:
                raise Stopped(f"it took longer than {seconds:g} seconds", is_slow=True) from slow
            finally:
                process.kill()
                process.wait()
            said, told = _read(out.fileno()), _read(errors.fileno())
        if code in results and said:
            return said.decode("utf-8", "replace")
        raise _why(code, told)

    def _limit(self, pid: int, seconds: float) -> None:
        """Not every system can limit another process; the clock holds on all of them."""
        limits = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: _MOST_OUTPUT,
            resource.RLIMIT_AS: self._memory,
            resource.RLIMIT_CPU: 2 * round(seconds) + 2,
        }
        if hasattr(resource, "prlimit"):
            for what, limit in limits.items():
                with suppress(ValueError, OSError):
                    resource.prlimit(pid, what, (limit, limit))


def _read(file: int) -> bytes:
    """From the beginning: the child wrote to the same open file, so its place is at the end."""
    size = os.fstat(file).st_size
    if size > _MOST_OUTPUT:
        raise Stopped("its result is larger than a result may be")
    return os.pread(file, size, 0)


def _why(code: int, told: bytes) -> Stopped:
    last = told.decode("utf-8", "replace")
    if "out of memory" in last or "cannot allocate memory" in last:
        return Stopped("it needed more memory than it may have")
    if "stack exceeds" in last or "stack overflow" in last:
        return Stopped("it recurses too deeply")
    return Stopped(f"opa ended with {code}: {last.strip()}"[:_LONGEST_REASON])
