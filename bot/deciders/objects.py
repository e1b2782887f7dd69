"""Rendered objects as cases for rules: those that a change touches, or all of them. Judges nothing.

Part of `review`. Where a fault of an object is mended is found only when there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.yaml12 import load
from bot.deciders.changes import Side, failures
from bot.model.tree import Files, Memo
from bot.policy.requests import Case, Place, Shown, digest_of, object_request, object_words, plain
from bot.policy.rules.verdicts import Around
from bot.policy.verdict import Request
from bot.templating.deploy import Deploy, is_deployed, read_deploy
from bot.templating.environment import Environment, environments, facts_of
from bot.templating.essence import kind_of
from bot.templating.origin import origin
from bot.templating.render import RenderedComponent
from bot.templating.template import Template, remembered_template, templates


@dataclass(frozen=True)
class Beside:
    """What rules ask for besides the object: the pull request, and what it was rendered with."""

    pull: Mapping[str, Any] | None = field(default=None, repr=False)
    has_siblings: bool = False

    @cached_property
    def mark(self) -> str:
        return digest_of(self.pull)


@dataclass(frozen=True, slots=True)
class _Known:
    """An entity as its objects have it. `written`: None where there is none."""

    written: Mapping[str, Any] | None
    digest: str
    path: str
    name: str
    owner: str


@dataclass(frozen=True)
class Ground:
    """A platform tree as rules see it, in one environment."""

    files: Files
    catalog: Catalog
    environment: Environment
    around: Around
    memo: Memo = field(repr=False)
    beside: Beside = Beside()

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """The environment as expressions see it."""
        return facts_of(self.environment, environments(self.catalog))

    @cached_property
    def _known(self) -> dict[str, _Known]:
        return {}

    def known(self, ref: str) -> _Known:
        """What all objects of an entity have of it."""
        if ref not in self._known:
            entity = self.catalog.get(ref)
            written = plain(entity) if entity is not None else None
            path, name = (entity.path, entity.name) if entity is not None else ("", "")
            self._known[ref] = _Known(written, digest_of(written), path, name, self.around.owner_of(ref))
        return self._known[ref]

    @cached_property
    def _siblings(self) -> dict[str, list[Any]]:
        return {}

    @cached_property
    def _values(self) -> dict[bytes, Any]:
        return {}

    def siblings(self, component: RenderedComponent) -> list[Any]:
        """All objects of a component."""
        if component.digest not in self._siblings:
            self._values.clear()  # of the component before
            found = [self.value(data) for _, data in sorted(component.files.items())]
            self._siblings[component.digest] = found
        return self._siblings[component.digest]

    def value(self, data: bytes) -> Any:
        """What an object's YAML says; of the newest component it is read once."""
        if data not in self._values:
            if not self.beside.has_siblings:
                return load(data.decode())
            self._values[data] = load(data.decode())
        return self._values[data]

    @cached_property
    def digest(self) -> str:
        return digest_of(self.facts)

    @cached_property
    def _templates(self) -> Mapping[str, Entity]:
        return templates(self.catalog)

    def origin(self, ref: str, data: bytes, value: Mapping[str, Any], pointer: Pointer) -> Place | None:
        """Where a person would change `pointer` of an object of this entity; None without the entity."""
        entity = self.catalog.get(ref)
        if entity is None:
            return None
        if not is_deployed(entity):
            return (entity.path, *entity.where_key("spec"))
        stages = tuple(one.name for one in environments(self.catalog))
        deploy = read_deploy(entity, self.environment, self._templates, stages)
        if not isinstance(deploy, Deploy):
            return (entity.path, *entity.where_key("spec"))
        template = remembered_template(self.files, deploy.template, self.memo)
        known = template if isinstance(template, Template) else None
        path, place = origin(deploy, known, data.decode(), value, pointer)
        return (path, *place)


@dataclass(frozen=True)
class ObjectCase(Case):
    """An object of an environment. `data`: its canonical YAML."""

    ground: Ground | None = field(default=None, repr=False, compare=False)
    data: bytes = field(default=b"", repr=False)
    full: str = ""
    """Its path on the environment's branch."""

    def place(self, pointer: Pointer) -> Place:
        one = self.request
        value = one.object if one.object is not None else one.old_object
        found = self.ground.origin(self.ref, self.data, value, pointer) if self.ground else None
        return found or (self.path, 0, 0)


def touched_cases(
    before: Side, after: Side, old: Ground | None, new: Ground, whole: Side
) -> list[ObjectCase]:
    """Objects that differ between two renderings, and those whose entity or environment does.

    `whole`: where their Namespaces are looked for.
    """
    stuck = failures(before, after)
    was, now = before.rendering.components, after.rendering.components
    is_other = old is None or old.facts != new.facts
    spaces = _namespaces(whole)
    cases: list[ObjectCase] = []
    for folder in sorted(was.keys() | now.keys()):
        if folder not in now and was[folder].ref in stuck:
            continue
        shown = now.get(folder) or was[folder]
        mine = _entity(before, shown.ref), _entity(after, shown.ref)
        is_wide = is_other or (new.beside.has_siblings and _digest(was, folder) != _digest(now, folder))
        for path, data in _pairs(was.get(folder), now.get(folder)):
            if is_wide or mine[0] != mine[1] or data[0] != data[1]:
                ground = new if data[1] is not None or old is None else old
                cases.append(_case(ground, shown, path, data, spaces))
    return cases


def all_cases(side: Side, ground: Ground) -> list[ObjectCase]:
    """All objects of a rendering, as if nothing about them changed."""
    spaces = _namespaces(side)
    return [
        _case(ground, component, path, (data, data), spaces)
        for component in side.rendering.components.values()
        for path, data in sorted(component.files.items())
    ]


def as_before(case: ObjectCase, before: Side, ground: Ground) -> ObjectCase | None:
    """The same object as it was, as if nothing about it changed; None where it was not there."""
    folder, _, path = case.full.partition("/")
    component = before.rendering.components.get(folder)
    data = component.files.get(path) if component is not None else None
    if component is None or data is None:
        return None
    return _case(ground, component, path, (data, data), _namespaces(before))


def objects_of(side: Side) -> list[Any]:
    """All objects of a rendering."""
    return [
        load(data.decode())
        for component in side.rendering.components.values()
        for data in component.files.values()
    ]


def _digest(components: Mapping[str, RenderedComponent], folder: str) -> str:
    return components[folder].digest if folder in components else ""


def _entity(side: Side, ref: str) -> Entity | None:
    return side.catalog.get(ref)


def _pairs(
    old: RenderedComponent | None, new: RenderedComponent | None
) -> Iterator[tuple[str, tuple[bytes | None, bytes | None]]]:
    before, after = (one.files if one else {} for one in (old, new))
    for path in sorted(before.keys() | after.keys()):
        yield path, (before.get(path), after.get(path))


def _namespaces(side: Side) -> Mapping[str, tuple[bytes, Any]]:
    """Rendered Namespaces by name, with their bytes."""
    found: dict[str, tuple[bytes, Any]] = {}
    for component in side.rendering.components.values():
        for path, data in component.files.items():
            if kind_of(path) == "namespace":
                value = load(data.decode())
                found[_name(value, "name")] = (data, value)
    return found


def _name(value: Any, key: str) -> str:
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    return str(metadata.get(key) or "") if isinstance(metadata, Mapping) else ""


def _case(
    ground: Ground,
    component: RenderedComponent,
    path: str,
    data: tuple[bytes | None, bytes | None],
    spaces: Mapping[str, tuple[bytes, Any]],
) -> ObjectCase:
    """What is known of an object by its bytes is not read again: only who is asked for it reads it."""
    shown_data = data[1] if data[1] is not None else data[0] or b""
    mark = _mark(shown_data)
    names = ground.memo.get(("object-names", mark))
    values = _loaded(data, ground) if names is None else None
    if names is None:
        names = ground.memo["object-names", mark] = _names(*(values or (None, None)))
    label, name, inside = names
    space, namespace = spaces.get(inside, (b"", None))
    full, beside, known = f"{component.folder}/{path}", ground.beside, ground.known(component.ref)

    def asked() -> Request:
        return object_request(
            Shown(*(values or _loaded(data, ground))),
            path=full,
            environment=ground.facts,
            namespace=namespace,
            entity=known.written,
            pull=beside.pull,
            siblings=ground.siblings(component) if beside.has_siblings else None,
        )

    marks = [_mark(one) if one is not None else "" for one in (*data, space)]
    return ObjectCase(
        asked,
        digest_of("object", full, ground.digest, known.digest, marks),
        component.ref,
        path=known.path,
        object=label,
        environment=ground.environment.name,
        owner=known.owner,
        words=tuple(filter(None, (component.ref, component.folder, name, known.name, inside))),
        marks={"pull": beside.mark, "siblings": component.digest},
        ground=ground,
        data=shown_data,
        full=full,
    )


def _mark(data: bytes) -> str:
    return blake2b(data, digest_size=20).hexdigest()


def _names(before: Any, after: Any) -> tuple[str, str, str]:
    """`Deployment/checkout`, its name, and the namespace that it names."""
    label, name = object_words(Shown(before, after))
    return label, name, _name(after if after is not None else before, "namespace")


def _loaded(data: tuple[bytes | None, bytes | None], ground: Ground) -> tuple[Any, Any]:
    """Both sides' values; the same bytes are read once."""
    before, after = data
    value = ground.value(after) if after is not None else None
    if before == after:
        return value, value
    return ground.value(before) if before is not None else None, value
