"""Jobs and results as lines of JSON, both ways. What all jobs of a template share crosses once.

Trusts its input no further than that this program wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any

from bot.model.plan import Fact
from bot.templating.jobs import Recipe, RenderError, RenderJob, RenderResult, Violation
from bot.templating.manifests import Problem


def job_to_json(job: RenderJob, *, is_known: bool = False, forget: Collection[str] = ()) -> bytes:
    """One line without a line break inside.

    `is_known`: the reader has this recipe, so that its digest will do. `forget`: digests of recipes that the
    reader need not keep any longer.
    """
    recipe = job.recipe
    line = {
        "recipe": recipe.digest,
        "brings": None if is_known else [dict(recipe.files), list(recipe.pages)],
        "forget": list(forget),
        "layers": list(job.layers),
        "context": dict(job.context),
        "max_output": job.max_output,
    }
    return json.dumps(line, separators=(",", ":")).encode()


def job_from_json(line: bytes, recipes: MutableMapping[str, Recipe]) -> RenderJob:
    """The inverse of `job_to_json`. `recipes`: those that came before, by digest; brought up to date.

    Raises KeyError for a recipe that never came.
    """
    raw = json.loads(line)
    for digest in raw["forget"]:
        recipes.pop(digest, None)
    if raw["brings"]:
        files, pages = raw["brings"]
        recipes[raw["recipe"]] = Recipe(files, tuple(pages))
    return RenderJob(
        recipe=recipes[raw["recipe"]],
        layers=tuple(raw["layers"]),
        context=raw["context"],
        max_output=raw["max_output"],
    )


def result_to_json(result: RenderResult) -> bytes:
    """One line without a line break inside."""
    error = result.error
    line = {
        "texts": dict(result.texts),
        "files": {name: data.decode() for name, data in result.files.items()},
        "objects": list(result.objects),
        "problems": [[one.rule, one.file, one.line, dict(one.facts)] for one in result.problems],
        "error": error and [error.rule, error.reason, error.file, error.line],
        "violations": [
            [list(one.pointer), one.keyword, one.reason, list(one.known), one.hint]
            for one in result.violations
        ],
    }
    return json.dumps(line, separators=(",", ":")).encode()


def result_from_json(line: bytes) -> RenderResult:
    """The inverse of `result_to_json`. Raises ValueError, KeyError or TypeError on anything else."""
    raw = json.loads(line)
    return RenderResult(
        texts={str(name): str(text) for name, text in raw["texts"].items()},
        files={str(name): str(text).encode() for name, text in raw["files"].items()},
        objects=tuple(dict(one) for one in raw["objects"]),
        problems=tuple(
            Problem(str(rule), str(file), int(line), _facts(facts))
            for rule, file, line, facts in raw["problems"]
        ),
        error=RenderError(*raw["error"]) if raw["error"] else None,
        violations=tuple(
            Violation(tuple(pointer), keyword, reason, tuple(known), hint)
            for pointer, keyword, reason, known, hint in raw["violations"]
        ),
    )


def _facts(raw: Mapping[str, Any]) -> dict[str, Fact]:
    return {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in raw.items()}
