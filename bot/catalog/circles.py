"""Circles of references: each one once, the shortest way around, the same for every order of files.

Of circles that share references, one is told for each reference whose removal opens it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence

MOST = 20
"""Circles told of entities that all lead to one another."""

Arrows = Mapping[str, Collection[str]]
"""From each reference to those that it points at."""


def circles(arrows: Arrows) -> Iterator[tuple[str, ...]]:
    """The references of each circle, from its smallest on."""
    for knot in sorted(_knots(arrows), key=min):
        left = {one: sorted(set(arrows.get(one, ())) & knot) for one in sorted(knot)}
        for _ in range(MOST):
            found = _shortest(left)
            if found is None:
                break
            yield found
            left[found[-1]].remove(found[0])


def _shortest(arrows: Mapping[str, list[str]]) -> tuple[str, ...] | None:
    """A shortest circle through the smallest reference that is in one."""
    for knot in sorted(_knots(arrows), key=min):
        start = min(knot)
        came: dict[str, str] = {}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            for there in arrows[here]:
                if there == start:
                    return _way(came, start, here)
                if there in knot and there not in came:
                    came[there] = here
                    queue.append(there)
    return None


def _way(came: Mapping[str, str], start: str, end: str) -> tuple[str, ...]:
    way = [end]
    while way[-1] != start:
        way.append(came[way[-1]])
    return tuple(reversed(way))


def _knots(arrows: Arrows) -> Sequence[set[str]]:
    """Sets of references that all lead to one another, and single ones that lead to themselves.

    Tarjan's algorithm without recursion: a chain may have ten thousand links.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: dict[str, None] = {}
    found: list[set[str]] = []
    for root in arrows:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack[root] = None
        work = [(root, iter(arrows[root]))]
        while work:
            here, rest = work[-1]
            there = next(rest, None)
            if there is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == index[here]:
                    found.append(_popped(stack, here))
            elif there not in index:
                index[there] = low[there] = len(index)
                stack[there] = None
                work.append((there, iter(arrows.get(there, ()))))
            elif there in stack:
                low[here] = min(low[here], index[there])
    return [knot for knot in found if len(knot) > 1 or any(one in arrows.get(one, ()) for one in knot)]


def _popped(stack: dict[str, None], last: str) -> set[str]:
    knot: set[str] = set()
    while last not in knot:
        knot.add(stack.popitem()[0])
    return knot
