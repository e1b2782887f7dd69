"""Who stands for an entity: its owner, or that of what it is part of, the people, and how to reach them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.reference import ReferenceBroken, parse_ref

_REACHED = (
    ("pagerduty", "on call"),
    ("opsgenie", "on call"),
    ("victorops", "on call"),
    ("splunk-on-call", "on call"),
    ("incident.io", "on call"),
    ("squadcast", "on call"),
    ("on-call", "on call"),
    ("oncall", "on call"),
    ("slack", "chat"),
    ("mattermost", "chat"),
    ("discord", "chat"),
    ("zulip", "chat"),
    ("teams.microsoft", "chat"),
    ("contact", "contact"),
    ("email", "email"),
)
"""What stands in annotation keys, link types and link addresses of those who can be reached so."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach someone. `way`: `on call`, `chat`, `email`, `contact`, `link`; `said_by`: who says so."""

    way: str
    value: str
    label: str
    said_by: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a group, or of a group below it: then `group` is that one."""

    ref: str
    group: str
    is_lead: bool = False


@dataclass(frozen=True, slots=True)
class Ownership:
    """`owner` is empty when nobody is named. `via`: from which entity on the way up it was taken."""

    owner: str
    via: tuple[str, ...] = ()
    said_by: Entity | None = None
    pointer: Pointer = ()
    members: tuple[Member, ...] = ()
    contacts: tuple[Contact, ...] = ()


def ownership(catalog: Catalog, entity: Entity) -> Ownership:
    """The owner of an entity. A group or a user stands for itself.

    An entity without an owner has that of what it is part of: a component, a system, a domain.
    """
    if entity.kind.lower() in ("group", "user"):
        return _with_people(catalog, entity, Ownership(entity.ref))
    way: list[str] = []
    here: str | None = entity.ref
    while here is not None and here not in way:
        way.append(here)
        for owner in catalog.relations.targets(here, "ownedBy"):
            saying = catalog.relations.said(here, "ownedBy", owner)
            found = Ownership(owner, tuple(way[1:]), saying.entity, saying.pointer)
            return _with_people(catalog, entity, found)
        here = next(iter(catalog.relations.targets(here, "partOf")), None)
    return Ownership("", contacts=tuple(_contacts(entity)))


def _with_people(catalog: Catalog, entity: Entity, found: Ownership) -> Ownership:
    reached = (entity, catalog.get(found.owner))
    contacts = dict.fromkeys(contact for one in reached if one is not None for contact in _contacts(one))
    return replace(found, members=tuple(members(catalog, found.owner)), contacts=tuple(contacts))


def members(catalog: Catalog, group: str) -> Iterator[Member]:
    """Who is in a group: its own first, then those of the groups below it. Each once."""
    relations = catalog.relations
    seen: set[str] = set()
    groups = [group]
    for here in groups:
        lead = _lead(catalog.get(here))
        people = relations.targets(here, "hasMember")
        for ref in sorted({*people, *filter(None, [lead])}, key=lambda one: (one != lead, one)):
            if ref not in seen:
                seen.add(ref)
                yield Member(ref, here, is_lead=ref == lead)
        groups += (one for one in relations.targets(here, "parentOf") if one not in groups)


def _lead(group: Entity | None) -> str:
    """`spec.lead` of a group, which is no field of Backstage's: a user."""
    value = group.spec.get("lead") if group is not None and group.kind.lower() == "group" else None
    if group is None or not isinstance(value, str):
        return ""
    try:
        return parse_ref(value, "user", group.namespace)
    except ReferenceBroken:
        return ""


def _contacts(entity: Entity) -> Iterator[Contact]:
    profile = entity.spec.get("profile")
    email = profile.get("email") if isinstance(profile, Mapping) else None
    if isinstance(email, str) and email:
        yield Contact("email", email, "spec.profile.email", entity.ref)
    annotations = entity.metadata.get("annotations")
    for key, value in annotations.items() if isinstance(annotations, Mapping) else ():
        way = _way(str(key))
        if way and isinstance(value, str) and value:
            yield Contact(way, value, str(key), entity.ref)
    links = entity.metadata.get("links")
    for link in links if isinstance(links, list) else ():
        url = link.get("url") if isinstance(link, Mapping) else None
        if isinstance(url, str) and url:
            said = [str(link[key]) for key in ("title", "type", "icon") if isinstance(link.get(key), str)]
            way = _way(" ".join([*said, url]))
            is_team = entity.kind.lower() in ("group", "user")
            if way or is_team:
                yield Contact(way or "link", url, said[0] if said else "", entity.ref)


def _way(text: str) -> str:
    lowered = text.lower().replace("on call", "on-call")
    return next((way for mark, way in _REACHED if mark in lowered), "")
