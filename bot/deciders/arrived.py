"""What becomes of a request that came to the default branch. Part of `lease`; it writes nothing.

Who approved counts by what they may do now. Nothing is taken from what the request says of itself but from
what GitHub and our own commits say of who asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.catalog.accounts import is_agent, user_of
from bot.commands.roles import asker_of
from bot.deciders.commands.refusals import names_of
from bot.deciders.decider import Arrived, Rights
from bot.deciders.granted import Files
from bot.deciders.lease_ground import Ground, manifests
from bot.leases.begin import APPROVER, Given, Origin, begun, counting, enough, matter_of
from bot.leases.end import ended
from bot.leases.grant import Grant
from bot.leases.judged import Around, Requester, request_findings
from bot.leases.kind import RequestKind
from bot.leases.request import Request
from bot.model.plan import Finding, Severity
from bot.model.pull import Person


@dataclass(frozen=True)
class Ready:
    """It begins now."""

    grant: Grant
    files: Files = field(repr=False)


@dataclass(frozen=True)
class Late:
    """Its time was over before it could begin."""

    grant: Grant


@dataclass(frozen=True)
class Waiting:
    """Somebody must approve it still. `who`: who could, as `names_of` tells."""

    request: Request
    missing: int
    approved_by: tuple[str, ...]
    who: tuple[str, ...]


@dataclass(frozen=True)
class Broken:
    """It cannot begin as it is. `case`: `pushed`, `touched`, or empty where the findings say it."""

    request: Request
    case: str = ""
    findings: tuple[Finding, ...] = ()


Judged = Ready | Late | Waiting | Broken


def judge(request: Request, arrived: Arrived, ground: Ground) -> Judged:
    """By the facts of now."""
    if arrived.pull is None or arrived.is_touched:
        return Broken(request, "touched" if arrived.pull else "pushed")
    origin = _origin(request, arrived, ground)
    findings = _findings(request, arrived, origin, ground)
    kind = ground.kinds.get(request.kind)
    if findings or kind is None:
        return Broken(request, findings=findings)
    return _approved(request, kind, origin, ground)


def _approved(request: Request, kind: RequestKind, origin: Origin, ground: Ground) -> Judged:
    matter = matter_of(request, kind, origin, ground.catalog)
    human = asker_of(Person(origin.requester), ground.catalog, Rights()).acts_for
    matter = replace(matter, on_behalf_of=human or matter.on_behalf_of)
    approved = counting(origin.given, matter, ground.settings, acted_for=request.on_behalf_of)
    if not enough(kind, origin, approved):
        who = names_of(APPROVER, [matter], ground.settings, ground.catalog)
        missing = max(1, kind.approvals - len(approved))
        return Waiting(request, missing, tuple(one.asker.login for one in approved), who)
    return _begins(begun(request, kind, origin, matter, approved), request, kind, ground)


def _begins(grant: Grant, request: Request, kind: RequestKind, ground: Ground) -> Judged:
    if grant.is_over(ground.snapshot.now):
        return Late(ended(grant, "late", ground.snapshot.now))
    rendered = manifests(grant, request, kind, ground)
    if rendered.findings or not rendered.files:
        return Broken(request, findings=rendered.findings)
    return Ready(grant, rendered.files)


def _origin(request: Request, arrived: Arrived, ground: Ground) -> Origin:
    pull = arrived.pull
    author = pull.author.login if pull is not None else ""
    said = request.requester if arrived.is_ours else ""
    return Origin(
        sha=arrived.sha,
        at=arrived.at,
        requester=said or author,
        author=author,
        pull=pull.number if pull is not None else 0,
        url=pull.url if pull is not None else "",
        given=tuple(_given(arrived, ground)),
        is_break_glass=request.is_break_glass
        and arrived.is_ours
        and arrived.is_merged_by_us
        and bool(arrived.trailers.get("Break-Glass")),
    )


def _given(arrived: Arrived, ground: Ground) -> Iterator[Given]:
    """Reviews of the very commit that was merged, and what we wrote when we merged it ourselves."""
    pull = arrived.pull
    people = [
        (Person(one.login, one.is_bot), one.at)
        for one in (pull.approvals if pull is not None else ())
        if pull is not None and one.head == pull.head_sha
    ]
    people += [(Person(login), arrived.at) for login in merged_for(arrived)]
    for person, at in people:
        rights = arrived.rights.get(person.login, Rights())
        yield Given(asker_of(person, ground.catalog, rights), at)


def merged_for(arrived: Arrived) -> tuple[str, ...]:
    """Logins on whose word we merged it ourselves."""
    said = arrived.trailers.get("Approved-By", "") if arrived.is_merged_by_us else ""
    return tuple(filter(None, (one.strip().removeprefix("@") for one in said.split(","))))


def _findings(request: Request, arrived: Arrived, origin: Origin, ground: Ground) -> tuple[Finding, ...]:
    """What the review would deny now: whoever merged it, might have done so against its word."""
    user = user_of(origin.requester, ground.catalog)
    is_bot = arrived.pull is not None and not arrived.is_ours and arrived.pull.author.is_bot
    requester = Requester(
        origin.requester,
        user,
        is_agent=is_bot or (user is not None and is_agent(user)),
        is_written_by_us=arrived.is_ours,
    )
    found = request_findings(request, Around(ground.catalog, ground.kinds, ground.granted), requester)
    return tuple(one for one in found if one.severity is Severity.DENY)
