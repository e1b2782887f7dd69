"""The other end of `sandbox.py`: a process that gives up its powers, then answers render jobs, line by line.

It has no environment, may open no file, write none and start no process. It says nothing but results.
"""

from __future__ import annotations

import codecs
import importlib
import math
import resource
import sys
import time
from contextlib import suppress

from bot.templating.jinja import run_job
from bot.templating.jobs import OUT_OF_MEMORY, Recipe, RenderError, RenderJob, RenderResult
from bot.templating.wire import job_from_json, result_to_json

READY = b"ready\n"
_OPEN_FILES = 3
"""Standard input, output and error: there is no number left for another."""

_LATE_MODULES = ("jinja2.debug", "textwrap")


def main(arguments: list[str]) -> None:
    """`arguments`: memory in bytes, processor seconds a job. Ends when its input ends."""
    memory, seconds = int(arguments[0]), int(arguments[1])
    _warm()
    _renounce(memory)
    out = sys.stdout.buffer
    out.write(READY)
    out.flush()
    recipes: dict[str, Recipe] = {}
    for line in sys.stdin.buffer:
        _allow(seconds)
        out.write(_answer(line, recipes) + b"\n")
        out.flush()


def _warm() -> None:
    """Loads what Jinja loads late, while files can still be opened."""
    for module in _LATE_MODULES:
        importlib.import_module(module)
    codecs.lookup("unicode_escape")
    page = {"type": "object", "properties": {"a": {}}}
    for text in (
        "kind: A\napiVersion: v1\nmetadata: {name: a}\n",
        "a: {",
        "{{ 1 }}",
        "{{ 1 / 0 }}",
        "{{ x.y }}",
        "{% if %}",
        "{{ ''.__class__ }}",
    ):
        run_job(RenderJob(Recipe({"a.yaml": text}, (page,)), (), {}))


def _renounce(memory: int) -> None:
    """Not every system knows every limit; the parent's clock and output limit hold on all of them."""
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_AS": memory,
    }
    for name, limit in limits.items():
        if hasattr(resource, name):
            with suppress(ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (limit, limit))


def _allow(seconds: int) -> None:
    """Processor time is counted over the process's life, so each job moves the limit on."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def _answer(line: bytes, recipes: dict[str, Recipe]) -> bytes:
    try:
        return result_to_json(run_job(job_from_json(line, recipes)))
    except MemoryError:
        return result_to_json(RenderResult(error=OUT_OF_MEMORY))
    except Exception as problem:  # noqa: BLE001 - a process edge: whatever a job breaks, it gets an answer
        reason = f"{type(problem).__name__}: {problem}"[:300]
        return result_to_json(RenderResult(error=RenderError("template-failed", reason)))


if __name__ == "__main__":
    main(sys.argv[1:])
