"""Kinds of requests: templates of `type: request`. Which ones there are is data; none is known here.

Tells what a kind allows; who holds a role, and what is asked for, is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import ValidationError

from bot.catalog.entity import Catalog, Entity
from bot.catalog.own import RequestKindSpec
from bot.commands.duration import duration
from bot.model.tree import Files, Memo
from bot.templating.deploy import REQUEST
from bot.templating.template import Template, remembered_template, templates


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Who may take it before anyone approved, and for how long at most."""

    roles: tuple[str, ...]
    maximum: timedelta


@dataclass(frozen=True)
class RequestKind:
    """What can be asked for under one name."""

    name: str
    version: str
    template: Template = field(repr=False)
    approvers: tuple[str, ...]
    """Roles, of which one is enough."""
    approvals: int = 1
    """By how many people."""
    maximum: timedelta | None = None
    """None: it lasts until its file is removed."""
    default: timedelta | None = None
    """What a request that says no duration gets. None exactly where `maximum` is."""
    at_end: str = "remove"
    """`remove`: its objects go at the end. `propose`: a pull request asks people to remove its file."""
    environments: tuple[str, ...] = ()
    """Where it may be asked for; empty: everywhere."""
    break_glass: BreakGlass | None = None
    reach: str = "service"
    """`namespace`: what it opens is all of the service's namespace."""

    @property
    def title(self) -> str:
        """What it is, in a few words of its author."""
        return str(self.template.entity.metadata.get("title") or self.name)

    @property
    def summary(self) -> str:
        """A sentence of its author; empty where there is none."""
        return str(self.template.entity.metadata.get("description") or "")

    def is_offered(self, environment: str) -> bool:
        """Whether it may be asked for there."""
        return not self.environments or environment in self.environments


def is_kind(template: Entity) -> bool:
    """Whether a template is there for requests, be it sound or not."""
    return template.spec.get("type") == REQUEST


def kind_names(catalog: Catalog) -> tuple[str, ...]:
    """Of all kinds, sound or not, sorted."""
    return tuple(sorted(name for name, one in templates(catalog).items() if is_kind(one)))


def request_kinds(files: Files, catalog: Catalog, memo: Memo) -> Mapping[str, RequestKind]:
    """All kinds that can be used, by name, sorted.

    What is wrong with the others, `offered.py` and the templates' own check say.
    """
    found = ((name, request_kind(files, catalog, name, memo)) for name in kind_names(catalog))
    return {name: kind for name, kind in found if kind is not None}


def request_kind(files: Files, catalog: Catalog, name: str, memo: Memo) -> RequestKind | None:
    """One kind by its name; None where there is none that can be used. Reads its template alone."""
    entity = templates(catalog).get(name)
    spec = _spec(entity) if entity is not None and is_kind(entity) else None
    if entity is None or spec is None:
        return None
    template = remembered_template(files, entity, memo)
    return _kind(template, spec) if isinstance(template, Template) else None


def _spec(entity: Entity) -> RequestKindSpec | None:
    given = entity.spec.get("request")
    try:
        return RequestKindSpec.model_validate(dict(given)) if isinstance(given, Mapping) else None
    except ValidationError:
        return None


def _kind(template: Template, spec: RequestKindSpec) -> RequestKind | None:
    """None where its times contradict each other: `bot/leases/offered.py` says so."""
    maximum, default = duration(spec.maximumDuration), duration(spec.defaultDuration)
    if (default and not maximum) or (default and maximum and default > maximum):
        return None
    return RequestKind(
        name=template.name,
        version=template.version,
        template=template,
        approvers=tuple(spec.approvers),
        approvals=spec.approvals,
        maximum=maximum,
        default=(default or maximum) if maximum else None,
        at_end=spec.atEnd,
        environments=tuple(spec.environments),
        break_glass=_break_glass(spec),
        reach=spec.reach,
    )


def _break_glass(spec: RequestKindSpec) -> BreakGlass | None:
    said = spec.breakGlass
    longest = duration(said.maximumDuration) if said is not None else None
    return BreakGlass(tuple(said.roles), longest) if said is not None and longest else None
