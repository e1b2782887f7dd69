"""Questions: /help, /explain, /owner, /dependents. They read, and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from bot.catalog.check import layout_of
from bot.catalog.entity import Catalog, Entity
from bot.catalog.near import NameIndex
from bot.catalog.relations_owner import ownership
from bot.catalog.relations_tree import dependents as dependents_of
from bot.catalog.search import NotOne, find
from bot.commands.roles import may
from bot.commands.table import COMMANDS, Command, Where, find_command
from bot.deciders.commands.asked import Answer, Asked, done, not_done
from bot.deciders.commands.matters import usual_matters
from bot.deciders.commands.refusals import names_of
from bot.deciders.commands.requested import change_of
from bot.deciders.review import plan_review
from bot.model.plan import Finding
from bot.model.rules import BUILT_IN
from bot.policy.rules.load import load_rules
from bot.policy.rules.ruleset import RuleSet
from bot.policy.waivers import waivers
from bot.report.catalog import owner_text, tree_text
from bot.report.rulesets import Explained, built_in_text, explain_text
from bot.report.sentences import RULES

_ENTITIES = 10
"""Of a pull request, as many are told of."""


def help_(asked: Asked) -> Answer:
    """The commands that the asker may use here; or one, with who may use it."""
    name = asked.text("command").removeprefix("/").lower()
    if not name:
        usable = [one for one in COMMANDS if _is_usable(one, asked)]
        return done(
            "all", usages=tuple(one.usage for one in usable), says=tuple(one.summary for one in usable)
        )
    command = find_command(name)
    if command is None:
        near = NameIndex(one.name for one in COMMANDS).near(name)
        return not_done("unknown-command", name=name, near=near)
    roles = asked.settings.allowed(command)
    return done(
        "one",
        command=command.name,
        usage=command.usage,
        says=command.summary,
        examples=command.examples,
        words=tuple(f"{one.name.upper()}: {one.help}" for one in command.arguments)
        + tuple(f"--{one.name}: {one.help}" for one in command.flags),
        who=names_of(roles, usual_matters(asked), asked.settings, asked.catalog),
    )


def _is_usable(command: Command, asked: Asked) -> bool:
    if asked.pull is None and command.where is not Where.ANYWHERE:
        return False
    if command.where is Where.OPEN_PULL and asked.pull is not None and not asked.pull.is_open:
        return False
    if asked.asker.is_agent and not command.for_agents:
        return False
    roles = asked.settings.allowed(command)
    return all(may(asked.asker, roles, one, asked.settings) for one in usual_matters(asked))


def explain(asked: Asked) -> Answer:
    """A rule by its name, or what is wrong at a place of this pull request: `path` or `path:line`."""
    name = asked.text("rule").strip()
    rules = load_rules(asked.tip_tree, asked.catalog, layout_of(asked.catalog), asked.snapshot.memo)
    ruling = rules.get(name)
    if ruling is not None:
        covering = [
            one
            for one in waivers(asked.catalog)
            if any(fnmatchcase(name, each) or fnmatchcase(ruling.name, each) for each in one.rules)
        ]
        return done("text", text=explain_text(Explained(name, ruling, asked.snapshot.now.date(), covering)))
    if name in BUILT_IN and name in RULES:
        severity = str(rules.overrides.get(name, {}).get("severity") or "")
        return done("text", text=built_in_text(name, severity))
    found = _findings_at(name, asked)
    if found:
        return Answer(True, "findings", {"place": name}, findings=found)
    return not_done("no-rule", name=name, near=_near_rules(name, rules))


def _near_rules(name: str, rules: RuleSet) -> tuple[str, ...]:
    return NameIndex([*(one.name for one in rules.rulings), *BUILT_IN]).near(name)


def _findings_at(place: str, asked: Asked) -> tuple[Finding, ...]:
    """What the check says of a file or line, on the merge result as it is now."""
    if asked.pull is None or not asked.pull.is_open or ("/" not in place and "." not in place):
        return ()
    found = plan_review(asked.event, asked.snapshot).findings
    return tuple(one for one in found if place in (one.path, f"{one.path}:{one.line}"))


def owner(asked: Asked) -> Answer:
    """Who owns an entity, or those that the pull request touches."""

    def tell(catalog: Catalog, entity: Entity) -> str:
        return owner_text(catalog, entity, ownership(catalog, entity))

    return _of_entities(asked, tell)


def dependents(asked: Asked) -> Answer:
    """What depends on an entity, or on those that the pull request touches."""

    def tell(catalog: Catalog, entity: Entity) -> str:
        return tree_text(catalog, entity, dependents_of(catalog.relations, entity.ref), up=True)

    return _of_entities(asked, tell)


def _of_entities(asked: Asked, tell: Callable[[Catalog, Entity], str]) -> Answer:
    name = asked.text("entity").strip()
    change = change_of(asked.snapshot)
    if name:
        # What the pull request brings is known only there.
        catalogs = [asked.catalog, *([change.after] if change is not None else [])]
        for catalog in catalogs:
            found = find(catalog, name)
            if not isinstance(found, NotOne):
                return done("text", text=tell(catalog, found))
            if found.candidates:
                return not_done("entity-many", name=name, candidates=found.candidates[:_ENTITIES])
        return not_done("no-entity", name=name, near=_near(asked.catalog, name))
    if asked.pull is None:
        return not_done("entity-needed", usage=asked.command.usage)
    touched = change.touched() if change is not None else ()
    if change is None or not touched:
        return not_done("nothing-touched", usage=asked.command.usage)
    shown = [tell(change.after if change.after.get(one.ref) else change.before, one) for one in touched]
    more = len(shown) - _ENTITIES
    return done("text", text="\n\n".join(shown[:_ENTITIES]), more=max(0, more))


def _near(catalog: Catalog, name: str) -> tuple[str, ...]:
    found = find(catalog, name)
    return found.near if isinstance(found, NotOne) else ()


QUESTIONS: Mapping[str, Callable[[Asked], Answer]] = {
    "help": help_,
    "explain": explain,
    "owner": owner,
    "dependents": dependents,
}
