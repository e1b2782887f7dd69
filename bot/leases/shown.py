"""What a request asks for, as records tell it: its parameters in words, without those that may be secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.catalog.entity import Catalog
from bot.catalog.text import visible
from bot.leases.kind import RequestKind
from bot.templating.contract import MASKED
from bot.templating.environment import environments

_MOST, _LONGEST = 20, 100


def shown_parameters(
    parameters: Mapping[str, Any], kind: RequestKind, defaults: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Each as `name=value`, in the order of the contract; with what holds where the request says nothing.

    `defaults`: the environment's for this kind. Pages that are masked are left out as a whole; so is what no
    page speaks of. A value is shown up to 100 characters, and 20 parameters at most.
    """
    given = {**(defaults or {}), **parameters}
    said = [
        f"{name}={_short(value)}"
        for name, schema in _open(kind)
        if (value := given.get(name, schema.get("default"))) is not None
    ]
    return tuple(said[:_MOST])


def defaults_of(kind: RequestKind, environment: str, catalog: Catalog) -> Mapping[str, Any]:
    """What an environment says of this kind for all who ask there."""
    found = (
        one.defaults.get(kind.template.name, {}) for one in environments(catalog) if one.name == environment
    )
    return next(found, {})


def _open(kind: RequestKind) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Properties of pages that are not masked, unless a masked one has the same name."""
    pages = [page for page in kind.template.pages if isinstance(page.get("properties"), Mapping)]
    hidden = {name for page in pages if page.get(MASKED) is True for name in page["properties"]}
    for page in pages:
        for name, schema in page["properties"].items():
            if name not in hidden and isinstance(schema, Mapping):
                yield name, schema


def _short(value: Any) -> str:
    text = _plain(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\u2026"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ",".join(map(_plain, value))
    return visible(json.dumps(value, ensure_ascii=False, default=str))
