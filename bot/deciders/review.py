"""`review`: judges a pull request on its merge result, and shows what it would render where.

Everything that is judged comes from git trees; rules and severities come from the base branch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from bot.catalog.check import check
from bot.catalog.entity import Checked, Entity
from bot.catalog.own import is_severity
from bot.deciders.bench import Bench, Platform
from bot.deciders.changes import Side, component_changes, failures
from bot.deciders.decider import Decider, Need, Snapshot
from bot.deciders.enforced import Enforcement
from bot.deciders.impact import causes
from bot.deciders.removed import folded, removals
from bot.deciders.requested import Desk, requested
from bot.deciders.ruled import outside_findings, ruled_plan
from bot.leases.clashes import granted, trespasses
from bot.leases.manifests import Workshop
from bot.leases.standing import standing
from bot.model.event import Event, PullChanged
from bot.model.plan import ConflictPart, Fact, Finding, ImpactPart, OutsidePart, Plan, RenderPart, Severity
from bot.model.pull import HOLD
from bot.model.rule_impact import RulesPart
from bot.model.tree import Tree
from bot.policy.once import StoppedOnce
from bot.policy.severity import apply_severities, on_day
from bot.templating.affected import affected
from bot.templating.clashes import clash_findings, gains, moves
from bot.templating.context import platform_context
from bot.templating.environment import Environment, environment_findings, environments
from bot.templating.render import Rendering, render
from bot.templating.together import together
from bot.templating.verify import template_findings

ROOMS = ("catalog", "templates", "rules", "schemas")
"""The folders of a platform repo that Roadcrew looks at."""


def plan_review(_event: Event, snapshot: Snapshot) -> Plan:
    """Findings of the merge result that this pull request answers for, and the diff of its renders."""
    pull = snapshot.pull
    if pull is None or not pull.is_open:
        return Plan(why=("The pull request is closed.",))
    if pull.base_branch != snapshot.default_branch:
        return Plan(why=(f"It goes to {pull.base_branch}, not to {snapshot.default_branch}.",))
    # It is of no file, so it has no path.
    held = (Finding("pull-held", Severity.DENY, ""),) if HOLD in pull.labels else ()
    return _judged(snapshot) + Plan(findings=held)


def _judged(snapshot: Snapshot) -> Plan:
    if snapshot.unsafe:
        return Plan(tuple(Finding("path-unsafe", Severity.DENY, path) for path in snapshot.unsafe))
    if snapshot.merged is None or snapshot.base is None:
        return Plan(parts=(ConflictPart(snapshot.conflicts),))
    return compare(snapshot.base, snapshot.merged, snapshot)


def compare(base: Tree, merged: Tree, snapshot: Snapshot) -> Plan:
    """The plan for moving from one platform tree to another.

    What is denied is not shown rendered, unless it is many components that change: there, how far it reaches
    helps to mend it, and those that fail keep what they have.
    """
    snapshot = replace(snapshot, judge=StoppedOnce(snapshot.judge))
    old = _Side(base, check(base, whole=True, memo=snapshot.memo), snapshot)
    new = _Side(merged, check(merged, whole=True, memo=snapshot.memo), snapshot)
    touched = _touched(old, new)
    bench = Bench(_platform(old), _platform(new), touched)
    if not touched:
        outside = outside_findings(bench)
        why = () if outside else ("It changes nothing that Roadcrew looks at.",)
        return Plan(outside, () if outside else (OutsidePart(),), why=why)
    found = bench.known(_answerable(old.checked, new.checked, touched))
    rules = old.rules
    removed = apply_severities(removals(old.checked, new.checked, touched), rules)
    judged = folded(apply_severities(found, rules), removed, touched) + removed
    pairs = _pairs(old, new, touched)
    renders = _renders(old, new, touched, pairs)
    findings = _unsaid(folded(renders.findings, removed, touched), judged)
    asked = requested(Desk(base, merged, old.checked.catalog, new.checked.catalog, touched, snapshot))
    ruled = ruled_plan(replace(bench, pairs=pairs, requests=asked.sides))
    plan = Plan(findings=judged + findings, why=renders.why) + asked.plan + ruled
    reaches = any(isinstance(part, ImpactPart) for part in renders.parts)
    if plan.denies:
        return replace(plan, parts=plan.parts + renders.parts) if reaches else plan
    return replace(plan, parts=(*_rules_part(old, new), *plan.parts, *renders.parts))


def _platform(side: _Side) -> Platform:
    def whole(name: str) -> Side:
        stages = (one for one in environments(side.checked.catalog) if one.name == name)
        return side.side(next(stages, None), None)

    return Platform(side.tree, side.checked.catalog, side.snapshot, whole)


def _rules_part(old: _Side, new: _Side) -> tuple[RulesPart, ...]:
    """What the rules of this pull request would do to today's findings. They do not judge it."""
    before, after = _severities(old), _severities(new)
    changed = tuple(
        (name, before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
    if not changed:
        return ()
    was, will = (_denied(new.checked.findings, side) for side in (old, new))
    return (RulesPart(changed, starts=len(will - was), stops=len(was - will)),)


def _severities(side: _Side) -> Mapping[str, str]:
    return {rule.name: str(rule.spec.get("severity", "")) for rule in side.rules if is_severity(rule)}


def _denied(findings: tuple[Finding, ...], side: _Side) -> set[tuple[object, ...]]:
    judged = apply_severities(findings, side.rules)
    return {_spot(finding) for finding in judged if finding.severity is Severity.DENY}


def _touched(old: _Side, new: _Side) -> frozenset[str]:
    """Changed paths in the folders that matter: ours, and those in which entities stand."""
    entities = (*old.checked.catalog.entities, *new.checked.catalog.entities)
    rooms = {*ROOMS, *(entity.path.split("/", 1)[0] for entity in entities)}
    rooms |= {_schemas(side).split("/", 1)[0] for side in (old, new)}
    changes = old.tree.diff(new.tree)
    return frozenset(change.path for change in changes if change.path.split("/", 1)[0] in rooms)


def _schemas(side: _Side) -> str:
    return str(platform_context(side.checked.catalog)["spec"].get("schemas", "schemas"))


def _answerable(before: Checked, after: Checked, touched: Collection[str]) -> tuple[Finding, ...]:
    """Findings in touched files, and those that the change caused elsewhere (a group that went away)."""
    known = {_identity(finding) for finding in before.findings}
    return tuple(
        finding
        for finding in after.findings
        if finding.path in set(touched) or _identity(finding) not in known
    )


def _identity(finding: Finding) -> tuple[object, ...]:
    return (finding.rule, finding.path, tuple(sorted(finding.facts.items(), key=str)))


@dataclass(frozen=True)
class _Side:
    """The platform before, or after."""

    tree: Tree
    checked: Checked
    snapshot: Snapshot

    @property
    def rules(self) -> tuple[Entity, ...]:
        """Its Rules, as they weigh today."""
        return on_day(self.checked.catalog.of_kind("Rule"), self.snapshot.now.date())

    @property
    def enforcement(self) -> Enforcement:
        """What clusters get of its rules."""
        snapshot = self.snapshot
        return Enforcement(self.tree, self.checked.catalog, snapshot.now.date(), snapshot.memo)

    def side(self, environment: Environment | None, only: Collection[str] | None) -> Side:
        catalog, snapshot = self.checked.catalog, self.snapshot
        if environment is None:
            return Side(Rendering(components={}, findings=()), catalog, None)
        found = render(
            self.tree,
            catalog,
            environment,
            snapshot.run,
            schemas=snapshot.schemas,
            only=only,
            memo=snapshot.memo,
            today=snapshot.now.date(),
        )
        return Side(found, catalog, environment)


def _pairs(base: _Side, merged: _Side, touched: Collection[str]) -> tuple[tuple[Side, Side], ...]:
    """Of each environment what may differ, before and after."""
    only = affected(base.checked.catalog, merged.checked.catalog, touched)
    known = {environment.name: environment for environment in environments(base.checked.catalog)}
    return tuple(
        (base.side(known.get(one.name), only[one.name]), merged.side(one, only[one.name]))
        for one in environments(merged.checked.catalog)
    )


def _renders(
    base: _Side, merged: _Side, touched: Collection[str], pairs: Iterable[tuple[Side, Side]]
) -> Plan:
    rules = base.rules
    said = [*_template_faults(base, merged, touched), *_moves(base, merged)]
    plan = Plan()
    rendered: set[str] = set()
    failed: set[str] = set()
    for number, (environment, (old, new)) in enumerate(
        zip(environments(merged.checked.catalog), pairs, strict=True)
    ):
        said += _caused(old, new, merged, touched)
        changes = component_changes(*_with_rules(base, merged, old, new), merged.snapshot.memo)
        part = RenderPart(environment.name, environment.branch, changes, is_first=number == 0)
        plan += Plan(parts=(part,))
        rendered |= {one.ref for side in (old, new) for one in side.rendering.components.values()}
        failed |= failures(old, new)
    if not plan.parts:
        said += environment_findings(merged.checked.catalog)
        problems = apply_severities(said, rules)
        return Plan(findings=problems, why=("No Environment can be used, so nothing is rendered.",))
    found = causes(base.checked.catalog, merged.checked.catalog, touched)
    impact = ImpactPart(found, len(rendered), tuple(sorted(failed)))
    findings = _unsaid(apply_severities(together(said), rules), ())
    return plan + Plan(findings=findings, parts=(impact,) if found and rendered else ())


def _with_rules(base: _Side, merged: _Side, old: Side, new: Side) -> tuple[Side, Side]:
    """With the folders that the clusters judge by. While rules are broken, they keep what they have."""
    sides = (base.enforcement, old), (merged.enforcement, new)
    if any(one.faults for one, _ in sides):
        return old, new
    with_old, with_new = (
        replace(side, rendering=one.added(side.rendering, side.environment)) if side.environment else side
        for one, side in sides
    )
    return with_old, with_new


def _template_faults(base: _Side, merged: _Side, touched: Collection[str]) -> tuple[Finding, ...]:
    """What is wrong with templates by this change, whether anyone uses them or not."""
    found = template_findings(merged.tree, merged.checked.catalog, memo=merged.snapshot.memo)
    if not found:
        return ()
    before = template_findings(base.tree, base.checked.catalog, memo=base.snapshot.memo)
    known = {_identity(one) for one in before}
    return tuple(one for one in found if one.path in touched or _identity(one) not in known)


def _caused(old: Side, new: Side, merged: _Side, touched: Collection[str]) -> tuple[Finding, ...]:
    """Findings of rendering that this pull request answers for."""
    known = {_identity(finding) for finding in old.rendering.findings}
    found = [one for one in new.rendering.findings if _identity(one) not in known or one.path in touched]
    if new.environment is not None:
        stuck = failures(old, new)
        found += moves(old.rendering, new.rendering, new.catalog, new.environment, keep=stuck)
    gaining = gains(old.rendering, new.rendering)
    if gaining and new.environment is not None:
        # Only who claims something new can clash with what others have; only then all are looked at.
        everyone = merged.side(new.environment, None)
        found += clash_findings(everyone.rendering, new.catalog, new.environment, of=gaining)
        found += _granted(new, gaining, merged)
    return tuple(found)


def _granted(new: Side, gaining: Collection[str], merged: _Side) -> tuple[Finding, ...]:
    """What these would take of grants that are in force."""
    snapshot, environment = merged.snapshot, new.environment
    leases = snapshot.leases
    if leases is None or leases.grants.tree is None or environment is None:
        return ()
    workshop = Workshop(merged.tree, new.catalog, snapshot.run, snapshot.schemas, snapshot.memo)
    there = standing(leases.grants.tree, snapshot.memo)
    others = [*granted(environment, there, leases.grants.tree, workshop)]
    mine = (one for one in new.rendering.components.values() if one.ref in gaining)
    return tuple(finding for one in mine for finding in trespasses(one, new.catalog, others, environment))


def _moves(base: _Side, merged: _Side) -> Iterator[Finding]:
    """Environments of another branch, and another first environment: merges deliver elsewhere from now on."""
    known = {one.name: one for one in environments(base.checked.catalog)}
    stages = environments(merged.checked.catalog)
    for one in stages:
        if one.name in known and known[one.name].branch != one.branch:
            case = "first" if one is stages[0] else ""
            yield _moved("environment-moved", "branch", known[one.name], one, case)
    first = next(iter(known.values()), None)
    if first and stages and stages[0].name != first.name and stages[0].branch != first.branch:
        yield _moved("environment-first", "order", first, stages[0])


def _moved(rule: str, field: str, was: Environment, now: Environment, case: str = "") -> Finding:
    facts: Mapping[str, Fact] = {"was": was.branch, "now": now.branch, "environment": now.name, "case": case}
    return Finding(rule, Severity.WARN, now.path, *now.entity.where("spec", field), facts)


def _unsaid(findings: tuple[Finding, ...], said: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Without what was said already: of the same rule and place, whichever environment found it."""
    known = {_spot(finding) for finding in said}
    return tuple({_spot(one): one for one in reversed(findings) if _spot(one) not in known}.values())[::-1]


def _spot(finding: Finding) -> tuple[object, ...]:
    return (finding.rule, finding.path, finding.line, finding.column)


REVIEW = Decider(
    name="review",
    on=(PullChanged,),
    needs=Need.PULL | Need.LEASES,
    help="Checks the entities that a pull request touches and shows what a merge would render.",
    plan=plan_review,
)
