"""The specs of Backstage's own kinds. Extra keys are allowed in all of them.

Source: the JSON schemas of @backstage/catalog-model 1.10.1 and plugin-scaffolder-common 2.3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field
from pydantic import Tag as Branch
from pydantic.alias_generators import to_camel

from bot.catalog.fields import Open, StringOrBool, Text
from bot.catalog.own import AgentSpec, RequestKindSpec

CLASSIC = ("backstage.io/v1alpha1", "backstage.io/v1beta1")
SCAFFOLDER = ("scaffolder.backstage.io/v1beta3",)


class Spec(Open):
    """Fields are named as in Python here and as in JavaScript in files."""

    model_config = ConfigDict(alias_generator=to_camel)


class Component(Spec):
    """A piece of software."""

    type: Text
    lifecycle: Text
    owner: Text
    system: Text = ""
    subcomponent_of: Text = ""
    provides_apis: list[Text] = Field(default_factory=list)
    consumes_apis: list[Text] = Field(default_factory=list)
    depends_on: list[Text] = Field(default_factory=list)


class ApiWithoutDefinition(Spec):
    """What all APIs have."""

    type: Text
    lifecycle: Text
    owner: Text
    system: Text = ""


class Api(ApiWithoutDefinition):
    """An interface with its definition."""

    definition: Text


class Remote(Spec):
    """Where an MCP server answers."""

    type: Text
    url: Text


class McpServer(ApiWithoutDefinition):
    """`type: mcp-server`: remotes instead of a definition."""

    remotes: Annotated[list[Remote], Field(min_length=1)]


class Resource(Spec):
    """What components need to run."""

    type: Text
    owner: Text
    depends_on: list[Text] = Field(default_factory=list)
    system: Text = ""


class System(Spec):
    """Components and resources that belong together."""

    owner: Text
    domain: Text = ""
    type: Text = ""


class Domain(Spec):
    """Systems that belong together."""

    owner: Text
    subdomain_of: Text = ""
    type: Text = ""


class Profile(Spec):
    """How a group or a user is shown."""

    display_name: Text = ""
    email: Text = ""
    picture: Text = ""


class Group(Spec):
    """A team."""

    type: Text
    profile: Profile = Profile()
    parent: Text = ""
    children: list[Text]
    members: list[Text] = Field(default_factory=list)


class User(Spec):
    """The schema requires memberOf; Backstage's own documentation does not. Its absence is a warning."""

    profile: Profile = Profile()
    member_of: list[Text] = Field(default_factory=list)
    agent: AgentSpec | None = None
    """Ours: what an account that is no person may ask for."""


class Location(Spec):
    """Where more entities are."""

    type: Text = ""
    target: Text = ""
    targets: list[Text] = Field(default_factory=list)
    presence: Literal["required", "optional"] = "required"


class AiResource(Spec):
    """Context for AI coding tools."""

    type: Text
    lifecycle: Text
    owner: Text
    system: Text = ""


class Skill(AiResource):
    """`type: skill`."""

    disciplines: list[Text] = Field(default_factory=list)
    categories: list[Text] = Field(default_factory=list)
    agents: list[Text] = Field(default_factory=list)
    depends_on: list[Text] = Field(default_factory=list)
    allowed_tools: Text = ""
    license: Text = ""
    compatibility: Annotated[str, Field(min_length=1, max_length=500)] = ""


class AiRule(AiResource):
    """`type: rule`."""

    disciplines: list[Text] = Field(default_factory=list)
    category: Text
    rationale: Text


class Plugin(AiResource):
    """`type: plugin`."""

    skills: list[Text]
    version: Text = ""


class Marketplace(AiResource):
    """`type: marketplace`."""

    plugins: list[Text]
    version: Text = ""


class Permissions(Open):
    """Tags by which Backstage's permission framework decides."""

    tags: list[str] = Field(default_factory=list)


class Page(Open):
    """A JSON schema of parameters; only what Backstage's own schema says of it."""

    permissions: Permissions = Field(default=Permissions(), alias="backstage:permissions")


class Step(Open):
    """One action of a template."""

    id: str = ""
    name: str = ""
    action: str
    input: dict[str, Any] = Field(default_factory=dict)
    condition: StringOrBool = Field(default=True, alias="if")
    permissions: Permissions = Field(default=Permissions(), alias="backstage:permissions")


class OutputLink(Spec):
    """A link that is shown when a template is done."""

    condition: StringOrBool = Field(default=True, alias="if")
    url: Text = ""
    entity_ref: Text = ""
    title: Text = ""
    icon: Text = ""


class OutputText(Open):
    """A text that is shown when a template is done."""

    condition: StringOrBool = Field(default=True, alias="if")
    title: Text = ""
    icon: Text = ""
    content: str = ""


class Output(Open):
    """Every other key is a string."""

    __pydantic_extra__: dict[str, str]

    links: list[OutputLink] = Field(default_factory=list)
    text: list[OutputText] = Field(default_factory=list)


class ButtonLabels(Spec):
    """Words on the form's buttons."""

    back_button_text: str = ""
    create_button_text: str = ""
    review_button_text: str = ""


class Presentation(Spec):
    """How the form looks."""

    button_labels: ButtonLabels = ButtonLabels()


class Recovery(Open):
    """What happens to a run that was cut off."""

    strategy: str = Field(default="", alias="EXPERIMENTAL_strategy")


class Secrets(Open):
    """The schema of a template's secrets."""

    # Not `schema`: pydantic has a method of that name.
    schema_: dict[str, Any] = Field(default_factory=dict, alias="schema")


class FormDecorator(Open):
    """Code of the portal that runs on the form."""

    id: str = ""
    input: dict[str, Any] = Field(default_factory=dict)


def _shape(value: object) -> str:
    return "|pages" if isinstance(value, list) else "|page"


Pages = Annotated[
    Annotated[Page, Branch("|page")] | Annotated[list[Page], Branch("|pages")], Discriminator(_shape)
]


class Template(Spec):
    """A golden path, `scaffolder.backstage.io/v1beta3`."""

    type: Text
    owner: Text = ""
    lifecycle: Text = ""
    parameters: Pages = Page()
    secrets: Secrets = Secrets()
    presentation: Presentation = Presentation()
    recovery: Recovery = Field(default=Recovery(), alias="EXPERIMENTAL_recovery")
    form_decorators: list[FormDecorator] = Field(default_factory=list)
    old_form_decorators: list[FormDecorator] = Field(
        default_factory=list, alias="EXPERIMENTAL_formDecorators"
    )
    steps: list[Step]
    output: Output = Output()


class RequestTemplate(Template):
    """`type: request`, and ours where it says how it is approved."""

    request: RequestKindSpec | None = None


KINDS: Mapping[str, tuple[tuple[str, ...], type[Open]]] = {
    "Component": (CLASSIC, Component),
    "API": (CLASSIC, Api),
    "Resource": (CLASSIC, Resource),
    "System": (CLASSIC, System),
    "Domain": (CLASSIC, Domain),
    "Group": (CLASSIC, Group),
    "User": (CLASSIC, User),
    "Location": (CLASSIC, Location),
    "AiResource": (CLASSIC[:1], AiResource),
    "Template": (SCAFFOLDER, Template),
}
"""Kind to the apiVersions that it has, and its spec."""

VARIANTS: Mapping[tuple[str, str], type[Open]] = {
    ("API", "mcp-server"): McpServer,
    ("API", "ai-model-server"): ApiWithoutDefinition,
    ("AiResource", "skill"): Skill,
    ("AiResource", "rule"): AiRule,
    ("AiResource", "plugin"): Plugin,
    ("AiResource", "marketplace"): Marketplace,
    ("Template", "request"): RequestTemplate,
}
"""Specs that depend on `spec.type`."""
