"""What people name on a command line, found in a catalog: an environment, a component that is rendered."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalog.entity import Catalog
from bot.catalog.search import NotOne, find
from bot.errors import UserError
from bot.report.rendered import no_environment_text, not_rendered_text, unknown_environment_text
from bot.templating.deploy import is_deployed, near
from bot.templating.environment import Environment, environments


def stages(*catalogs: Catalog) -> tuple[Environment, ...]:
    """The environments of some catalogs, the first one's of each name. Raises UserError without any."""
    found: dict[str, Environment] = {}
    for catalog in catalogs:
        for one in environments(catalog):
            found.setdefault(one.name, one)
    if not found:
        raise UserError(no_environment_text(), fix="`roadcrew check` says why.")
    return tuple(found.values())


def stage_named(name: str, known: Sequence[Environment]) -> Environment:
    """Raises UserError with names that may have been meant."""
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise UserError(unknown_environment_text(name, near(name, [one.name for one in known])))
    return found


def rendered_refs(catalog: Catalog) -> frozenset[str]:
    """References of all that asks for a template."""
    return frozenset(one.ref for one in catalog.entities if is_deployed(one) and catalog.get(one.ref) is one)


def rendered_ref(name: str, *catalogs: Catalog) -> str:
    """The reference of the one entity of this name that is rendered in the first catalog that has it.

    Raises UserError.
    """
    missed: list[NotOne] = []
    for catalog in catalogs:
        one = find(catalog, name, only=rendered_refs(catalog))
        if not isinstance(one, NotOne):
            return one.ref
        missed.append(one)
    best = max(missed, key=lambda one: (bool(one.candidates), bool(one.near)))
    bare = find(catalogs[0], name)
    raise UserError(not_rendered_text(best, "" if isinstance(bare, NotOne) else bare.ref))
