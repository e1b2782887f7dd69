"""What becomes of a request that came to the default branch. Part of `lease`; it writes nothing.

Who approved counts by what they may do now. Nothing is taken from what the request says of itself but from
what GitHub and our own commits say of who asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.catalog.accounts import is_agent, user_of
from bot.commands.roles import Matter, asker_of
from bot.deciders.commands.refusals import names_of
from bot.deciders.decider import Arrived, Rights
from bot.deciders.granted import Files
from bot.deciders.lease_ground import Ground, ground_at, manifests, taken
from bot.deciders.mixed import is_mixed, mixed
from bot.deciders.pushers import strange_of, with_hands
from bot.leases.begin import APPROVER, Given, Origin, begun, counting, enough, matter_of
from bot.leases.clashes import Holding, holding
from bot.leases.end import ended
from bot.leases.grant import Grant
from bot.leases.judged import Around, Requester, request_findings
from bot.leases.kind import RequestKind
from bot.leases.request import Request
from bot.leases.shown import defaults_of
from bot.model.plan import Fact, Finding, Severity
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
    strange: tuple[str, ...] = ()
    """Addresses in its commits that are no account's: whose they may be does not approve it."""


@dataclass(frozen=True)
class Broken:
    """It cannot begin as it is. `case`: `pushed`, `touched`, or empty where the findings say it."""

    request: Request
    case: str = ""
    findings: tuple[Finding, ...] = ()


Judged = Ready | Late | Waiting | Broken


def judge(request: Request, arrived: Arrived, ground: Ground) -> Judged:
    """By the default branch of now and by that from before it came: a request brings nothing that grants it.

    What stands in the same merge, or came after it, makes nobody an approver and allows nothing more.
    """
    if arrived.pull is None or arrived.is_touched or arrived.before is None:
        return Broken(request, "touched" if arrived.is_touched else "pushed")
    now = _approved(request, arrived, ground)
    if not isinstance(now, _Approved):
        return now
    past = ground_at(ground.snapshot, arrived.before)
    if brought := tuple(_brought(request, arrived, ground, past)):
        return Broken(request, findings=brought)
    then = _approved(request, arrived, past, only=now.logins)
    if not isinstance(then, _Approved):
        return then
    defaults = defaults_of(then.kind, request.environment, past.catalog)
    grant = begun(request, then.kind, then.origin, then.matter, then.given, defaults=defaults)
    if (most := _most(now)) is not None:
        end = grant.starts_at + most
        latest = min(grant.latest_end or end, end)
        grant = replace(grant, latest_end=latest, expires_at=min(grant.expires_at or latest, latest))
    return _begins(grant, request, then.kind, ground, past)


@dataclass(frozen=True)
class _Approved:
    """By enough people, as one ground has it."""

    kind: RequestKind
    origin: Origin
    matter: Matter
    given: tuple[Given, ...]

    @property
    def logins(self) -> frozenset[str]:
        return frozenset(one.asker.login for one in self.given)


def _most(found: _Approved) -> timedelta | None:
    """How long it may last at most; None where its kind lasts."""
    glass = found.kind.break_glass if found.origin.is_break_glass else None
    limits = (found.kind.maximum, glass.maximum if glass is not None else None)
    return min((one for one in limits if one is not None), default=None)


def _approved(
    request: Request, arrived: Arrived, ground: Ground, *, only: frozenset[str] | None = None
) -> _Approved | Waiting | Broken:
    """`only`: whose approvals can count at all."""
    origin = _origin(request, arrived, ground)
    findings = _findings(request, arrived, origin, ground)
    kind = ground.kinds.get(request.kind)
    if findings or kind is None:
        return Broken(request, findings=findings)
    matter = matter_of(request, kind, origin, ground.catalog)
    human = asker_of(Person(origin.requester), ground.catalog, Rights()).acts_for
    matter = replace(matter, on_behalf_of=human or matter.on_behalf_of)
    matter = with_hands(matter, arrived.commits, ground.catalog)
    given = [one for one in origin.given if only is None or one.asker.login in only]
    approved = counting(given, matter, ground.settings, acted_for=request.on_behalf_of)
    if not enough(kind, origin, approved):
        who = names_of(APPROVER, [matter], ground.settings, ground.catalog)
        missing = max(1, kind.approvals - len(approved))
        logins = tuple(one.asker.login for one in approved)
        return Waiting(request, missing, logins, who, strange_of(matter))
    return _Approved(kind, origin, matter, approved)


def _brought(request: Request, arrived: Arrived, now: Ground, past: Ground) -> Iterator[Finding]:
    """That more came in the same merge, and what it names that came then or later."""
    before, after = arrived.before, arrived.after
    if before is not None and after is not None:
        paths = (one.path for one in before.diff(after))
        if is_mixed(paths, past.catalog, ground_at(now.snapshot, after).catalog):
            yield mixed(request, is_merged=True)
            return
    fields = {"service": request.service, "subject": request.subject}
    new = [(key, ref) for key, ref in fields.items() if ref and past.catalog.get(ref) is None]
    environments = {one.name for one in past.catalog.of_kind("Environment")}
    if request.kind in now.kinds and request.kind not in past.kinds:
        new.append(("type", request.kind))
    if request.environment not in environments:
        new.append(("environment", request.environment))
    for key, name in new:
        place = request.entity.where("spec", key)
        facts: dict[str, Fact] = {"case": "brought", "request": request.name, "name": name}
        yield Finding("request-mixed", Severity.DENY, request.path, *place, facts)


def _begins(grant: Grant, request: Request, kind: RequestKind, ground: Ground, past: Ground) -> Judged:
    """Rendered by the default branch from before it came; held against what stands there now."""
    if grant.is_over(ground.snapshot.now):
        return Late(ended(grant, "late", ground.snapshot.now))
    rendered = manifests(grant, request, kind, past)
    if rendered.findings or not rendered.files:
        return Broken(request, findings=rendered.findings)
    if lost := taken(request, rendered.files, ground):
        return Broken(request, findings=lost)
    return Ready(grant, rendered.files)


def apart(judged: Iterable[Judged], ground: Ground) -> Iterator[Judged]:
    """The same, but of what begins together and would take the same, only the first."""
    begun: dict[str, list[Holding]] = {}
    for one in judged:
        request = ground.requests.get(one.grant.name) if isinstance(one, Ready) else None
        if isinstance(one, Ready) and request is not None:
            others = begun.setdefault(request.environment, [])
            if others and (lost := taken(request, one.files, ground, others)):
                yield Broken(request, findings=lost)
                continue
            others.append(holding(request.entity.ref, one.files))
        yield one


def _origin(request: Request, arrived: Arrived, ground: Ground) -> Origin:
    pull = arrived.pull
    author = pull.author.login if pull is not None else ""
    said = request.requester if arrived.is_ours else ""
    return Origin(
        sha=arrived.sha,
        at=arrived.at,
        requester=said or author,
        author=author,
        base=arrived.before_sha,
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
