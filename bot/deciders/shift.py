"""What changed rules and waivers would do to all that there is, before they are merged. Part of `review`.

Judges by the old and by the new ones; neither verdict counts for the pull request itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.deciders.bench import Bench, Platform
from bot.deciders.standing import Standing
from bot.model.plan import Severity
from bot.model.rule_impact import RulesImpactPart, Shift
from bot.policy.rules.excused import excused
from bot.policy.rules.faults import Fault
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.rules.verdicts import STOPPED
from bot.policy.waivers import Waiver
from bot.templating.environment import environments

WAIVED = "waived"
UNJUDGED = "not-evaluated"
_ORDER = [*(one.value for one in Severity), UNJUDGED, WAIVED, ""]


def rules_shift(bench: Bench) -> RulesImpactPart | None:
    """None where neither rules nor waivers change."""
    old, new = bench.base.rules, bench.merged.rules
    waivers = _changed_waivers(bench.base.waivers, bench.merged.waivers)
    names = _changed_rules(old, new)
    wanted = names | _covered(waivers, (old, new))
    if not names and not waivers:
        return None
    standing = _standing(bench.merged)
    was = _states(_said_of(standing, old, bench.base.waivers, wanted))
    found = _said_of(standing, new, bench.merged.waivers, wanted)
    now = _states(found)
    stopped = {one.ruling.name: one.reason.removeprefix(STOPPED) for one in found if _is_stopped(one)}
    keys = sorted(was.keys() | now.keys())
    shifts = [_shift(key, was.get(key, _KEPT), now.get(key, _KEPT)) for key in keys]
    judged = {one.judges for side in (old, new) for one in side.rulings if one.name in wanted}
    return RulesImpactPart(
        rules=tuple(sorted(names)),
        waivers=tuple(sorted({one.name for one in waivers})),
        entities=len(standing.entities) if "entity" in judged else 0,
        objects=_objects(standing) if "object" in judged else 0,
        shifts=tuple(one for one in shifts if one.was != one.now),
        stopped=tuple(sorted(stopped.items())),
        unjudged=_unjudged(found),
    )


def _unjudged(found: Iterable[Fault]) -> tuple[tuple[str, str, int], ...]:
    reasons: dict[str, list[str]] = {}
    for one in found:
        if one.reason and not _is_stopped(one) and not one.waiver and not one.exception:
            reasons.setdefault(one.ruling.name, []).append(one.reason)
    return tuple((name, said[0], len(said)) for name, said in sorted(reasons.items()))


def _standing(platform: Platform) -> Standing:
    snapshot = platform.snapshot
    stages = environments(platform.catalog)
    return Standing(
        platform.tree,
        platform.catalog,
        snapshot.judge,
        snapshot.now,
        snapshot.memo,
        lambda: [platform.render(one.name) for one in stages],
    )


def _objects(standing: Standing) -> int:
    return sum(len(one.files) for side in standing.sides for one in side.rendering.components.values())


def _changed_waivers(old: Iterable[Waiver], new: Iterable[Waiver]) -> list[Waiver]:
    before, after = list(old), list(new)
    return [one for one in before if one not in after] + [one for one in after if one not in before]


def _changed_rules(old: RuleSet, new: RuleSet) -> set[str]:
    before, after = ({one.name: one for one in side.rulings} for side in (old, new))
    names = before.keys() | after.keys()
    changed = {name for name in names if _essence(before.get(name)) != _essence(after.get(name))}
    moved = {"parameters"} if old.parameters != new.parameters else set()
    moved |= {"data"} if old.data != new.data else set()
    changed |= {one.name for one in after.values() if one.needs & moved}
    named = old.overrides.keys() | new.overrides.keys()
    parts = {name for name in named if _said(old, name) != _said(new, name)}
    return changed | {ruling.name for name in parts if (ruling := new.get(name)) is not None}


def _said(rules: RuleSet, name: str) -> Mapping[str, object]:
    return rules.overrides.get(name, {})


def _essence(ruling: Ruling | None) -> object:
    """All of a rule that decides who fails."""
    if ruling is None:
        return None
    return (
        ruling.policy.digest,
        ruling.judges,
        ruling.weight,
        ruling.heaviest,
        ruling.waivable,
        ruling.max_waiver_days,
    )


def _covered(changed: Iterable[Waiver], sides: Iterable[RuleSet]) -> set[str]:
    known = [one for side in sides for one in side.rulings]
    found: set[str] = set()
    for waiver in changed:
        for pattern in waiver.rules:
            found |= {one.name for one in known if _is_named(pattern, one.name)}
    return found


def _is_named(pattern: str, name: str) -> bool:
    return pattern in (name, f"{name}.*") or pattern.startswith((f"{name}.", "*"))


_KEPT = ("", "", ())
_State = tuple[str, str, tuple[str, ...]]
"""How heavy, whose, and in which environments."""


def _said_of(
    standing: Standing, rules: RuleSet, waivers: Iterable[Waiver], names: Collection[str]
) -> Sequence[Fault]:
    only = [one for one in rules.rulings if one.name in names]
    return [*excused(standing.faults(rules, only), [*waivers], standing.today)]


def _is_stopped(fault: Fault) -> bool:
    return fault.reason.startswith(STOPPED)


def _states(found: Iterable[Fault]) -> Mapping[tuple[str, str], _State]:
    """By rule and thing, the heaviest that is said of it."""
    states: dict[tuple[str, str], _State] = {}
    for one in found:
        key = (one.rule, one.case.ref)
        states[key] = _heavier(states.get(key, _KEPT), one)
    return states


def _heavier(known: _State, fault: Fault) -> _State:
    mine = WAIVED if fault.waiver or fault.exception else fault.severity.value
    if fault.reason and mine != WAIVED:
        mine = UNJUDGED
    heaviest = min(known[0], mine, key=_ORDER.index)
    here = fault.case.environment
    environments_ = known[2] if not here or here in known[2] else (*known[2], here)
    return heaviest, fault.case.owner, environments_


def _shift(key: tuple[str, str], was: _State, now: _State) -> Shift:
    rule, ref = key
    return Shift(rule, ref, now[1] or was[1], was[0], now[0], now[2] or was[2])
