"""/access, /request and /waive: the file is written on a branch of its own, and a pull request opened for it.

It is judged first, as the pull request will be. Nothing is granted here: that takes another pair of eyes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.catalog.accounts import user_of
from bot.catalog.check import layout_of
from bot.catalog.entity import Entity
from bot.catalog.near import NameIndex
from bot.catalog.relations_owner import ownership
from bot.catalog.search import NotOne, find
from bot.commands.duration import duration
from bot.commands.quoted import nameless
from bot.commands.roles import Matter, may
from bot.deciders.commands.asked import Answer, Asked, done, not_done
from bot.deciders.commands.one_glass import taken
from bot.deciders.commands.refusals import names_of
from bot.deciders.commands.requested import owners_of
from bot.deciders.decider import labelled
from bot.deciders.requested import agent_findings
from bot.deciders.review import compare
from bot.leases.kind import RequestKind, request_kinds
from bot.leases.ledger import GLASS_KEY, all_entries
from bot.leases.parameters import Misread, needed_of, read_parameters
from bot.leases.request import request_path
from bot.leases.shown import defaults_of, shown_parameters
from bot.leases.written import BRANCH, Wish, request_bytes, request_name
from bot.model.acts import Record
from bot.model.plan import Effect, Finding, Severity
from bot.model.proposal import EnsureBranch, EnsurePull
from bot.policy.rules.load import load_rules
from bot.policy.waiver_files import Draft, waiver_document, waiver_name, waiver_path, waiver_text
from bot.report.requests import request_pull, waiver_pull

ACCESS = "access"
"""The kind that /access asks for."""
_SERVICES = ("component", "resource", "system")
_DAYS = 30
"""How long a waiver holds that says nothing of it."""
_TAIL = 6


@dataclass(frozen=True)
class _File:
    """What is to be merged, and the words of its pull request."""

    name: str
    path: str
    data: bytes = field(repr=False)
    title: str
    body: str = field(repr=False)
    entry: Mapping[str, str | int | bool | tuple[str, ...]]


def access(asked: Asked) -> Answer:
    """Asks for access to a service; the role is the kind's parameter of that name."""
    role = asked.text("role")
    return _request(asked, ACCESS, [f"role={role}"] if role else [])


def request(asked: Asked) -> Answer:
    """Asks for anything that there is a kind of."""
    return _request(asked, asked.text("kind"), asked.words("parameters"))


def _request(asked: Asked, name: str, words: Iterable[str]) -> Answer:
    kinds = request_kinds(asked.tip_tree, asked.catalog, asked.snapshot.memo)
    kind = kinds.get(name)
    if kind is None:
        return not_done("no-kind", kind=name, near=NameIndex(kinds).near(name), known=tuple(kinds))
    service = _entity(asked, asked.text("service"), _SERVICES)
    if isinstance(service, Answer):
        return service
    parameters = read_parameters(words, kind)
    if isinstance(parameters, Misread):
        needed = tuple(f"{one}=\u2026" for one in needed_of(kind))
        word = nameless(parameters.word)
        return not_done(f"word-{parameters.case}", word=word, near=parameters.near, needed=needed)
    subject = _subject(asked)
    if isinstance(subject, Answer):
        return subject
    wish = Wish(
        kind=kind.name,
        service=_short(service),
        environment=asked.text("environment"),
        reason=asked.text("reason"),
        subject=subject,
        requested_by=asked.asker.login,
        on_behalf_of=asked.asker.acts_for if asked.asker.is_agent else "",
        duration=asked.text("for").strip(),
        is_break_glass=asked.has("break-glass"),
        parameters=parameters,
    )
    return _refused(asked, kind, wish, service) or _asked_for(asked, kind, wish)


def _refused(asked: Asked, kind: RequestKind, wish: Wish, service: Entity) -> Answer | None:
    """What the check of the file would say less plainly, or not at all."""
    if asked.has("for") and duration(wish.duration) is None:
        return not_done("no-duration", duration=wish.duration)
    if not wish.is_break_glass or kind.break_glass is None:
        return None
    matter = Matter(owners=owners_of([service.ref], asked.catalog))
    if asked.asker.is_agent or not may(asked.asker, kind.break_glass.roles, matter, asked.settings):
        who = names_of(kind.break_glass.roles, [matter], asked.settings, asked.catalog)
        return not_done("no-glass", kind=kind.name, who=who)
    if wish.subject != asked.asker.user:
        return not_done("glass-other", kind=kind.name)
    return taken(asked, service, lambda text: _entity(asked, text, _SERVICES))


def _asked_for(asked: Asked, kind: RequestKind, wish: Wish) -> Answer:
    name = request_name(wish, f"{asked.repo}/{asked.name}")
    path = request_path(layout_of(asked.catalog).catalog[0], name)
    title, body = request_pull(name, kind.title, wish, asked.number)
    shown = shown_parameters(wish.parameters, kind, defaults_of(kind, wish.environment, asked.catalog))
    entry: dict[str, str | int | bool | tuple[str, ...]] = {
        "event": "requested",
        "who": asked.asker.login,
        "kind": wish.kind,
        "request": name,
        "service": wish.service,
        "environment": wish.environment,
        "subject": wish.subject,
        "parameters": shown,
        "onBehalfOf": wish.on_behalf_of,
        "reason": wish.reason,
        "thread": asked.number,
        GLASS_KEY: wish.is_break_glass,
    }
    file = _File(name, path, request_bytes(name, wish), title, body, entry)
    opened = _opened(asked, file, f"request/{name}/requested")
    is_loud = wish.is_break_glass and opened.is_done
    return replace(opened, case="asked-glass") if is_loud else opened


def waive(asked: Asked) -> Answer:
    """Asks that an entity need not keep a rule for a while. Who owns the entity is to end it."""
    target = asked.text("entity")
    entity = _entity(asked, target, ())
    if isinstance(entity, Answer):
        return entity
    given = asked.text("for")
    lasts = duration(given) if given else None
    if given and (lasts is None or lasts < timedelta(days=1)):
        return not_done("no-days", duration=given)
    rule = asked.text("rule")
    draft = Draft(
        rules=(rule,),
        reason=asked.text("reason"),
        owner=ownership(asked.catalog, entity).owner or asked.asker.user,
        expires=asked.at.date() + timedelta(days=lasts.days if lasts is not None else _usual(rule, asked)),
        targets=(entity.ref,),
        requested_by=asked.asker.login,
    )
    if not draft.owner:
        return not_done("no-owner", name=entity.ref)
    name = waiver_name(draft, request_name(Wish("", "", "", ""), f"{asked.repo}/{asked.name}")[-_TAIL:])
    path = waiver_path(layout_of(asked.catalog).catalog[0], name)
    title, body = waiver_pull(name, draft, asked.asker.login, asked.number)
    entry: dict[str, str | int | bool | tuple[str, ...]] = {
        "event": "waived",
        "who": asked.asker.login,
        "request": name,
        "service": entity.ref,
        "reason": draft.reason,
        "until": draft.expires.isoformat(),
    }
    data = waiver_text(waiver_document(name, draft)).encode()
    return _opened(asked, _File(name, path, data, title, body, entry), f"waiver/{name}/asked")


def _usual(rule: str, asked: Asked) -> int:
    """Days."""
    rules = load_rules(asked.tip_tree, asked.catalog, layout_of(asked.catalog), asked.snapshot.memo)
    ruling = rules.get(rule)
    return min(_DAYS, ruling.max_waiver_days) if ruling is not None else _DAYS


def _opened(asked: Asked, file: _File, record: str) -> Answer:
    """A branch with one file, and its pull request.

    Once they are recorded, by this very comment before a restart, they are told of and left alone: people may
    have closed or merged it by now.
    """
    branch, repo = f"{BRANCH}{file.name}", asked.repo
    base, stamp = asked.snapshot.default_branch, _stamp(file.name)
    pull = EnsurePull(repo, branch, base, file.title, file.body, stamp)
    if record in _recorded(asked) or asked.tip_tree.entry(file.path) is not None:
        return done("asked", replace(pull, only_find=True), name=file.name, path=file.path)
    denied = _denied(asked, file)
    if denied:
        return not_done("denied", *denied)
    trailers = labelled(
        {
            "Request": file.name,
            "Requested-By": asked.asker.login,
            "Parameters": _shown(file),
            "Reason": " ".join(asked.text("reason").split()),
            "Delivery": asked.event.delivery,
        }
    )
    effects: list[Effect] = [
        EnsureBranch(
            repo,
            branch,
            {file.path: file.data},
            file.title,
            asked.at,
            asked.snapshot.tip,
            trailers,
            is_exact=True,
        ),
        pull,
        Record(repo, record, asked.at, {key: value for key, value in file.entry.items() if value}),
    ]
    return done("asked", *effects, name=file.name, path=file.path)


def _shown(file: _File) -> str:
    said = file.entry.get("parameters", ())
    return ", ".join(said) if isinstance(said, tuple) else ""


def _stamp(name: str) -> str:
    return f"<!-- roadcrew:request {name} -->"


def _recorded(asked: Asked) -> frozenset[str]:
    leases = asked.snapshot.leases
    if leases is None or leases.ledger.tree is None:
        return frozenset()
    return frozenset(one.name for one in all_entries(leases.ledger.tree, asked.snapshot.memo))


def _denied(asked: Asked, file: _File) -> list[Finding]:
    """What the check of the pull request would say against it."""
    base = asked.tip_tree
    merged = base.with_files({file.path: file.data})
    snapshot = replace(asked.snapshot, pull=None, merged=merged, base=base)
    found = [*compare(base, merged, snapshot).findings, *agent_findings(file.path, asked.asker, snapshot)]
    denied = [one for one in found if one.severity is Severity.DENY]
    return [one for at, one in enumerate(denied) if one not in denied[:at]]


def _entity(asked: Asked, text: str, kinds: tuple[str, ...]) -> Entity | Answer:
    """A component, where that name is one's; else what else has it."""
    known = (one for one in asked.catalog.entities if not kinds or one.kind.lower() in kinds)
    only = {one.ref for one in known}
    component = None if ":" in text else find(asked.catalog, f"component:{text}", only=only)
    if isinstance(component, Entity):
        return component
    found = find(asked.catalog, text, only=only)
    if isinstance(found, Entity):
        return found
    if found.candidates:
        return not_done("entity-many", name=text, candidates=found.candidates[:_TAIL])
    return not_done("no-entity", name=text, near=found.near)


def _subject(asked: Asked) -> str | Answer:
    """Whom it is for, as it is written; empty where the asker is not in the catalog."""
    said = asked.text("subject").removeprefix("@")
    if not said:
        return "" if asked.asker.is_agent else asked.asker.user
    user = user_of(said, asked.catalog)
    if user is not None:
        return user.ref
    users = {one.ref for one in asked.catalog.of_kind("User")}
    found = find(asked.catalog, said, only=users)
    if isinstance(found, NotOne):
        return not_done("no-user", name=said, near=found.near)
    return found.ref


def _short(entity: Entity) -> str:
    """As people write it."""
    home = "" if entity.namespace == "default" else f"{entity.namespace}/"
    kind = "" if entity.kind.lower() == "component" else f"{entity.kind.lower()}:"
    return f"{kind}{home}{entity.name}"


def service_matter(asked: Asked) -> tuple[Matter, ...]:
    """The service or entity that is named, whatever pull request it is said in."""
    name = asked.text("service") or asked.text("entity")
    found = _entity(asked, name, ())
    owners = owners_of([found.ref], asked.catalog) if isinstance(found, Entity) else frozenset()
    return (Matter(owners=owners),)


REQUESTS: Mapping[str, Callable[[Asked], Answer]] = {
    "access": access,
    "request": request,
    "waive": waive,
}
