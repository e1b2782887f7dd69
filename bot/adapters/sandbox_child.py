"""The other end of `sandbox.py`: a process without powers that answers render jobs, line by line.

It says nothing but results.
"""

from __future__ import annotations

import codecs
import importlib
import sys
from functools import partial

from bot.adapters.child_end import serve
from bot.templating.jinja import run_job
from bot.templating.jobs import OUT_OF_MEMORY, Recipe, RenderError, RenderJob, RenderResult
from bot.templating.wire import job_from_json, result_to_json

_LATE_MODULES = ("jinja2.debug", "textwrap")


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


def _answer(recipes: dict[str, Recipe], line: bytes) -> bytes:
    try:
        return result_to_json(run_job(job_from_json(line, recipes)))
    except MemoryError:
        return result_to_json(RenderResult(error=OUT_OF_MEMORY))
    except Exception as problem:  # noqa: BLE001 - a process edge: whatever a job breaks, it gets an answer
        reason = f"{type(problem).__name__}: {problem}"[:300]
        return result_to_json(RenderResult(error=RenderError("template-failed", reason)))


if __name__ == "__main__":
    serve(sys.argv[1:], partial(_answer, {}), _warm)
