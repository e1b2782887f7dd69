"""How a grant begins: who of those who approved counts now, from when to when it is in force. Pure.

It reads no clock and renders nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.catalog.accounts import is_agent, user_of
from bot.catalog.entity import Catalog
from bot.catalog.relations_owner import ownership
from bot.commands.roles import Asker, Matter, may
from bot.commands.settings import CommandSettings
from bot.leases.grant import Grant
from bot.leases.kind import RequestKind
from bot.leases.manifests import granted_duration
from bot.leases.request import Request
from bot.leases.sharing import sharing
from bot.leases.shown import shown_parameters

APPROVER = ("approver",)


@dataclass(frozen=True)
class Given:
    """Someone approved. Whether that counts is not said here."""

    asker: Asker
    at: datetime


@dataclass(frozen=True)
class Origin:
    """How a request came to the default branch."""

    sha: str
    at: datetime
    """When it was merged."""
    requester: str = ""
    """The login of who asked."""
    author: str = ""
    """The login that opened the pull request."""
    base: str = ""
    """The default branch's commit before it."""
    pull: int = 0
    url: str = ""
    """Of the pull request."""
    given: tuple[Given, ...] = field(default=(), repr=False)
    is_break_glass: bool = False
    """Whether we merged it as such: nobody else's word is taken for it."""


def matter_of(request: Request, kind: RequestKind, origin: Origin, catalog: Catalog) -> Matter:
    """Who has to do with it. Without a subject, whom it is for is who asks."""
    return Matter(
        author=origin.author,
        requester=origin.requester,
        subject=subject_ref(request, origin.requester, catalog),
        owners=owners_of(request.service, catalog),
        approvers=kind.approvers,
        on_behalf_of=request.on_behalf_of,
        sharing=sharing(kind.reach, request.service, request.environment, catalog),
    )


def subject_ref(request: Request, requester: str, catalog: Catalog) -> str:
    """Whom it is for: who asks, where nobody is named. An agent is nobody that anything can be for."""
    asking = user_of(requester, catalog)
    return request.subject or (asking.ref if asking is not None and not is_agent(asking) else "")


def matter_of_grant(
    grant: Grant, approvers: Sequence[str], catalog: Catalog, *, reach: str = "service"
) -> Matter:
    """Who has to do with what is in force. `approvers`: the roles that its kind names now."""
    return Matter(
        author=grant.author or grant.requested_by,
        requester=grant.requested_by,
        subject=grant.subject,
        owners=owners_of(grant.service, catalog),
        approvers=tuple(approvers),
        on_behalf_of=grant.on_behalf_of,
        sharing=sharing(reach, grant.service, grant.environment, catalog),
    )


def owners_of(service: str, catalog: Catalog) -> frozenset[str]:
    """References of groups and users that own a service; none where nobody does."""
    entity = catalog.get(service)
    owner = ownership(catalog, entity).owner if entity is not None else ""
    return frozenset([owner] if owner else [])


def counting(
    given: Iterable[Given], matter: Matter, settings: CommandSettings, *, acted_for: str = ""
) -> tuple[Given, ...]:
    """Those who may approve this now, each once, in their order. `acted_for`: by the requester."""
    found: dict[str, Given] = {}
    for one in sorted(given, key=lambda each: (each.at, each.asker.login)):
        is_human = bool(acted_for) and acted_for in {one.asker.user, *one.asker.selves}
        if not is_human and may(one.asker, APPROVER, matter, settings):
            found.setdefault(one.asker.login.lower(), one)
    return tuple(found.values())


def begun(
    request: Request,
    kind: RequestKind,
    origin: Origin,
    matter: Matter,
    approved: Sequence[Given],
    *,
    defaults: Mapping[str, Any] | None = None,
) -> Grant:
    """The grant. It is in force since it was both merged and approved by enough people.

    `defaults`: parameters that the environment gives to this kind.
    """
    needed = [] if origin.is_break_glass else [one.at for one in approved[: kind.approvals]]
    start = max([origin.at, *needed]).replace(microsecond=0)
    lasts = granted_duration(request, kind)
    if origin.is_break_glass and kind.break_glass is not None:
        most = min(filter(None, (kind.maximum, kind.break_glass.maximum)))
        lasts = min(lasts or most, most)
        latest: datetime | None = start + most
    else:
        latest = start + kind.maximum if kind.maximum is not None else None
    return Grant(
        name=request.name,
        kind=kind.name,
        request=request.path,
        environment=request.environment,
        service=request.service,
        subject=matter.subject,
        parameters=shown_parameters(request.parameters, kind, defaults),
        requested_by=origin.requester,
        reason=request.reason,
        starts_at=start,
        expires_at=start + lasts if lasts is not None else None,
        latest_end=latest,
        at_end="propose" if kind.at_end == "propose" and not origin.is_break_glass else "remove",
        author=origin.author if origin.author != origin.requester else "",
        on_behalf_of=matter.on_behalf_of,
        approved_by=tuple(one.asker.login for one in approved),
        source_commit=origin.sha,
        base_commit=origin.base,
        pull=origin.pull,
        url=origin.url,
        is_break_glass=origin.is_break_glass,
    )


def enough(kind: RequestKind, origin: Origin, approved: Sequence[Given]) -> bool:
    """Whether it may begin. Break-glass is reviewed afterwards."""
    if origin.is_break_glass:
        return kind.break_glass is not None
    return len(approved) >= kind.approvals
