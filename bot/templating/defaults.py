"""Whether a template's own default breaks its contract, and where that stands. Runs no schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.catalog.entity import Entity, Pointer
from bot.templating.deploy import Deploy
from bot.templating.jobs import Violation

_PARAMETERS: Pointer = ("spec", "parameters")
_SAID_AROUND = ("required", "unknown", "fail")
"""Keywords that speak of what is not there, or of several values together: no default alone is wrong."""


def wrong_default(deploy: Deploy, violation: Violation) -> Pointer | None:
    """Where in the template's document the default stands that breaks the contract.

    None where somebody wrote the value: in the component, or in the environment's defaults.
    """
    is_missing = violation.keyword == "required"
    cause = violation.pointer[:-1] if is_missing else violation.pointer
    if not cause or (violation.keyword in _SAID_AROUND and not is_missing):
        return None
    if any(layer.holds(cause) for layer in deploy.sources):
        return None
    return next(_defaults(deploy.template, cause), None)


def _defaults(template: Entity, pointer: Pointer) -> Iterator[Pointer]:
    """Defaults that may have given the value at `pointer`: the innermost of each page."""
    parameters = template.spec.get("parameters")
    pages = enumerate(parameters) if isinstance(parameters, list) else [(None, parameters)]
    for number, page in pages:
        at = _PARAMETERS if number is None else (*_PARAMETERS, number)
        yield from list(_on_the_way(page, at, pointer))[-1:]


def _on_the_way(schema: Any, at: Pointer, pointer: Pointer) -> Iterator[Pointer]:
    for step in pointer:
        inner = _inner(schema, step)
        for key in inner:
            schema = schema[key] if isinstance(schema, Mapping) and key in schema else None
        if not isinstance(schema, Mapping):
            return
        at = (*at, *inner)
        if "default" in schema:
            yield (*at, "default")


def _inner(schema: Any, step: str | int) -> Pointer:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if isinstance(properties, Mapping) and step in properties:
        return ("properties", step)
    return ("items",) if isinstance(step, int) else ("additionalProperties",)
