"""Which line of the catalog caused a value in a rendered object, where that can be known.

Templates are free to do anything with a parameter, so this is told by the value and its name:

1. a parameter with the object's value, whose last keys are the object's last keys; of several the one that
   shares most keys, and none where two share as many;
2. else the only parameter with that value, if no template would write such a value by itself: six characters
   or more, not only letters and digits (a host, a schedule, an image).

Never guesses between candidates: then it is for the template's line to say. Where a value is of the wrong
type, no parameter is to blame whose type the contract lays down: the template's author knew what comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import islice, takewhile
from typing import Any

from bot.catalog.entity import Pointer, Position
from bot.templating.contract import contract_pages, overlay
from bot.templating.deploy import Deploy

_MOST = 5_000
"""Parameters that are looked at."""
_DISTINCT = 6


def blame(
    deploy: Deploy, pointer: Pointer, value: object, *, of_key: bool = False, of_type: bool = False
) -> tuple[str, Position] | None:
    """Path and position of the parameter that became `value` at `pointer` of an object; None if not sure.

    List items may stand in `pointer` by their names instead of their numbers. `of_key`: the place of the
    parameter's name instead of that of its value. `of_type`: the type of the value is what is wrong.
    """
    parameters: Any = reduce(overlay, deploy.layers, {})
    same = [found for found, one in islice(_walk((), parameters), _MOST) if found and _is_alike(one, value)]
    cause = _deepest(same, pointer) or _only(same, value)
    if cause is None or (of_type and _is_typed(deploy, cause)):
        return None
    return deploy.place(cause, of_key=of_key)


def _walk(pointer: Pointer, value: Any) -> Iterator[tuple[Pointer, Any]]:
    yield pointer, value
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _walk((*pointer, key), one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _walk((*pointer, number), one)


def _is_alike(one: object, other: object) -> bool:
    """Equal, and of one type: to Python, True is 1."""
    return type(one) is type(other) and one is not None and one == other


def _is_typed(deploy: Deploy, pointer: Pointer) -> bool:
    """Whether the contract says of which type the parameter is."""
    pages = contract_pages(deploy.template.spec.get("parameters", {}))
    return any(_says_type(page, pointer) for page in pages)


def _says_type(schema: Any, pointer: Pointer) -> bool:
    for step in pointer:
        if not isinstance(schema, Mapping):
            return False
        properties = schema.get("properties")
        if isinstance(step, int):
            schema = schema.get("items")
        elif isinstance(properties, Mapping) and step in properties:
            schema = properties[step]
        else:
            schema = schema.get("additionalProperties")
    # What stands behind a reference or a choice is taken for laid down.
    return isinstance(schema, Mapping) and any(word in schema for word in ("type", "$ref", "anyOf", "oneOf"))


def _deepest(candidates: list[Pointer], pointer: Pointer) -> Pointer | None:
    shared = {one: _shared(one, pointer) for one in candidates}
    most = max(shared.values(), default=0)
    best = [one for one, count in shared.items() if count == most]
    return best[0] if most and len(best) == 1 else None


def _shared(one: Pointer, other: Pointer) -> int:
    """How many of the last steps are the same; numbers alone tell nothing."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    same = [step for step, _ in takewhile(lambda pair: str(pair[0]) == str(pair[1]), pairs)]
    return len(same) if any(isinstance(step, str) for step in same) else 0


def _only(candidates: list[Pointer], value: object) -> Pointer | None:
    is_distinct = isinstance(value, str) and len(value) >= _DISTINCT and not value.isalnum()
    return candidates[0] if is_distinct and len(candidates) == 1 else None
