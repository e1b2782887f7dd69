"""The specs of our own kinds, `roadcrew.dev/v1`. Unlike Backstage's they are closed to unknown fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from bot.catalog.fields import Closed, Text, formatted, is_dns_label, is_dns_subdomain

API_VERSION = "roadcrew.dev/v1"

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


_PLACEHOLDER = re.compile(r"\{(?:component|system|team|environment)\}")


def is_namespace_pattern(text: str) -> bool:
    """Whether short names put in for its placeholders make a Kubernetes namespace; case does not matter."""
    return is_dns_label(_PLACEHOLDER.sub("x", text).lower())


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


class LimitsSpec(Closed):
    """The most that one component may ask for in an environment, in all its replicas together."""

    cpu: Quantity = None
    memory: Quantity = None
    storage: Quantity = None
    replicas: Count = None


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


class RuleSpec(Closed):
    """How much a built-in rule weighs; the entity's name is the rule's id."""

    severity: Literal["deny", "warn", "info", "off"]
    description: str = ""


KINDS: Mapping[str, type[Closed]] = {
    "Platform": PlatformSpec,
    "Environment": EnvironmentSpec,
    "Rule": RuleSpec,
}
"""The kinds of `roadcrew.dev/v1`. A new kind is one model and one line here."""


def platform_of(spec: Mapping[str, Any]) -> PlatformSpec:
    """A Platform's spec. Raises pydantic.ValidationError."""
    return PlatformSpec.model_validate(dict(spec))
