"""What a template runner gets and gives back. Values only, JSON both ways, so that a job can cross a pipe.

A job holds everything that decides its result: equal jobs have equal results, whoever runs them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Data = Mapping[str, Any]
"""A mapping of plain JSON values."""

MAX_OUTPUT = 1_000_000
"""Characters that one job may render, over all its files."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One component in one environment, with the template that makes its manifests."""

    files: Mapping[str, str]
    """Template texts by path relative to `manifests/`. Names that start with `_`, and all below `shared/`,
    are only included."""
    pages: tuple[Data, ...]
    """The contract: JSON Schemas, each of which the parameters must satisfy."""
    layers: tuple[Data, ...]
    """Parameters as people wrote them, weakest first."""
    context: Data
    """What the template sees besides `parameters`."""
    max_output: int = MAX_OUTPUT


@dataclass(frozen=True, slots=True)
class Violation:
    """A parameter that breaks the contract: where, and the validator's words."""

    pointer: tuple[str | int, ...]
    keyword: str
    """The JSON Schema keyword that says no; `unknown`: no page knows it; `fail`: the template refuses it."""
    reason: str
    known: tuple[str, ...] = ()
    """For `unknown`: the parameters that there are."""
    hint: str = ""
    """What the schema says of the parameter."""


@dataclass(frozen=True, slots=True)
class RenderError:
    """Why a template gave no result. `rule` is the finding's; `file` is a name of the job's files."""

    rule: str
    reason: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RenderResult:
    """Rendered texts by template name; or an error, or violations, and then no texts."""

    texts: Mapping[str, str] = field(default_factory=dict)
    error: RenderError | None = None
    violations: tuple[Violation, ...] = ()


Runner = Callable[[RenderJob], RenderResult]


def job_to_json(job: RenderJob) -> bytes:
    """One line without a line break inside."""
    return json.dumps(
        {
            "files": dict(job.files),
            "pages": list(job.pages),
            "layers": list(job.layers),
            "context": dict(job.context),
            "max_output": job.max_output,
        },
        separators=(",", ":"),
    ).encode()


def job_from_json(line: bytes) -> RenderJob:
    """The inverse of `job_to_json`; trusts its input, which only this program writes."""
    raw = json.loads(line)
    return RenderJob(
        files=raw["files"],
        pages=tuple(raw["pages"]),
        layers=tuple(raw["layers"]),
        context=raw["context"],
        max_output=raw["max_output"],
    )


def result_to_json(result: RenderResult) -> bytes:
    """One line without a line break inside."""
    error = result.error
    return json.dumps(
        {
            "texts": dict(result.texts),
            "error": error and [error.rule, error.reason, error.file, error.line],
            "violations": [
                [list(one.pointer), one.keyword, one.reason, list(one.known), one.hint]
                for one in result.violations
            ],
        },
        separators=(",", ":"),
    ).encode()


def result_from_json(line: bytes) -> RenderResult:
    """The inverse of `result_to_json`. Raises ValueError, KeyError or TypeError on anything else."""
    raw = json.loads(line)
    return RenderResult(
        texts={str(name): str(text) for name, text in raw["texts"].items()},
        error=RenderError(*raw["error"]) if raw["error"] else None,
        violations=tuple(
            Violation(tuple(pointer), keyword, reason, tuple(known), hint)
            for pointer, keyword, reason, known, hint in raw["violations"]
        ),
    )
