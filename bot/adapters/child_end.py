"""The other end of `child.py`: a process that gives up its powers, then answers lines with lines.

It has no environment, may write no file and start no process. It says nothing but answers.
"""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

READY = b"ready\n"
ONLY_PIPES = 3
"""Open files: standard input, output and error. There is no number left for another."""


def serve(
    arguments: Sequence[str],
    answer: Callable[[bytes], bytes],
    warm: Callable[[], None] | None = None,
    *,
    open_files: int = ONLY_PIPES,
) -> None:
    """Answers until its input ends. `arguments`: memory in bytes, processor seconds a line.

    `warm` loads what is loaded late, while files can still be opened. `answer` gets a line and gives one
    without its end; it lets nothing out but what should end the process.
    """
    memory, seconds = int(arguments[0]), int(arguments[1])
    if warm is not None:
        warm()
    _renounce(memory, open_files)
    out = sys.stdout.buffer
    out.write(READY)
    out.flush()
    for line in sys.stdin.buffer:
        _allow(seconds)
        out.write(answer(line) + b"\n")
        out.flush()


def _renounce(memory: int, open_files: int) -> None:
    """Not every system knows every limit; the parent's clock and output limit hold on all of them."""
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_NOFILE": open_files,
        "RLIMIT_AS": memory,
    }
    for name, limit in limits.items():
        if hasattr(resource, name):
            with suppress(ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (limit, limit))


def _allow(seconds: int) -> None:
    """Processor time is counted over the process's life, so each line moves the limit on."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))
