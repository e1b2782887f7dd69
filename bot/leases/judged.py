"""What is wrong with a request: unknown names, too long a time, who may not ask for it. Renders nothing.

Whether its parameters keep the contract, `manifests.py` finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.catalog.accounts import is_agent
from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.fields import is_dns_label
from bot.commands.duration import say_duration
from bot.leases.agents import Bounds, bounds_of
from bot.leases.kind import RequestKind, kind_names
from bot.leases.request import Request, requests
from bot.leases.standing import Standing
from bot.model.plan import Fact, Finding, Severity
from bot.templating.deploy import near
from bot.templating.environment import environments

LONGEST_NAME = 50
"""Objects are called after requests, some with a few letters more, and Kubernetes takes 63."""


@dataclass(frozen=True)
class Requester:
    """Who asks. `user`: their User in the base branch's catalog, if there is one."""

    login: str
    user: Entity | None = field(default=None, repr=False)
    is_agent: bool = False
    """By the catalog or by GitHub."""
    is_written_by_us: bool = False
    """Whether Roadcrew wrote the file, so that what it says of who asks is true."""

    @property
    def bounds(self) -> Bounds:
        """What an agent may ask for."""
        return bounds_of(self.user)


@dataclass(frozen=True)
class Around:
    """What a request is judged by. `catalog`: as it would be with the request."""

    catalog: Catalog = field(repr=False)
    kinds: Mapping[str, RequestKind] = field(repr=False)
    """Of the base branch."""
    granted: Standing = field(default=Standing(), repr=False)
    """What is in force, and what has ended: a name means one request for ever."""
    pending: int = 0
    """Other requests of the same agent that wait in pull requests."""


def request_findings(
    request: Request, around: Around, requester: Requester | None = None
) -> tuple[Finding, ...]:
    """All that is wrong with it. Without a requester it is not judged who asks: offline nobody can tell.

    Broken and unknown references are found by the catalog's own check.
    """
    kind = around.kinds.get(request.kind)
    found = [
        *_names(request, around),
        *_kind(request, around, kind),
        *_environment(request, around, kind),
    ]
    if kind is not None:
        found += [*_duration(request, kind), *_break_glass(request, kind)]
    found += _subject(request, around.catalog)
    if requester is not None:
        found += _requester(request, requester)
        if requester.is_agent:
            found += _agent(request, around, requester)
    return tuple(found)


def _names(request: Request, around: Around) -> Iterator[Finding]:
    place = ("metadata", "name")
    if request.entity.namespace != "default":
        facts: dict[str, Fact] = {"case": "namespace", "namespace": request.entity.namespace}
        yield _finding(request, "request-name", ("metadata", "namespace"), facts)
    if not is_dns_label(request.name) or len(request.name) > LONGEST_NAME:
        yield _finding(request, "request-name", place, {"most": LONGEST_NAME})
    granted = around.granted
    if request.name in granted.ended:
        yield _finding(request, "request-used", place, {})
    elif request.name in granted.grants:
        facts = {"case": "standing", "environment": granted.grants[request.name].environment}
        yield _finding(request, "request-used", place, facts)


def _kind(request: Request, around: Around, kind: RequestKind | None) -> Iterator[Finding]:
    if kind is not None:
        return
    is_broken = request.kind in kind_names(around.catalog) and request.kind not in around.kinds
    facts: dict[str, Fact] = {"kind": request.kind, "near": near(request.kind, around.kinds)}
    if is_broken:
        facts["case"] = "broken"
    elif not facts["near"]:
        facts["case"] = "known" if around.kinds else "none"
        facts["known"] = tuple(around.kinds)
    yield _finding(request, "request-kind", ("spec", "type"), facts)


def _environment(request: Request, around: Around, kind: RequestKind | None) -> Iterator[Finding]:
    place = ("spec", "environment")
    names = [one.name for one in environments(around.catalog)]
    if request.environment not in names:
        facts: dict[str, Fact] = {
            "environment": request.environment,
            "near": near(request.environment, names),
        }
        yield _finding(request, "request-environment", place, facts)
    elif kind is not None and not kind.is_offered(request.environment):
        facts = {
            "environment": request.environment,
            "kind": kind.name,
            "offered": kind.environments,
            "case": "offered",
        }
        yield _finding(request, "request-environment", place, facts)


def _duration(request: Request, kind: RequestKind) -> Iterator[Finding]:
    place = ("spec", "duration")
    said = str(request.entity.spec.get("duration") or "")
    facts: dict[str, Fact] = {"duration": said, "kind": kind.name}
    if said and not request.duration:
        yield _finding(request, "request-duration", place, {**facts, "case": "none"})
    elif request.duration and kind.maximum is None:
        yield _finding(request, "request-duration", place, {**facts, "case": "lasting"})
    elif request.duration and kind.maximum and request.duration > kind.maximum:
        yield _finding(request, "request-duration", place, {**facts, "most": say_duration(kind.maximum)})


def _break_glass(request: Request, kind: RequestKind) -> Iterator[Finding]:
    if not request.is_break_glass:
        return
    facts: dict[str, Fact] = {"kind": kind.name}
    allowed = kind.break_glass
    if allowed is None:
        yield _finding(request, "request-break-glass", ("spec", "breakGlass"), facts)
    elif request.duration and request.duration > allowed.maximum:
        facts |= {"case": "long", "most": say_duration(allowed.maximum)}
        yield _finding(request, "request-break-glass", ("spec", "duration"), facts)


def _subject(request: Request, catalog: Catalog) -> Iterator[Finding]:
    subject = catalog.get(request.subject) if request.subject else None
    if subject is not None and is_agent(subject):
        facts: dict[str, Fact] = {"case": "subject", "agent": request.subject}
        yield _finding(request, "request-agent", ("spec", "subject"), facts)


def _requester(request: Request, requester: Requester) -> Iterator[Finding]:
    said = request.requester
    if requester.is_written_by_us or not said or said.lower() == requester.login.lower():
        return
    facts: dict[str, Fact] = {"said": said, "author": requester.login}
    yield _finding(request, "request-requester", ("spec", "requestedBy"), facts)


def _agent(request: Request, around: Around, requester: Requester) -> Iterator[Finding]:
    """The bounds of an account that is no person."""
    bounds, agent = requester.bounds, requester.login
    facts: dict[str, Fact] = {"agent": agent}
    if not request.requester:
        yield _finding(request, "request-agent", ("spec",), {**facts, "case": "unsaid"})
    if not bounds.acts_for:
        yield _finding(request, "request-agent", ("spec",), {**facts, "case": "nobody"})
    elif request.on_behalf_of and request.on_behalf_of != bounds.acts_for:
        facts["human"] = bounds.acts_for
        yield _finding(request, "request-agent", ("spec", "onBehalfOf"), {**facts, "case": "behalf"})
    if request.is_break_glass:
        yield _finding(request, "request-agent", ("spec", "breakGlass"), {**facts, "case": "glass"})
    if request.kind not in bounds.requests:
        case = "kind" if bounds.requests else "none"
        said: dict[str, Fact] = {"case": case, "value": request.kind, "allowed": bounds.requests}
        yield _finding(request, "request-agent", ("spec", "type"), {**facts, **said})
    if request.environment not in bounds.environments:
        said = {"case": "environment", "value": request.environment}
        yield _finding(request, "request-agent", ("spec", "environment"), {**facts, **said})
    open_ones = open_requests(around.catalog, agent, around.granted)
    count = len(open_ones) + around.pending
    if count > bounds.open_requests:
        facts |= {"case": "many", "count": count, "most": bounds.open_requests}
        yield _finding(request, "request-agent", ("metadata", "name"), facts)


def open_requests(catalog: Catalog, login: str, granted: Standing) -> tuple[Request, ...]:
    """What an account asked for and has not ended, in the order of paths."""
    return tuple(
        one
        for one in requests(catalog)
        if one.requester.lower() == login.lower() and one.name not in granted.ended
    )


def _finding(request: Request, rule: str, pointer: Pointer, facts: Mapping[str, Fact]) -> Finding:
    said: dict[str, Fact] = {"request": request.name, **facts}
    return Finding(rule, Severity.DENY, request.path, *request.entity.where(*pointer), said)
