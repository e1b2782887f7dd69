"""What of rules and waivers is in force in an environment's cluster, and since which day. Knows no clock.

A cluster's rules have none either: what changes by a date is exported anew. The last day on which anything
began or ended is all that one must know besides a tree to export the same bytes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from bot.catalog.entity import Catalog
from bot.catalog.layout import matches
from bot.policy.export import Exported, Reach, exported
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.verdict import Json
from bot.policy.waivers import Waiver
from bot.policy.waivers import waivers as waivers_of


def last_day(rules: RuleSet, catalog: Catalog, today: date) -> date:
    """The last day until today on which a rule began to deny, or a waiver to hold or not to; else `date.min`.

    From then until today every day exports the same.
    """
    days = {one.weight.deny_from for one in _judging(rules)}
    for waiver in waivers_of(catalog):
        days |= {*_turns(waiver, _judging(rules))}
    return max((one for one in days if one is not None and one <= today), default=date.min)


def _turns(waiver: Waiver, rulings: Iterable[Ruling]) -> Iterator[date]:
    for one in rulings:
        if waiver.is_of(one.name) and one.waivable:
            yield _before(waiver.expires, one.max_waiver_days)
            yield _before(waiver.expires, -1)


def _before(day: date, days: int) -> date:
    """The first or the last day that there is, where there is none so early or late."""
    try:
        return day - timedelta(days=days)
    except OverflowError:
        return date.min if days > 0 else date.max


def exported_on(
    rules: RuleSet,
    catalog: Catalog,
    environment: Mapping[str, Json],
    today: date,
    labels: Mapping[str, str] | None = None,
) -> Exported:
    """What `exported` makes, without what is waived. `labels`: of the objects that are judged."""
    name = str(environment.get("name", ""))
    spared: dict[str, Sequence[str]] = {}
    open_: set[str] = set()
    waivers = waivers_of(catalog)
    for ruling in _judging(rules):
        holding = [one for one in waivers if _holds(one, ruling, name, today)]
        if holding:
            spared[ruling.name] = tuple(_names(holding, ruling, catalog, name))
        if any(_is_of_files(one, catalog) for one in holding):
            open_.add(ruling.name)
    reach = Reach(spared=spared, open_=open_) if labels is None else Reach(labels, spared, open_)
    return exported(rules, environment, today, reach)


def _judging(rules: RuleSet) -> list[Ruling]:
    return [one for one in rules.rulings if one.judges == "object"]


def _holds(waiver: Waiver, ruling: Ruling, environment: str, today: date) -> bool:
    """Whether something that the rule says may be excused here."""
    is_here = not waiver.environments or environment in waiver.environments
    return is_here and waiver.is_of(ruling.name) and waiver.holds(ruling, today)


def _names(waivers: Sequence[Waiver], ruling: Ruling, catalog: Catalog, environment: str) -> Iterator[str]:
    known = {one.ref: one for kind in ("Component", "Resource") for one in catalog.of_kind(kind)}
    for ref, entity in known.items():
        if any(one.covers(ruling.name, ref, (entity.path,), environment) for one in waivers):
            yield entity.name


def _is_of_files(waiver: Waiver, catalog: Catalog) -> bool:
    """Whether it may excuse what a template says: a cluster does not know from which file an object came."""
    paths = {one.path for one in catalog.entities}
    return any(not any(matches(path, pattern) for path in paths) for pattern in waiver.paths)
