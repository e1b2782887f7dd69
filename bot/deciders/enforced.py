"""The folder of an environment's branch with which its cluster judges by the rules too. Part of `deliver`.

It is rendered, pinned, promoted and mended as a component's. Its pin says no template's version, but the day
since which it is so: what changes by a date alone is a new pin of the same commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.catalog.check import layout_of
from bot.catalog.entity import Catalog
from bot.kubernetes.identity import identify
from bot.model.plan import Finding, Severity
from bot.model.tree import Files, Memo
from bot.policy.export import Exported
from bot.policy.inforce import exported_on, last_day
from bot.policy.rules.load import digest_of, load_rules
from bot.policy.rules.ruleset import RuleSet
from bot.policy.waivers import waivers
from bot.templating.canonical import dump
from bot.templating.environment import RULES_FOLDER, Environment, environments, facts_of
from bot.templating.pin import Pin
from bot.templating.render import RenderedComponent, Rendering

RULES_REF = f"rules:default/{RULES_FOLDER}"
"""What its pin calls it: there is no such entity."""
_TEMPLATE = "rules"


@dataclass(frozen=True)
class Enforcement:
    """What clusters get of one platform tree's rules on a day."""

    files: Files
    catalog: Catalog
    today: date
    memo: Memo

    @property
    def rules(self) -> RuleSet:
        return load_rules(self.files, self.catalog, layout_of(self.catalog), self.memo)

    def exported(self, environment: Environment) -> Exported:
        """What its cluster gets, with what it cannot."""
        facts = facts_of(environment, environments(self.catalog))
        labels = environment.rules.labels
        return exported_on(self.rules, self.catalog, facts, self.today, labels)

    def component(self, environment: Environment) -> RenderedComponent | None:
        """None where neither this environment nor a later one gets the rules, or where they are broken.

        Where only a later one does, the folder holds the pin alone, so that it gets there.
        """
        stages = environments(self.catalog)
        at = [one.name for one in stages].index(environment.name)
        if not any(one.rules.export for one in stages[at:]) or self.faults:
            return None
        if waivers(self.catalog):
            return self._component(environment)  # whom they spare, the whole catalog says
        key = ("enforced", environment.name)
        mark = (facts_of(environment, stages), environment.rules, self.today)
        known = self.memo.get(key)
        if known is None or known[0] is not self.rules or known[1] != mark:
            known = self.memo[key] = (self.rules, mark, self._component(environment))
        found: RenderedComponent = known[2]
        return found

    def _component(self, environment: Environment) -> RenderedComponent:
        objects = self.exported(environment).objects if environment.rules.export else {}
        files = {name: dump(one) for name, one in objects.items()}
        day = last_day(self.rules, self.catalog, self.today)
        return RenderedComponent(
            ref=RULES_REF,
            folder=RULES_FOLDER,
            template=_TEMPLATE,
            version=day.isoformat() if day > date.min else "",
            files=files,
            digest=digest_of({name: data.decode() for name, data in files.items()}),
            objects=tuple(identify(one) for one in objects.values()),
        )

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Why nobody can say what clusters should get: they keep what they have."""
        if not any(one.rules.export for one in environments(self.catalog)):
            return ()
        return tuple(one for one in self.rules.findings if one.severity is Severity.DENY)

    def added(self, rendering: Rendering, environment: Environment) -> Rendering:
        """The rendering with this folder, and with what keeps it from being there."""
        component = self.component(environment)
        if component is None:
            return replace(rendering, findings=(*rendering.findings, *self.faults))
        components = {**rendering.components, component.folder: component}
        return replace(rendering, components=dict(sorted(components.items())))


def day_of(pin: Pin) -> date:
    """Since when it is as the pin says; `date.min` where it does not say."""
    try:
        return date.fromisoformat(pin.version)
    except ValueError:
        return date.min


def changed(before: Enforcement, after: Enforcement) -> bool:
    """Whether clusters get other rules after than before."""
    return _digests(before) != _digests(after)


def _digests(one: Enforcement) -> Mapping[str, str]:
    return dict(_each(one))


def _each(one: Enforcement) -> Iterator[tuple[str, str]]:
    for stage in environments(one.catalog):
        if (component := one.component(stage)) is not None:
            yield stage.name, component.digest
