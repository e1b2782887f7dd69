"""What only shows when all entities are looked at together: duplicates, dangling references, circles.

Backstage ingests an owner that does not exist without a word; here it is a finding.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from bot.catalog import recognise
from bot.catalog.circles import circles
from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.fields import is_dns_label
from bot.catalog.layout import is_url, matches, resolved
from bot.catalog.near import NameIndex
from bot.catalog.reference import Mention
from bot.catalog.relations import Saying, is_linked
from bot.catalog.schema import clip, dotted
from bot.model.plan import Fact, Finding, Severity

MOST_PATTERNS = 50
"""Targets with a `*` that are compared with every path."""
_MOST_NEAR = 200
"""References for which similar names are looked for in one run."""
_SHOWN_IN_CIRCLE = 6
_CIRCLES = (
    ("reference-cycle", Severity.DENY, ("parent", "subcomponentOf", "subdomainOf"), ("children",)),
    # Backstage takes these, and some systems are so.
    ("dependency-cycle", Severity.WARN, ("dependsOn",), ("dependencyOf",)),
)
"""Rule, severity, the fields that point up, and those that point down."""


def finding_at(
    entity: Entity,
    rule: str,
    severity: Severity,
    pointer: Pointer,
    facts: Mapping[str, Fact] | None = None,
) -> Finding:
    """A finding about the value at `pointer`."""
    place = entity.where(*pointer)
    return Finding(rule, severity, entity.path, place.line, place.column, facts or {})


class Graph:
    """The entities and what they say of each other.

    `ghosts`: `kind/name` of documents that could not be read.
    """

    def __init__(self, catalog: Catalog, *, is_whole: bool, ghosts: Collection[str]) -> None:
        self._catalog = catalog
        self._severity = Severity.DENY if is_whole else Severity.WARN
        self._ghosts = ghosts
        self._near_asked = 0

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        table: dict[str, list[str]] = {}
        for entity in self._catalog.entities:
            table.setdefault(entity.name.lower(), []).append(entity.ref)
        return table

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex(self._by_name)

    def findings(self) -> Iterator[Finding]:
        """All of them, in no order."""
        yield from self._duplicates()
        for entity in self._catalog.entities:
            if is_linked(entity):
                for mention in entity.mentions:
                    if not self._is_fine(mention):
                        yield from self._mention(entity, mention)
        yield from self._circles()

    def _duplicates(self) -> Iterator[Finding]:
        for entity in self._catalog.entities:
            first = self._catalog.get(entity.ref)
            if first is None or first is entity:
                continue
            is_same_file = first.path == entity.path
            severity = Severity.DENY if is_same_file else self._severity
            place = f"line {first.where('metadata', 'name').line}" if is_same_file else first.path
            facts: dict[str, Fact] = {"ref": clip(entity.ref), "first": place}
            yield finding_at(entity, "entity-duplicate", severity, ("metadata", "name"), facts)

    def _is_fine(self, mention: Mention) -> bool:
        """Nearly all of them are: this is what ten thousand entities cost at every event."""
        allowed = mention.field.allowed
        is_there = self._catalog.get(mention.ref) is not None
        return is_there and (not allowed or mention.ref.partition(":")[0] in allowed)

    def _mention(self, entity: Entity, mention: Mention) -> Iterator[Finding]:
        field, ref = mention.field, mention.ref
        facts: dict[str, Fact] = {"field": dotted(mention.pointer), "found": clip(mention.text)}
        if mention.broken:
            rule = "reference-form" if mention.broken == "form" else "reference-kind"
            near = self._written(mention, entity, self._by_name.get(mention.text.lower(), []))
            yield finding_at(entity, rule, Severity.DENY, mention.pointer, {**facts, "near": near})
            return
        kind = ref.partition(":")[0]
        if field.allowed and kind not in field.allowed:
            facts |= {"kind": clip(kind), "expected": tuple(field.allowed)}
            rule = "reference-owner" if field.name == "owner" else "reference-target"
            yield finding_at(entity, rule, self._severity, mention.pointer, facts)
        elif self._is_unknown(ref) and not _is_misled(entity, mention):
            facts |= {"ref": clip(ref), "near": self._near(mention, entity, ref)}
            if self._severity is not Severity.DENY:
                facts["case"] = "elsewhere"
            yield finding_at(entity, "reference-unknown", self._severity, mention.pointer, facts)

    def _is_unknown(self, ref: str) -> bool:
        ghost = f"{ref.partition(':')[0]}/{ref.rpartition('/')[2]}"
        return self._catalog.get(ref) is None and ghost not in self._ghosts

    def _near(self, mention: Mention, entity: Entity, ref: str) -> tuple[str, ...]:
        self._near_asked += 1
        if self._near_asked > _MOST_NEAR:
            return ()
        name = ref.rpartition("/")[2]
        same = self._written(mention, entity, self._by_name.get(name, []))
        if same:
            return same
        similar = self._names.near(name, limit=6)
        return self._written(mention, entity, [ref for one in similar for ref in self._by_name[one]])

    def _written(self, mention: Mention, entity: Entity, refs: Iterable[str]) -> tuple[str, ...]:
        """References as one would write them in this field; the field's own kinds only, where it has any."""
        field = mention.field
        wanted = field.allowed or ((field.default_kind,) if field.default_kind else ())
        fitting = (ref for ref in refs if not wanted or ref.partition(":")[0] in wanted)
        said: dict[str, None] = {}  # two entities may claim one name
        for ref in sorted(fitting, key=lambda one: not one.startswith(f"{field.default_kind}:")):
            kind, _, rest = ref.partition(":")
            namespace, _, name = rest.rpartition("/")
            short = name if namespace == entity.namespace.lower() else rest
            said.setdefault(short if kind == field.default_kind else f"{kind}:{short}")
        return tuple(said)[:2]

    def _circles(self) -> Iterator[Finding]:
        for rule, severity, up, down in _CIRCLES:
            said: dict[tuple[str, str], Saying] = {}
            for one in self._catalog.relations.sayings:
                field, ends = one.pointer[1], (one.entity.ref, one.target)
                if field in (*up, *down) and self._catalog.get(one.target) is not None:
                    said.setdefault(ends if field in up else ends[::-1], one)
            arrows: dict[str, list[str]] = {}
            for here, there in said:
                arrows.setdefault(here, []).append(there)
            for circle in circles(arrows):
                first = said[circle[0], circle[1 % len(circle)]]
                facts: dict[str, Fact] = {"field": dotted(first.pointer), "chain": _chain(circle)}
                yield finding_at(first.entity, rule, severity, first.pointer, facts)


def _is_misled(entity: Entity, mention: Mention) -> bool:
    """Whether it points into the entity's own namespace, which is no valid one: that is said already."""
    return "/" not in mention.text and not is_dns_label(entity.namespace)


def _chain(circle: Sequence[str]) -> tuple[str, ...]:
    """All the way around, back to the first; the middle of a long way is left out."""
    shown = [clip(ref) for ref in (*circle[:_SHOWN_IN_CIRCLE], circle[0])]
    return (*shown[:-1], "\u2026", shown[-1]) if len(circle) > _SHOWN_IN_CIRCLE else tuple(shown)


def location_targets(entity: Entity) -> Iterator[tuple[Pointer, str, str | None]]:
    """The targets of a Location that are no URLs: where they stand, as written, and as paths of the repo.

    None is outside of the repo, "" its root. A path that begins with a slash starts at the repo's root.
    Source: @backstage/integration, defaultScmResolveUrl.
    """
    if entity.kind != "Location" or not recognise.is_backstage(entity.api_version):
        return
    spec = entity.spec
    listed = spec.get("targets")
    given: list[tuple[Pointer, object]] = [(("spec", "target"), spec.get("target"))]
    given += (
        [(("spec", "targets", at), one) for at, one in enumerate(listed)] if isinstance(listed, list) else []
    )
    is_machine = spec.get("type") == "file"
    for pointer, target in given:
        if not isinstance(target, str) or not target or is_url(target):
            continue
        if target.startswith("/"):
            yield pointer, target, None if is_machine else resolved("", target.lstrip("/"))
        else:
            yield pointer, target, resolved(posixpath.dirname(entity.path), target)


def missing_targets(entity: Entity, paths: Collection[str], *, is_root: bool) -> Iterator[Finding]:
    """Targets of a Location that are not in the repo. `is_root`: `paths` are the whole repo's."""
    patterns = 0
    for pointer, written, target in location_targets(entity):
        facts: dict[str, Fact] = {"target": clip(target or written)}
        if target is None or (written.startswith("/") and not is_root):
            severity = Severity.WARN if is_root else Severity.INFO
            facts |= {"target": clip(written), "case": "outside" if is_root else "above"}
            yield finding_at(entity, "location-target", severity, pointer, facts)
            continue
        if not target or entity.spec.get("presence") == "optional":
            continue
        if "*" in target:
            patterns += 1
            is_there = patterns > MOST_PATTERNS or any(matches(path, target) for path in paths)
        else:
            is_there = target in paths
        if not is_there:
            yield finding_at(entity, "location-target", Severity.WARN, pointer, facts)
