"""Answers of `roadcrew catalog` in words for a terminal. Finds nothing out by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.catalog.entity import Catalog, Entity
from bot.catalog.relations_owner import Contact, Ownership
from bot.catalog.relations_tree import Reason, Step
from bot.catalog.search import Hit, NotOne
from bot.model.plan import Finding
from bot.report.markdown import count
from bot.report.sentences.words import clean

_ABSENT = "(not in the catalog)"
_WORDS: Mapping[str, str] = {
    "ownedBy": "owned by",
    "ownerOf": "owner of",
    "partOf": "part of",
    "hasPart": "has part",
    "dependsOn": "depends on",
    "dependencyOf": "dependency of",
    "providesApi": "provides API",
    "apiProvidedBy": "provided by",
    "consumesApi": "consumes API",
    "apiConsumedBy": "consumed by",
    "childOf": "child of",
    "parentOf": "parent of",
    "memberOf": "member of",
    "hasMember": "has member",
    "rendersWith": "rendered by",
    "renders": "renders",
}
_HELD = (
    ("ownerOf", "owns", "entity", "entities"),
    ("hasPart", "has", "part", "parts"),
    ("hasMember", "has", "member", "members"),
    ("parentOf", "has", "group below it", "groups below it"),
)


def place(entity: Entity) -> str:
    """`path:line` of the entity's name."""
    return f"{clean(entity.path)}:{entity.where('metadata', 'name').line}"


def unread_text(findings: Sequence[Finding]) -> str:
    """A note on files that cannot be read, so that nobody takes an answer for the whole truth; else empty."""
    paths = sorted({one.path for one in findings if one.rule.startswith(("yaml-", "path-"))})
    if not paths:
        return ""
    said = f"{count(len(paths), 'file')} cannot be read, such as {clean(paths[0])}"
    return f"Note: {said}; what stands there is missing here. `roadcrew check` says why."


def not_one_text(found: NotOne) -> str:
    """Why a name leads to no single entity, and what to type instead."""
    text = clean(found.text) or " "
    if found.candidates:
        shown = "\n".join(f"    {clean(ref)}" for ref in found.candidates)
        return (
            f"{count(len(found.candidates), 'entity', 'entities')} have the name {text}. Say which:\n{shown}"
        )
    near = [clean(ref) for ref in found.near]
    meant = f" Did you mean {_joined(near, 'or')}?" if near else ""
    return f"There is no {text} in this catalog.{meant}"


def _joined(said: Sequence[str], word: str) -> str:
    return f" {word} ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


def owner_text(catalog: Catalog, entity: Entity, found: Ownership) -> str:
    """Who owns it, who they are, how to reach them."""
    return "\n".join([*_owner(catalog, entity, found), *_members(catalog, found), *_contacts(entity, found)])


def _owner(catalog: Catalog, entity: Entity, found: Ownership) -> Iterator[str]:
    if not found.owner:
        above = entity.kind.lower() in ("component", "api", "resource", "system", "domain")
        more = ", nor one of what it is part of" if above else ""
        yield f"{clean(entity.ref)} names no owner{more}: {place(entity)}"
        return
    holder = catalog.get(found.owner)
    title = _title(holder) if holder is not None else ""
    named = f"{clean(found.owner)}{f'  {title}' if title else ''}{'' if holder else f'  {_ABSENT}'}"
    if found.owner == entity.ref:
        yield f"{named}\n    {place(entity)}"
        return
    yield f"{clean(entity.ref)} is owned by {named}"
    if found.via:
        yield f"    as part of {', '.join(clean(ref) for ref in found.via)}; it names no owner itself"
    if found.said_by is not None:
        yield f"    {clean(found.said_by.path)}:{found.said_by.where(*found.pointer).line}"


def _members(catalog: Catalog, found: Ownership) -> Iterator[str]:
    if not found.owner.startswith("group:"):
        return
    yield "\nMembers"
    if not found.members:
        yield "    none"
    rows = []
    for member in found.members:
        person = catalog.get(member.ref)
        notes = [_display_name(person) if person is not None else _ABSENT]
        notes += ["lead"] if member.is_lead else []
        notes += [f"in {clean(member.group)}"] if member.group != found.owner else []
        rows.append((clean(member.ref), ", ".join(filter(None, notes))))
    yield from _columns(rows)


def _contacts(entity: Entity, found: Ownership) -> Iterator[str]:
    if not found.contacts:
        return
    yield "\nContact"
    yield from _columns([(one.way, clean(one.value), _contact_note(entity, one)) for one in found.contacts])


def _contact_note(entity: Entity, contact: Contact) -> str:
    own = f"of {clean(contact.said_by)}" if contact.said_by == entity.ref else ""
    return ", ".join(filter(None, [clean(contact.label), own]))


def tree_text(catalog: Catalog, entity: Entity, steps: Sequence[Step], *, up: bool) -> str:
    """The tree of those who depend on it (`up`), or of what it depends on."""
    what = "dependents" if up else "dependencies"
    if not steps:
        return _no_tree(catalog, entity, up=up)
    lines = [f"{clean(entity.ref)}  {place(entity)}"]
    lines += (f"{'    ' * step.depth}{_step(catalog, step, up=up)}" for step in steps)
    number = len({step.ref for step in steps if step.ref != entity.ref})
    direct = len({step.ref for step in steps if step.depth == 1})
    word = count(number, what.removesuffix("s") if up else "dependency", what)
    return "\n".join([*lines, "", f"{word}, {direct} direct."])


def _step(catalog: Catalog, step: Step, *, up: bool) -> str:
    said = ", ".join(filter(None, (_reason(reason, up=up) for reason in step.reasons)))
    notes = [said] if said else []
    notes += ["(a circle: see above)"] if step.is_circle else []
    notes += ["(what follows is shown elsewhere)"] if step.is_again else []
    notes += [_ABSENT] if catalog.get(step.ref) is None else []
    return "  ".join([clean(step.ref), *notes])


def _reason(reason: Reason, *, up: bool) -> str:
    through = clean(reason.through)
    match reason.relation:
        case "consumesApi" if up:
            return f"consumes its {through}" if through else "consumes it"
        case "consumesApi":
            return f"provides {through}, which it consumes" if through else "it consumes this"
        case "dependsOn" if through:
            return f"depends on its {through}" if up else f"provides {through}"
        case "rendersWith":
            return "is rendered by it" if up else "renders it"
        case "apiProvidedBy":
            return "provides it"
    return ""


def _no_tree(catalog: Catalog, entity: Entity, *, up: bool) -> str:
    ref = clean(entity.ref)
    if not up:
        return f"{ref} depends on nothing in this catalog."
    related = catalog.relations.of(entity.ref)
    held = [
        f"{verb} {count(len(related[name]), noun, plural)}"
        for name, verb, noun, plural in _HELD
        if name in related
    ]
    more = f" It {_joined(held, 'and')}: see `roadcrew catalog show {ref}`." if held else ""
    return f"Nothing depends on {ref}.{more}"


def show_text(catalog: Catalog, entity: Entity, found: Ownership) -> str:
    """Everything worth knowing of one entity."""
    title = _title(entity)
    blocks = [
        "\n".join(filter(None, [clean(entity.ref), f"    {place(entity)}", f"    {title}" if title else ""]))
    ]
    facts = [("owner", _owner_note(found)), *_facts(entity)]
    blocks.append("\n".join(_columns([fact for fact in facts if fact[1]])))
    related = catalog.relations.of(entity.ref)
    rows = [
        (_WORDS[name] if at == 0 else "", clean(ref) if catalog.get(ref) else f"{clean(ref)}  {_ABSENT}")
        for name, refs in related.items()
        for at, ref in enumerate(refs)
    ]
    if rows:
        blocks.append("\n".join(["Relations", *_columns(rows)]))
    links = [(clean(url), clean(name)) for name, url in entity_links(entity)]
    if links:
        blocks.append("\n".join(["Links", *_columns(links)]))
    return "\n\n".join(filter(None, blocks))


def _owner_note(found: Ownership) -> str:
    if not found.owner.startswith(("group:", "user:")) or found.said_by is None:
        return ""
    via = f", as part of {clean(found.via[-1])}" if found.via else ""
    return f"{clean(found.owner)}{via}"


def _facts(entity: Entity) -> list[tuple[str, ...]]:
    spec, metadata = entity.spec, entity.metadata
    tags = metadata.get("tags")
    facts: list[tuple[str, object]] = [("kind", entity.kind)]
    facts += [(key, spec.get(key)) for key in ("type", "lifecycle", "system", "domain", "version")]
    facts.append(("tags", ", ".join(map(str, tags)) if isinstance(tags, list) else None))
    return [(name, clean(value)) for name, value in facts if isinstance(value, str) and value]


def entity_links(entity: Entity) -> list[tuple[str, str]]:
    """Title and address of the links of an entity."""
    links = entity.metadata.get("links")
    given = [one for one in links if isinstance(one, Mapping)] if isinstance(links, list) else []
    return [
        (str(one.get("title") or one.get("type") or ""), str(one["url"])) for one in given if one.get("url")
    ]


def search_text(hits: Sequence[Hit], words: Sequence[str], limit: int) -> str:
    """The best hits, one a line; says how many there are in all."""
    shown = hits[:limit]
    rows = [(clean(hit.entity.ref), _title(hit.entity) or _description(hit.entity)) for hit in shown]
    lines = [line.removeprefix("    ") for line in _columns(rows)]
    if not hits:
        return f"Nothing in this catalog has {clean(' '.join(words)) or 'no words'}."
    if len(hits) > limit:
        lines += ["", f"{limit:,} of {len(hits):,}; --limit shows more."]
    return "\n".join(lines)


def _title(entity: Entity) -> str:
    title = entity.metadata.get("title")
    return ": ".join(filter(None, [clean(title) if isinstance(title, str) else "", _description(entity)]))


def _description(entity: Entity) -> str:
    text = entity.metadata.get("description")
    return clean(text) if isinstance(text, str) else ""


def _display_name(entity: Entity) -> str:
    profile = entity.spec.get("profile")
    name = profile.get("displayName") if isinstance(profile, Mapping) else None
    title = name or entity.metadata.get("title")
    return clean(title) if isinstance(title, str) else ""


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Indented rows whose columns stand below one another; the last one is as long as it is."""
    wide = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, wide, strict=True))
        yield f"    {'  '.join(cells)}".rstrip()
