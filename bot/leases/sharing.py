"""Who shares a namespace with a service: what opens all of it needs an owner of all of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.catalog.entity import Catalog
from bot.catalog.relations_owner import ownership
from bot.templating.context import namespace_of
from bot.templating.deploy import is_deployed
from bot.templating.environment import environments

NAMESPACE = "namespace"
"""What a kind reaches, where it is not the service alone."""


def neighbours_of(service: str, environment: str, catalog: Catalog) -> Mapping[str, str]:
    """References of owners by those of components and resources beside it, without those of its own owner.

    Both sorted. One that nobody owns has an empty owner, whom nobody can be.
    """
    entity = catalog.get(service)
    stage = next((one for one in environments(catalog) if one.name == environment), None)
    if entity is None or stage is None:
        return {}
    home, owner = namespace_of(entity, stage), ownership(catalog, entity).owner
    beside = (one for one in catalog.entities if is_deployed(one) and namespace_of(one, stage) == home)
    found = {one.ref: ownership(catalog, one).owner for one in beside if catalog.get(one.ref) is one}
    return {ref: found[ref] for ref in sorted(found) if found[ref] != owner}


def sharing(reach: str, service: str, environment: str, catalog: Catalog) -> frozenset[str]:
    """The other owners, of a kind that reaches as far as this."""
    if reach != NAMESPACE:
        return frozenset()
    return frozenset(neighbours_of(service, environment, catalog).values())
