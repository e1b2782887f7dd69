"""Entity references: Backstage's grammar, and which field of which kind holds them with which default.

Source: @backstage/catalog-model 1.10.1, dist/entity/ref and dist/kinds (relationFields).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.catalog.entity import Entity, Pointer


class ReferenceBroken(ValueError):
    """Not a reference. `reason` is `form` for bad grammar, `kind` when a kind is needed and not given."""

    def __init__(self, reason: str, ref: str) -> None:
        super().__init__(f"{ref!r}: {reason}")
        self.reason = reason


def parse_ref(ref: str, default_kind: str | None = None, default_namespace: str = "default") -> str:
    """`[<kind>:][<namespace>/]<name>` to `kind:namespace/name`, lower case. Raises ReferenceBroken."""
    colon, slash = ref.find(":"), ref.find("/")
    if 0 <= slash < colon:
        colon = -1  # it belongs to the name
    kind = default_kind if colon < 0 else ref[:colon]
    namespace = default_namespace if slash < 0 else ref[colon + 1 : slash]
    name = ref[max(colon, slash) + 1 :]
    if kind == "" or not namespace or not name:
        raise ReferenceBroken("form", ref)
    if kind is None:
        raise ReferenceBroken("kind", ref)
    return f"{kind}:{namespace}/{name}".lower()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a spec that holds one reference or a list of them."""

    name: str
    default_kind: str | None
    allowed: tuple[str, ...] = ()
    """Kinds that it may point to, lower case; empty for any."""


_OWNER = Field("owner", "group", ("group", "user"))
_SYSTEM = Field("system", "system", ("system",))
_DEPENDS = (Field("dependsOn", None), Field("dependencyOf", None))

FIELDS: Mapping[str, tuple[Field, ...]] = {
    "component": (
        _OWNER,
        _SYSTEM,
        Field("subcomponentOf", "component", ("component",)),
        Field("providesApis", "api", ("api",)),
        Field("consumesApis", "api", ("api",)),
        *_DEPENDS,
    ),
    "api": (_OWNER, _SYSTEM),
    "resource": (_OWNER, _SYSTEM, *_DEPENDS),
    "system": (_OWNER, Field("domain", "domain", ("domain",))),
    "domain": (_OWNER, Field("subdomainOf", "domain", ("domain",))),
    "group": (
        Field("parent", "group", ("group",)),
        Field("children", "group", ("group",)),
        Field("members", "user", ("user",)),
    ),
    "user": (Field("memberOf", "group", ("group",)),),
    "template": (_OWNER,),
    "waiver": (_OWNER,),
    "request": (
        Field("service", "component", ("component", "resource", "system")),
        Field("subject", "user", ("user",)),
    ),
    "airesource": (
        _OWNER,
        _SYSTEM,
        Field("dependsOn", "airesource"),
        Field("skills", "airesource", ("airesource",)),
        Field("plugins", "airesource", ("airesource",)),
    ),
}
"""By kind, lower case."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A reference as it stands. `ref`: the full one; empty where `broken` says why there is none."""

    field: Field
    pointer: Pointer
    text: str
    ref: str = ""
    broken: str = ""


def mentions(entity: Entity) -> Iterator[Mention]:
    """All references of an entity that are strings; others are the schema's business.

    `Entity.mentions` keeps them: an entity that did not change is not read again.
    """
    for field in FIELDS.get(entity.kind.lower(), ()):
        value = entity.spec.get(field.name)
        if isinstance(value, str) and value:
            yield _mention(entity, field, ("spec", field.name), value)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, str) and item:
                    yield _mention(entity, field, ("spec", field.name, index), item)


def _mention(entity: Entity, field: Field, pointer: Pointer, text: str) -> Mention:
    try:
        return Mention(field, pointer, text, ref=parse_ref(text, field.default_kind, entity.namespace))
    except ReferenceBroken as broken:
        return Mention(field, pointer, text, broken=broken.reason)
