"""The sum, the smallest and the largest of times, in words that the engine can evaluate.

A function of Python says beforehand what type it gives, and those of `sum()`, `min()` and `max()` depend on
the list. So an expression in which one gave a time is evaluated again in the words made here: `l.max()` is
`cel.bind(l__, l, are_times__(l__) ? dyn(l__.sort()[l__.size() - 1]) : dyn(l__.max()))`. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.policy.cel.host import plain
from bot.policy.cel.scan import Token, opening, tokens

_ARE, _SUM = "are_times__", "sum_of_times__"
_INSTEAD = {
    "sum": f"{_SUM}(l__)",
    "min": "l__.sort()[0]",
    "max": "l__.sort()[l__.size() - 1]",
}
_CALL = 3
"""The tokens of a name that is called with nothing."""


def concerns(said: str) -> bool:
    """Whether the engine's error comes of a function that gave a time."""
    return "Non-CEL value type for 'Python function" in said and "datetime." in said


def timed(text: str) -> str:
    """The text with such calls put in other words. It has no places in common with the author's."""
    made = text
    for at, drop, put in sorted(_edits(tokens(text)), reverse=True):
        made = made[:at] + put + made[at + drop :]
    return made


def _edits(found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    for index, token in enumerate(found):
        after = [one.text for one in found[index + 1 : index + _CALL]]
        if token.text in _INSTEAD and index > 1 and found[index - 1].text == "." and after == ["(", ")"]:
            start, end = found[index - 1].start, found[index + 2].end
            put = f", {_ARE}(l__) ? dyn({_INSTEAD[token.text]}) : dyn(l__.{token.text}()))"
            yield found[_receiver(found, index - 1)].start, 0, "cel.bind(l__, "
            yield start, end - start, put


def _receiver(found: Sequence[Token], dot: int) -> int:
    """Where what stands before a dot begins."""
    at = dot - 1
    while at >= 0:
        if found[at].text in {")", "]", "}"} and found[at].kind == "sign":
            at = opening(found, at)
            is_more = at > 0 and (found[at - 1].kind != "sign" or found[at - 1].text in {")", "]", "}"})
            if is_more and found[at - 1].text != "in":
                at -= 1
                continue
        if at < 1 or found[at - 1].text not in {".", ".?"}:
            return at
        at -= 2
    return 0


def _are_times(values: list[Any]) -> bool:
    return bool(values) and all(type(one) in {datetime, timedelta} for one in values)


def _sum(values: list[Any]) -> timedelta:
    if not all(isinstance(one, timedelta) for one in values):
        raise ValueError("no such overload: sum of times that are not all durations")
    return sum(values, start=timedelta())


TIMING = (
    plain(_ARE, "list", "bool", _are_times),
    plain(_SUM, "list", "duration", _sum),
)
