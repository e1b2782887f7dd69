"""Names that a wrong one may have meant. Costs little however many names there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE = 0.72
_COMMON = 500
"""A fragment that more names share says nothing."""
_LONGEST = 80
_COMPARED = 30


class NameIndex:
    """Finds similar names by the three-letter fragments that they share."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._holders: dict[str, list[str]] = defaultdict(list)
        for name in self._names:
            for fragment in _fragments(name):
                self._holders[fragment].append(name)

    def near(self, name: str, *, limit: int = 2) -> tuple[str, ...]:
        """At most `limit` names, the most similar first."""
        shared: Counter[str] = Counter()
        for fragment in _fragments(name):
            holders = self._holders.get(fragment, ())
            if len(holders) <= _COMMON:
                shared.update(holders)
        likely = [one for one, _ in shared.most_common(_COMPARED)]
        if not likely and len(self._names) <= _COMMON:
            likely = self._names  # short names share no fragment with their own misspelling
        scored = ((-SequenceMatcher(None, name[:_LONGEST], one[:_LONGEST]).ratio(), one) for one in likely)
        return tuple(one for score, one in sorted(scored) if -score >= _CLOSE)[:limit]


def _fragments(name: str) -> set[str]:
    padded = f"^{name[:_LONGEST]}$"
    return {padded[at : at + 3] for at in range(len(padded) - 2)} | {"".join(sorted(padded))}
