"""What depends on an entity, and what it depends on, as far as it goes. Circles are cut.

An API stands for those who provide it: who consumes it depends on them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.catalog.relations import Relations

DEEPEST = 100_000


@dataclass(frozen=True, slots=True)
class Reason:
    """A relation of Backstage's, read from who depends; `through`: the API between the two, if any."""

    relation: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the tree. `depth` counts from 1; `parent` is the reference that it hangs on."""

    ref: str
    parent: str
    depth: int
    reasons: tuple[Reason, ...]
    is_circle: bool = False
    """It leads back to one of those that it hangs on."""
    is_again: bool = False
    """What hangs on it is told where it stands closest to the start."""


def dependents(relations: Relations, ref: str, *, depth: int = DEEPEST) -> tuple[Step, ...]:
    """Who needs the entity, and who needs them, as a tree in order of reading."""
    return _walk(lambda one: _using(relations, one), ref, depth)


def dependencies(relations: Relations, ref: str, *, depth: int = DEEPEST) -> tuple[Step, ...]:
    """What the entity needs, and what that needs, as a tree in order of reading."""
    return _walk(lambda one: _used(relations, one, with_template=one == ref), ref, depth)


_Next = Mapping[str, list[Reason]]


def _using(relations: Relations, ref: str) -> _Next:
    found: dict[str, list[Reason]] = {}
    for kind, relation in (
        ("dependencyOf", "dependsOn"),
        ("apiConsumedBy", "consumesApi"),
        ("renders", "rendersWith"),
    ):
        for one in relations.targets(ref, kind):
            found.setdefault(one, []).append(Reason(relation))
    for api in relations.targets(ref, "providesApi"):
        for kind, relation in (("apiConsumedBy", "consumesApi"), ("dependencyOf", "dependsOn")):
            for one in relations.targets(api, kind):
                if one != ref:
                    found.setdefault(one, []).append(Reason(relation, api))
    return found


def _used(relations: Relations, ref: str, *, with_template: bool) -> _Next:
    found: dict[str, list[Reason]] = {}
    for relation in ("dependsOn", "consumesApi"):
        for one in relations.targets(ref, relation):
            providers = [who for who in relations.targets(one, "apiProvidedBy") if who != ref]
            for who in providers:
                found.setdefault(who, []).append(Reason(relation, one))
            if not providers and ref not in relations.targets(one, "apiProvidedBy"):
                found.setdefault(one, []).append(Reason(relation))
    for relation in ("apiProvidedBy", "rendersWith") if with_template else ("apiProvidedBy",):
        for one in relations.targets(ref, relation):
            found.setdefault(one, []).append(Reason(relation))
    return found


def _walk(next_of: Callable[[str], _Next], start: str, depth: int) -> tuple[Step, ...]:
    opened = _opened(next_of, start, depth)
    steps: list[Step] = []
    above: list[str] = []  # the way from the start to where we are
    work: list[Step] = _steps(opened[start][1], start, 1)
    while work:
        step = work.pop()
        del above[step.depth - 1 :]
        home, following = opened[step.ref]
        is_home = home == step.parent
        is_circle = not is_home and (step.ref == start or step.ref in above)
        is_again = bool(following) and not is_home and not is_circle
        steps.append(replace(step, is_circle=is_circle, is_again=is_again))
        above.append(step.ref)
        if is_home:
            work += _steps(following, step.ref, step.depth + 1)
    return tuple(steps)


def _steps(following: _Next, parent: str, depth: int) -> list[Step]:
    """The last one first: they are taken from the end."""
    return [Step(ref, parent, depth, tuple(following[ref])) for ref in sorted(following, reverse=True)]


def _opened(next_of: Callable[[str], _Next], start: str, depth: int) -> Mapping[str, tuple[str, _Next]]:
    """What is opened below which parent: where it stands closest to the start. No deeper than `depth`."""
    opened: dict[str, tuple[str, _Next]] = {start: ("", next_of(start))}
    queue = deque([(start, 1)])
    while queue:
        here, level = queue.popleft()
        for ref in sorted(opened[here][1]):
            if ref not in opened:
                opened[ref] = (here, next_of(ref) if level < depth else {})
                queue.append((ref, level + 1))
    return opened
