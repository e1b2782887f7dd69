"""The requests of a change: what is wrong with them, who decides, and what they would make. Part of `review`.

Kinds, roles and who is who are the base branch's; services, subjects and environments those of the merge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import PurePosixPath

from bot.catalog import own
from bot.catalog.accounts import is_agent, login_of, user_of
from bot.catalog.check import check
from bot.catalog.entity import Catalog, Entity
from bot.commands.duration import say_duration
from bot.commands.roles import Asker, Matter, holders
from bot.commands.settings import command_settings
from bot.deciders.changes import Side
from bot.deciders.decider import Snapshot
from bot.deciders.left import held_back, is_as_we_left_it
from bot.deciders.mixed import is_mixed, mixed
from bot.leases.begin import Origin, matter_of
from bot.leases.clashes import Holding, clashes, granted, held, holding
from bot.leases.judged import Around, Requester, request_findings
from bot.leases.kind import RequestKind, request_kinds
from bot.leases.ledger import all_entries
from bot.leases.manifests import (
    NOMINAL,
    GrantFacts,
    RenderedRequest,
    Workshop,
    granted_duration,
    longest,
    render_request,
    subject_of,
)
from bot.leases.offered import broad_findings, kind_findings
from bot.leases.request import Request, request_of, requests
from bot.leases.sharing import NAMESPACE, neighbours_of
from bot.leases.standing import Standing, standing
from bot.leases.written import BRANCH
from bot.model.commands import ROLES
from bot.model.plan import Finding, Plan, Severity
from bot.model.request_part import RequestPart
from bot.model.tree import Tree
from bot.report.requests import asked_by
from bot.templating.environment import Environment, environments
from bot.templating.render import RenderedComponent, Rendering

_LAG = timedelta(minutes=5)
"""How much older than the world a list of GitHub may be."""


@dataclass(frozen=True)
class Desk:
    """A change, as far as it is about requests. `before` and `after`: the platform's catalog."""

    base: Tree = field(repr=False)
    merged: Tree = field(repr=False)
    before: Catalog = field(repr=False)
    after: Catalog = field(repr=False)
    touched: Collection[str]
    snapshot: Snapshot = field(repr=False)


@dataclass(frozen=True)
class _Made:
    """A request and what came of it."""

    request: Request
    kind: RequestKind | None
    rendered: RenderedRequest
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Requested:
    """`plan`: findings and what there is to show. `sides`: what it would make, for rules to judge."""

    plan: Plan
    sides: tuple[Side, ...] = ()


def requested(desk: Desk) -> Requested:
    """All that a change asks for, and what it does to the kinds of what can be asked for."""
    findings = [*_kinds(desk), *_waivers(desk)]
    mine = [one for one in requests(desk.after) if one.path in desk.touched]
    gone = list(_gone(desk))
    if not mine and not gone:
        return Requested(Plan(findings=tuple(findings)))
    kinds = request_kinds(desk.base, desk.before, desk.snapshot.memo)
    granted = _granted(desk.snapshot)
    around = Around(desk.after, kinds, granted)
    made = _contested([_made(one, around, desk) for one in mine if not _is_same(one, desk)], desk)
    parts = [_part(one, desk, granted) for one in made]
    parts += [replace(_part(one, desk, granted), change="removed") for one in _removed(gone, kinds)]
    findings += [finding for one in made for finding in one.findings]
    if is_mixed((one.path for one in desk.base.diff(desk.merged)), desk.before, desk.after):
        parts = [replace(one, is_mixed=True) for one in parts]
        findings += [mixed(one.request) for one in made]
    return Requested(Plan(findings=tuple(findings), parts=tuple(parts)), tuple(_sides(made, desk)))


def requester_of(request: Request, snapshot: Snapshot, catalog: Catalog) -> Requester | None:
    """Who asks: the author of the pull request; where we opened it, whom we wrote down. None offline."""
    pull = snapshot.pull
    if pull is None:
        return None
    is_written = pull.is_ours and is_as_we_left_it(request.path, snapshot)
    login = request.requester if is_written and request.requester else pull.author.login
    user = user_of(login, catalog)
    is_program = login == pull.author.login and pull.author.is_bot and not is_written
    return Requester(
        login=login,
        user=user,
        is_agent=is_program or (user is not None and is_agent(user)),
        is_written_by_us=is_written,
    )


def _is_same(request: Request, desk: Desk) -> bool:
    """Whether only something else in its file changes, or the file's place."""
    old = desk.before.get(request.entity.ref)
    was = request_of(old) if old is not None else None
    return was is not None and replace(was, path="") == replace(request, path="")


def _gone(desk: Desk) -> Iterator[Request]:
    for one in requests(desk.before):
        if one.path in desk.touched and desk.after.get(one.entity.ref) is None:
            yield one


def _removed(gone: Iterable[Request], kinds: Mapping[str, RequestKind]) -> Iterator[_Made]:
    for one in gone:
        yield _Made(one, kinds.get(one.kind), RenderedRequest(), ())


def _granted(snapshot: Snapshot) -> Standing:
    leases = snapshot.leases
    return standing(leases.grants.tree if leases is not None else None, snapshot.memo)


def _made(request: Request, around: Around, desk: Desk) -> _Made:
    snapshot, kind = desk.snapshot, around.kinds.get(request.kind)
    requester = requester_of(request, snapshot, desk.before)
    if requester is not None and requester.is_agent:
        around = replace(around, pending=_pending(requester.login, snapshot))
    found = [*request_findings(request, around, requester), *held_back(request, snapshot)]
    rendered = _rendered(request, kind, requester, desk) if kind is not None else RenderedRequest()
    broad = broad_findings(request, request.kind, rendered.files)
    return _Made(request, kind, rendered, (*found, *rendered.findings, *broad))


def _contested(made: Sequence[_Made], desk: Desk) -> list[_Made]:
    """With what each would take of what others have there: the platform, grants in force, those before it."""
    found: list[_Made] = []
    around: dict[str, list[Holding]] = {}
    for one in made:
        environment = _environment(one.request, desk)
        if environment is None or not one.rendered.files:
            found.append(one)
            continue
        if environment.name not in around:
            around[environment.name] = [*_holdings(environment, desk)]
        others = around[environment.name]
        taken = clashes(one.request, one.rendered.files, others, environment)
        others.append(holding(one.request.entity.ref, one.rendered.files))
        found.append(replace(one, findings=(*one.findings, *taken)))
    return found


def _holdings(environment: Environment, desk: Desk) -> Iterator[Holding]:
    leases = desk.snapshot.leases
    tree = leases.grants.tree if leases is not None else None
    yield from held(environment, _workshop(desk))
    yield from granted(environment, _granted(desk.snapshot), tree, _workshop(desk))


def _workshop(desk: Desk) -> Workshop:
    snapshot = desk.snapshot
    return Workshop(desk.merged, desk.after, snapshot.run, snapshot.schemas, snapshot.memo)


def _environment(request: Request, desk: Desk) -> Environment | None:
    return next((one for one in environments(desk.after) if one.name == request.environment), None)


def _rendered(
    request: Request, kind: RequestKind, requester: Requester | None, desk: Desk
) -> RenderedRequest:
    snapshot = desk.snapshot
    environment = _environment(request, desk)
    if environment is None:
        return RenderedRequest()
    subject = _subject(request, requester, desk.after)
    lasts = granted_duration(request, kind)
    facts = GrantFacts(
        subject=subject_of(subject, login_of(subject)) if subject is not None else subject_of(None, ""),
        requested_by=requester.login if requester is not None else request.requester,
        expires_at=NOMINAL + lasts if lasts is not None else None,
        pull=snapshot.pull.url if snapshot.pull is not None else "",
        is_break_glass=request.is_break_glass,
    )
    return render_request(request, kind, environment, facts, _workshop(desk))


def _subject(request: Request, requester: Requester | None, catalog: Catalog) -> Entity | None:
    if request.subject:
        return catalog.get(request.subject)
    user = requester.user if requester is not None else user_of(request.requester, catalog)
    return user if user is not None and not is_agent(user) else None


def _part(made: _Made, desk: Desk, granted: Standing) -> RequestPart:
    request, kind = made.request, made.kind
    requester = requester_of(request, desk.snapshot, desk.before)
    login = requester.login if requester is not None else request.requester
    matter = _matter(request, kind, login, desk) if kind is not None else Matter()
    if requester is not None and requester.is_agent:
        # For whom an agent acts is for the base branch to say.
        matter = replace(matter, on_behalf_of=requester.bounds.acts_for or matter.on_behalf_of)
    settings = command_settings(desk.before)
    could = holders(("approver",), matter, settings, desk.before)
    subject = _subject(request, requester, desk.after)
    return RequestPart(
        name=request.name,
        path=request.path,
        change="new" if desk.before.get(request.entity.ref) is None else "changed",
        kind=request.kind,
        title=kind.title if kind is not None else "",
        service=request.service,
        environment=request.environment,
        subject=subject.ref if subject is not None else request.subject,
        requester=login,
        reason=request.reason,
        duration=_said(granted_duration(request, kind) if kind is not None else None),
        most=_said(longest(request, kind) if kind is not None else None),
        on_behalf_of=matter.on_behalf_of,
        is_break_glass=request.is_break_glass,
        approvals=kind.approvals if kind is not None else 1,
        approvers=tuple(f"{one.kind}:{one.name}" for one in could),
        beside=_beside(request, kind, desk.before),
        is_standing=request.name in granted.grants,
        files=made.rendered.files,
    )


def _beside(request: Request, kind: RequestKind | None, catalog: Catalog) -> tuple[str, ...]:
    if kind is None or kind.reach != NAMESPACE:
        return ()
    found = neighbours_of(request.service, request.environment, catalog)
    return tuple(f"{ref} {owner}" for ref, owner in found.items())


def _matter(request: Request, kind: RequestKind, login: str, desk: Desk) -> Matter:
    pull = desk.snapshot.pull
    author = pull.author.login if pull is not None else login
    origin = Origin(sha="", at=desk.snapshot.now, requester=login, author=author)
    return matter_of(request, kind, origin, desk.before)


def _said(value: timedelta | None) -> str:
    return say_duration(value) if value is not None else ""


def _sides(made: Iterable[_Made], desk: Desk) -> Iterator[Side]:
    """What requests would make, an environment each, as if it were a component's."""
    found = [(one, one.kind) for one in made if one.kind is not None and one.rendered.files]
    for environment in environments(desk.after):
        here = [pair for pair in found if pair[0].request.environment == environment.name]
        components = {one.request.name: _component(one, kind) for one, kind in here}
        if components:
            yield Side(Rendering(components, ()), desk.after, environment)


def _component(made: _Made, kind: RequestKind) -> RenderedComponent:
    rendered = made.rendered
    return RenderedComponent(
        ref=made.request.entity.ref,
        folder=made.request.name,
        template=kind.name,
        version=kind.version,
        files=rendered.files,
        digest=rendered.digest,
        totals=rendered.totals,
        claims=rendered.outcome.claims,
        objects=rendered.outcome.objects,
    )


def agent_findings(path: str, asker: Asker, snapshot: Snapshot) -> tuple[Finding, ...]:
    """What an asker that is no person may not ask for. `snapshot.merged`: with the request at `path`."""
    if not asker.is_agent or snapshot.base is None or snapshot.merged is None:
        return ()
    before, after = (
        check(one, whole=True, memo=snapshot.memo).catalog for one in (snapshot.base, snapshot.merged)
    )
    kinds = request_kinds(snapshot.base, before, snapshot.memo)
    branch = f"{BRANCH}{PurePosixPath(path).stem}"
    around = Around(after, kinds, _granted(snapshot), _pending(asker.login, snapshot, branch))
    user = user_of(asker.login, before)
    requester = Requester(asker.login, user, is_agent=True, is_written_by_us=True)
    found = [one for one in requests(after) if one.path == path]
    return tuple(
        finding
        for one in found
        for finding in request_findings(one, around, requester)
        if finding.rule == "request-agent"
    )


def _pending(login: str, snapshot: Snapshot, branch: str = "") -> int:
    """Requests of an account that wait, without the one that is looked at, or has this branch.

    Those that we opened for it; each pull request of its own, since a list does not show what is in it; and
    what it asked for just now, for a list may be older than that.
    """
    number = snapshot.pull.number if snapshot.pull is not None else 0
    branch = branch or (snapshot.pull.head_branch if snapshot.pull is not None else "")
    others = [one for one in snapshot.open_pulls if one.number != number and one.head_branch != branch]
    ours = {
        one.head_branch
        for one in others
        if one.is_ours and one.head_branch.startswith(BRANCH) and asked_by(login) in one.body
    }
    own = sum(not one.is_ours and one.author.lower() == login.lower() for one in others)
    return own + len(ours | (_just_asked(login, snapshot) - {branch}))


def _just_asked(login: str, snapshot: Snapshot) -> frozenset[str]:
    """Branches of what an account asked for by command, by the ledger, and that came to no end yet."""
    leases, tip = snapshot.leases, snapshot.tip_tree
    if leases is None or leases.ledger.tree is None:
        return frozenset()
    entries = tuple(all_entries(leases.ledger.tree, snapshot.memo))
    ended = {one.text("request") for one in entries if one.event in ("denied", "cancelled")}
    merged = {one.name for one in requests(_catalog_of(tip, snapshot))} if tip is not None else set()
    return frozenset(
        f"{BRANCH}{one.text('request')}"
        for one in entries
        if one.event == "requested"
        and one.text("who").lower() == login.lower()
        and snapshot.now - one.at < _LAG
        and one.text("request") not in ended | merged
        and not _granted(snapshot).knows(one.text("request"))
    )


def _catalog_of(tree: Tree, snapshot: Snapshot) -> Catalog:
    return check(tree, whole=True, memo=snapshot.memo).catalog


def _kinds(desk: Desk) -> Iterator[Finding]:
    """What is wrong with kinds of requests by this change."""
    before = _kind_findings(desk.before, desk.base)
    after = _kind_findings(desk.after, desk.merged)
    known = {(one.path, one.rule, str(one.facts)) for one in before}
    for one in after:
        if one.path in desk.touched or (one.path, one.rule, str(one.facts)) not in known:
            yield one


def _kind_findings(catalog: Catalog, files: Tree) -> tuple[Finding, ...]:
    return kind_findings(catalog, (*ROLES, *command_settings(catalog).roles), files)


def _waivers(desk: Desk) -> Iterator[Finding]:
    """No agent excuses anything from a rule, whoever would merge it."""
    pull = desk.snapshot.pull
    if pull is None or pull.is_ours:
        return
    user = user_of(pull.author.login, desk.before)
    if not (pull.author.is_bot or (user is not None and is_agent(user))):
        return
    for one in desk.after.of_kind("Waiver"):
        if one.api_version == own.API_VERSION and one.path in desk.touched:
            facts = {"agent": pull.author.login, "waiver": one.name}
            place = one.where("metadata", "name")
            yield Finding("waiver-agent", Severity.DENY, one.path, *place, facts)
