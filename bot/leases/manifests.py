"""A request to manifests: what would stand, or stands, on the branch of grants for it. Pure.

The template sees what those of components see, of the service that the request is for; and `grant`. What
cannot be rendered has findings and no files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.kubernetes.schemas import Schemas, closest
from bot.leases.kind import RequestKind
from bot.leases.marked import marked, reserved
from bot.leases.request import Request
from bot.model.plan import Fact, Finding, Severity, Totals
from bot.model.tree import Files, Memo
from bot.templating.context import context, platform_context
from bot.templating.custom import platform_schemas
from bot.templating.deploy import Deploy, Layer
from bot.templating.environment import Environment
from bot.templating.findings import error_finding, problem_finding, violation_finding
from bot.templating.jobs import RenderJob, Runner
from bot.templating.limits import limit_findings
from bot.templating.manifests import Problem
from bot.templating.outcomes import NOTHING, Asked, Outcome, Outcomes, digest_of

NOMINAL = datetime(2000, 1, 1, tzinfo=UTC)
"""When a grant begins that is only shown: before it is approved, nobody knows. Always the same bytes."""
_TTL = "%Y-%m-%dT%H%M%SZ"
"""ISO 8601 without colons, as a label's value may be: https://kyverno.io/docs/policy-types/cleanup-policy/"""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is for. All empty where nobody can be named."""

    ref: str = ""
    name: str = ""
    email: str = ""
    login: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """What the request's file does not say: who, and when. Times are UTC."""

    subject: Subject = Subject()
    requested_by: str = ""
    """A login."""
    approved_by: tuple[str, ...] = ()
    starts_at: datetime = NOMINAL
    expires_at: datetime | None = None
    """None: it lasts until its file is removed."""
    pull: str = ""
    """The URL of the pull request that brought it."""
    is_break_glass: bool = False


@dataclass(frozen=True)
class RenderedRequest:
    """What it is in its environment. `files`: canonical YAML by name, below `<environment>/<request>/`."""

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    digest: str = ""
    """Of `files`."""
    totals: Totals = NOTHING
    unchecked: tuple[Problem, ...] = ()
    """Kinds among them that no schema is known for."""
    outcome: Outcome = field(default=Outcome(), repr=False)
    findings: tuple[Finding, ...] = ()
    """Why there are no files."""


@dataclass(frozen=True)
class Workshop:
    """What all requests are rendered with. `files`: the platform repo, whose own schemas judge too."""

    files: Files = field(repr=False)
    catalog: Catalog = field(repr=False)
    run: Runner
    schemas: Schemas
    memo: Memo = field(default_factory=dict, repr=False)


def render_request(
    request: Request, kind: RequestKind, environment: Environment, facts: GrantFacts, workshop: Workshop
) -> RenderedRequest:
    """The same input renders the same bytes.

    The service must be in the catalog: without it there are neither files nor findings, for the catalog's
    own check says so.
    """
    catalog, memo = workshop.catalog, workshop.memo
    service = catalog.get(request.service)
    if service is None:
        return RenderedRequest()
    deploy = _deploy(request, kind, environment)
    job = RenderJob(
        kind.template.recipe,
        deploy.layers,
        {
            **context(service, environment, kind.template, platform_context(catalog), catalog),
            "grant": grant_context(request, kind, facts),
        },
    )
    own = platform_schemas(workshop.files, catalog, workshop.schemas, memo)
    version = closest(workshop.schemas.versions, environment.kubernetes)
    outcomes = Outcomes(workshop.run, memo, own.schemas, version)
    ((_, outcome),) = outcomes.of([(request, Asked(kind.template.digest, job))])
    outcome = outcome or Outcome()
    if findings := tuple(_findings(deploy, kind, environment, outcome)):
        return RenderedRequest(findings=findings)
    if name := reserved(outcome.files, platform_context(catalog)):
        said: dict[str, Fact] = {"request": request.name, "namespace": name}
        place = request.entity.where("metadata", "name")
        return RenderedRequest(
            findings=(Finding("request-namespace", Severity.DENY, request.path, *place, said),)
        )
    expires_at = _iso(facts.expires_at) if facts.expires_at else ""
    files = marked(outcome.files, _ttl(kind, facts), expires_at)
    digest = digest_of([(path, data.decode()) for path, data in sorted(files.items())])
    return RenderedRequest(files, digest, outcome.totals, outcome.unchecked, outcome=outcome)


def grant_context(request: Request, kind: RequestKind, facts: GrantFacts) -> dict[str, Any]:
    """What a template sees as `grant`: a promise to its authors, which `templates/README.md` describes."""
    subject = facts.subject
    return {
        "name": request.name,
        "path": request.path,
        "subject": {
            "ref": subject.ref,
            "name": subject.name,
            "email": subject.email,
            "login": subject.login,
            "annotations": dict(subject.annotations),
        },
        "requestedBy": facts.requested_by,
        "onBehalfOf": request.on_behalf_of,
        "approvedBy": list(facts.approved_by),
        "reason": request.reason,
        "startsAt": _iso(facts.starts_at),
        "expiresAt": _iso(facts.expires_at) if facts.expires_at else "",
        "ttl": _ttl(kind, facts),
        "pull": facts.pull,
        "isBreakGlass": facts.is_break_glass,
    }


def subject_of(user: Entity | None, login: str) -> Subject:
    """How templates see a User of the catalog. `login`: the account's name on GitHub, empty where unknown."""
    if user is None:
        return Subject()
    profile, said = user.spec.get("profile"), user.metadata.get("annotations")
    email = profile.get("email") if isinstance(profile, Mapping) else None
    annotations = said if isinstance(said, Mapping) else {}
    return Subject(
        ref=user.ref,
        name=user.name,
        email=email if isinstance(email, str) else "",
        login=login,
        annotations={key: value for key, value in annotations.items() if isinstance(value, str)},
    )


def granted_duration(request: Request, kind: RequestKind) -> timedelta | None:
    """How long it will be in force from its approval on; None: until its file is removed. Never too long."""
    most = longest(request, kind)
    return min(request.duration or kind.default or most, most) if most is not None else None


def longest(request: Request, kind: RequestKind) -> timedelta | None:
    """How long it can be in force with all extensions; None: until its file is removed."""
    if kind.maximum is None or not request.is_break_glass or kind.break_glass is None:
        return kind.maximum
    return min(kind.maximum, kind.break_glass.maximum)


def _ttl(kind: RequestKind, facts: GrantFacts) -> str:
    """When the cluster itself takes it away: never, where people are asked first."""
    is_hard = kind.at_end == "remove" or facts.is_break_glass
    return facts.expires_at.astimezone(UTC).strftime(_TTL) if facts.expires_at and is_hard else ""


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _deploy(request: Request, kind: RequestKind, environment: Environment) -> Deploy:
    name = kind.template.name
    defaults = environment.defaults.get(name, {})
    sources = (
        Layer(environment.entity, ("spec", "defaults", name), defaults),
        Layer(request.entity, ("spec", "parameters"), request.parameters),
    )
    return Deploy(request.entity, kind.template.entity, sources)


def _findings(
    deploy: Deploy, kind: RequestKind, environment: Environment, outcome: Outcome
) -> Iterator[Finding]:
    yield from (violation_finding(deploy, one) for one in outcome.violations)
    yield from (problem_finding(deploy, kind.template, one) for one in outcome.problems)
    if outcome.error:
        yield error_finding(deploy, kind.template, outcome.error)
    yield from limit_findings(deploy, environment, outcome.totals)
