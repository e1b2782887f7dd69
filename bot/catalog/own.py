"""The specs of our own kinds, `roadcrew.dev/v1`. Unlike Backstage's they are closed to unknown fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from bot.catalog.commands import CommandsSpec
from bot.catalog.entity import Entity
from bot.catalog.fields import Closed, NotBlank, Text, formatted, is_dns_label, is_dns_subdomain

API_VERSION = "roadcrew.dev/v1"
MANAGED = {"app.kubernetes.io/managed-by": "roadcrew"}
"""The label that the shipped templates give to all objects, and operators to none of theirs."""

_BRANCH = re.compile(r"env(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


def is_branch(text: str) -> bool:
    """Rendered manifests go to `env/` branches only: no setting can point at the default branch.

    What git takes for a branch: `git help check-ref-format`.
    """
    is_odd = ".." in text or any(part.endswith((".lock", ".")) for part in text.split("/"))
    return not is_odd and _BRANCH.fullmatch(text) is not None


def _is_folder(text: str) -> bool:
    """A folder inside the repo, relative to its root."""
    return not text.startswith("/") and "\\" not in text and ".." not in text.split("/")


_KUBERNETES = re.compile(r"1\.[1-9][0-9]{0,2}", re.ASCII)
_QUANTITY = re.compile(r"[0-9]{1,12}m?|[0-9]{1,6}(\.[0-9]{1,3})?([kMGT]|[KMGT]i)?", re.ASCII)
"""No larger than Kubernetes can hold."""


def is_quantity(value: object) -> bool:
    """An amount as Kubernetes writes it, such as `500m` or `16Gi`; a whole number needs no quotes."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12
    return is_number or (isinstance(value, str) and _QUANTITY.fullmatch(value) is not None)


def is_count(value: object) -> bool:
    """A number of things."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_kubernetes_version(text: str) -> bool:
    """A minor version of Kubernetes, such as `1.34`."""
    return _KUBERNETES.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """A day of the calendar, such as `2027-01-15`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_DURATION = re.compile(r"(?=.)(?:[0-9]{1,4}d)?(?:[0-9]{1,4}h)?(?:[0-9]{1,5}m)?", re.ASCII)


def is_duration(text: str) -> bool:
    """A span of time in days, hours and minutes, such as `4h`, `90m` or `1d12h`."""
    return _DURATION.fullmatch(text) is not None


_PLACEHOLDER = re.compile(r"\{(?:component|system|team|environment)\}")


def is_namespace_pattern(text: str) -> bool:
    """Whether short names put in for its placeholders make a Kubernetes namespace; case does not matter."""
    return is_dns_label(_PLACEHOLDER.sub("x", text).lower())


Day = Annotated[Text, formatted("day", is_day)]
Duration = Annotated[Text, formatted("duration", is_duration)]
Count = Annotated[Any, formatted("count", is_count)]
Quantity = Annotated[Any, formatted("quantity", is_quantity)]
KubernetesVersion = Annotated[Text, formatted("kubernetes", is_kubernetes_version)]
NamespacePattern = Annotated[Text, formatted("namespace-pattern", is_namespace_pattern)]
Domain = Annotated[Text, formatted("domain", is_dns_subdomain)]
Branch = Annotated[Text, formatted("branch", is_branch)]
Folder = Annotated[Text, formatted("folder", _is_folder)]


class PlatformSpec(Closed):
    """Where a platform repo keeps its things. Folders are relative to the repo's root."""

    organization: Text = ""
    description: str = ""
    catalog: Annotated[list[Folder], Field(min_length=1)] = Field(default_factory=lambda: ["catalog"])
    templates: Folder = "templates"
    rules: Folder = "rules"
    schemas: Folder = "schemas"
    """CustomResourceDefinitions of the kinds that templates make and Kubernetes does not know."""
    commands: CommandsSpec | None = None


class LimitsSpec(Closed):
    """The most that one component may ask for in an environment, in all its replicas together."""

    cpu: Quantity = None
    memory: Quantity = None
    storage: Quantity = None
    replicas: Count = None


class ExportSpec(Closed):
    """Whether the cluster of an environment gets the rules too, and of which objects it judges by them."""

    export: bool = False
    labels: dict[str, str] = Field(default_factory=lambda: dict(MANAGED))
    """Labels of the objects that are judged there; `{}` for all."""


class EnvironmentSpec(Closed):
    """A stage that components are rendered for."""

    order: int
    """Stages are reached in this order; the lowest is where a merge delivers."""
    branch: Branch = ""
    """Empty: `env/<name>`."""
    cluster: Text = ""
    namespace: NamespacePattern = ""
    """A pattern for a component's Kubernetes namespace, such as `{system}-{environment}`."""
    domain: Domain = ""
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By template name: parameters of every component here, weaker than the component's own."""
    kubernetes: KubernetesVersion = ""
    """The minor version whose schemas its objects must satisfy. Empty: the newest that there is."""
    limits: LimitsSpec = LimitsSpec()
    rules: ExportSpec = ExportSpec()


class MatchSpec(Closed):
    """What a rule judges: all that is given must hold, of each list any. `*` stands for any characters."""

    kinds: list[Text] = Field(default_factory=list)
    """Of entities, or of objects: `Deployment`, `apps/v1/Deployment`."""
    types: list[Text] = Field(default_factory=list)
    owners: list[Text] = Field(default_factory=list)
    tiers: list[Text] = Field(default_factory=list)
    environments: list[Text] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    paths: list[Text] = Field(default_factory=list)
    where: Text = ""
    """CEL: whether it concerns this one."""


class VariableSpec(Closed):
    """An expression with a name, `variables.<name>` in those that follow."""

    name: Annotated[Text, formatted("identifier", str.isidentifier)]
    expression: Text


class ValidationSpec(Closed):
    """What must be true."""

    expression: Text
    message: Text = ""
    messageExpression: Text = ""  # noqa: N815 - Kubernetes' word
    field: Text = ""
    """The place in what is judged to point at, such as `spec.owner`."""
    lineExpression: Text = ""  # noqa: N815 - as messageExpression
    """CEL: the line of a file to point at, counted from 1."""


class RuleSpec(Closed):
    """A rule of one's own in CEL; without `judges`, how much a built-in rule weighs, by the entity's name."""

    severity: Literal["deny", "warn", "info", "off"]
    denyFrom: Day = ""  # noqa: N815 - as others of Kubernetes' style
    """From the beginning of this day (UTC) on, it denies."""
    description: str = ""
    fix: str = ""
    judges: Literal["entity", "object", "pull", "file"] | None = None
    match: MatchSpec = MatchSpec()
    variables: list[VariableSpec] = Field(default_factory=list)
    validations: list[ValidationSpec] = Field(default_factory=list)
    waivable: bool = True
    maxWaiverDays: Annotated[int, Field(ge=1, le=3650)] = 90  # noqa: N815 - as above


class WaiverSpec(Closed):
    """Some targets need not keep some rules until a day."""

    rule: Text = ""
    rules: list[Text] = Field(default_factory=list)
    targets: list[Text] = Field(default_factory=list)
    """References of entities; `component:default/*` for many."""
    paths: list[Text] = Field(default_factory=list)
    environments: list[Text] = Field(default_factory=list)
    reason: NotBlank
    owner: Text
    expires: Day
    """It holds through the end of this day (UTC)."""


class BreakGlassSpec(Closed):
    """Who may take it at once, without approval, and for how long at most."""

    roles: Annotated[list[Text], Field(min_length=1)]
    maximumDuration: Duration  # noqa: N815 - as others of Kubernetes' style


class RequestKindSpec(Closed):
    """`spec.request` of a template of `type: request`: how it is approved, and how it ends."""

    approvers: Annotated[list[Text], Field(min_length=1)]
    """Roles. Neither who asks nor whom it is for may approve, whatever they hold."""
    approvals: Annotated[int, Field(ge=1, le=10)] = 1
    maximumDuration: Duration = ""  # noqa: N815 - as above
    """Empty: it lasts until its file is removed."""
    defaultDuration: Duration = ""  # noqa: N815 - as above
    atEnd: Literal["remove", "propose"] = "remove"  # noqa: N815 - as above
    environments: list[Text] = Field(default_factory=list)
    """Empty: all."""
    reach: Literal["service", "namespace"] = "service"
    """`namespace`: it opens all of it, so that an `owner` who approves must own all that lives there."""
    breakGlass: BreakGlassSpec | None = None  # noqa: N815 - as above


class RequestSpec(Closed):
    """What someone asks for. Merged and approved, it is in force until its end, or until its file goes."""

    type: Text
    """The kind: the name of a template of `type: request`."""
    service: Text
    """A reference; of a component, where it says no kind."""
    environment: Text
    reason: Annotated[NotBlank, Field(max_length=500)]
    subject: str = ""
    """The User whom it is for; empty: who asks."""
    requestedBy: str = ""  # noqa: N815 - as others of Kubernetes' style
    """A GitHub login. What we did not write ourselves says the author of the pull request, or nothing."""
    onBehalfOf: str = ""  # noqa: N815 - as above
    """Of an agent: the User that it acts for."""
    duration: Duration = ""
    """Counted from the approval. Empty: the kind's default."""
    breakGlass: bool = False  # noqa: N815 - as above
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What the kind's contract asks for."""


class AgentSpec(Closed):
    """`spec.agent` of a User that is no person: for whom it acts, and what it may ask for."""

    actsFor: str = ""  # noqa: N815 - as others of Kubernetes' style
    requests: list[Text] = Field(default_factory=list)
    environments: list[Text] = Field(default_factory=list)
    openRequests: Annotated[int, Field(ge=0, le=1000)] = 0  # noqa: N815 - as above


KINDS: Mapping[str, type[Closed]] = {
    "Platform": PlatformSpec,
    "Environment": EnvironmentSpec,
    "Rule": RuleSpec,
    "Waiver": WaiverSpec,
    "Request": RequestSpec,
}
"""The kinds of `roadcrew.dev/v1`. A new kind is one model and one line here."""


def platform_in(entities: Iterable[Entity]) -> Entity | None:
    """The Platform among them; of several the first."""
    return next((one for one in entities if one.kind == "Platform" and one.api_version == API_VERSION), None)


def platform_of(spec: Mapping[str, Any]) -> PlatformSpec:
    """A Platform's spec. Raises pydantic.ValidationError."""
    return PlatformSpec.model_validate(dict(spec))


def is_severity(entity: Entity) -> bool:
    """Whether it is a Rule that only says how much a built-in rule weighs."""
    is_ours = entity.kind == "Rule" and entity.api_version == API_VERSION
    return is_ours and not entity.spec.keys() & {"judges", "validations"}
