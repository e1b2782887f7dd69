"""The words that are a component's own: apart from them, its manifests are its template's. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping

from bot.catalog.entity import Entity
from bot.templating.canonical import dump
from bot.templating.context import facts_of, namespace_of
from bot.templating.environment import Environment

_LABELS = 20


def own_names(entity: Entity, environment: Environment, folder: str) -> Mapping[str, str]:
    """By what they are: name, folder, namespace, team, system, and what the environment is called.

    A label of the entity is its own as a whole line, as manifests spell it: its value alone may be any word.
    """
    facts = facts_of(entity)
    names = {
        "name": facts["name"],
        "folder": folder if folder != facts["name"] else "",
        "team": facts["team"],
        "system": facts["system"],
        "namespace": namespace_of(entity, environment),
        "environment": environment.name,
        "domain": environment.domain,
        "cluster": environment.cluster,
    }
    labels = entity.metadata.get("labels")
    given = labels.items() if isinstance(labels, Mapping) else ()
    texts = [(key, value) for key, value in given if isinstance(value, str)][:_LABELS]
    names |= {f"label {key}": dump({key: value}).decode().strip() for key, value in texts}
    return {meaning: name for meaning, name in names.items() if name}
