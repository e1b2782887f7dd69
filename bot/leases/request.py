"""Requests as the catalog holds them: what someone asks for, for which service, where, why and for how long.

Reads entities; judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from bot.catalog import own
from bot.catalog.entity import Catalog, Entity
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.catalog.text import visible
from bot.commands.duration import duration

FOLDER = "requests"
"""Below the catalog's first folder: where we write requests. They are read wherever they stand."""


@dataclass(frozen=True)
class Request:
    """What a file asks for. `service` and `subject` are full references."""

    name: str
    path: str
    kind: str
    service: str
    environment: str
    subject: str
    """Empty: whom it is for is who asks."""
    requester: str
    """A GitHub login as the file says it; empty: the author of the pull request."""
    on_behalf_of: str
    """The full reference of the User whom an agent acts for; empty where none is said."""
    reason: str
    duration: timedelta | None
    """None: the kind's default, or none."""
    parameters: Mapping[str, Any] = field(repr=False)
    is_break_glass: bool
    entity: Entity = field(repr=False, compare=False)


def requests(catalog: Catalog) -> tuple[Request, ...]:
    """All that are well-formed, by path. What is wrong with the others, the catalog's check says."""
    found = (request_of(one) for one in catalog.of_kind("Request") if catalog.get(one.ref) is one)
    return tuple(one for one in found if one is not None)


def request_of(entity: Entity) -> Request | None:
    """None for what is no request, or not well-formed."""
    if entity.kind.lower() != "request" or entity.api_version != own.API_VERSION:
        return None
    try:
        spec = own.RequestSpec.model_validate(dict(entity.spec))
    except ValidationError:
        return None
    return Request(
        name=entity.name,
        path=entity.path,
        kind=spec.type,
        service=_ref(spec.service, "component"),
        environment=spec.environment,
        subject=_ref(spec.subject, "user"),
        requester=spec.requestedBy.strip().removeprefix("@"),
        on_behalf_of=_ref(spec.onBehalfOf, "user"),
        reason=visible(spec.reason),
        duration=duration(spec.duration) if spec.duration else None,
        parameters=spec.parameters,
        is_break_glass=spec.breakGlass,
        entity=entity,
    )


def request_path(catalog_folder: str, name: str) -> str:
    """Where a request of this name is written. `catalog_folder`: the first of the layout."""
    return f"{catalog_folder}/{FOLDER}/{name}.yaml" if catalog_folder != "." else f"{FOLDER}/{name}.yaml"


def _ref(text: str, kind: str) -> str:
    try:
        return parse_ref(text, kind) if text else ""
    except ReferenceBroken:
        return text.lower()
