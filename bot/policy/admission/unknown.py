"""What a policy may ask of a request and only the API server could tell, kept apart from what is known.

An expression that reads it has no result, not even by `has()`: absent is not what it would be in a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.policy.cel.scan import Token, tokens
from bot.policy.cel.values import Elsewhere

_FIELDS = ("userInfo", "options", "uid")
_HAS = "has"
_DYN = "dyn"
UNKNOWN = {
    f"request_{field}": Elsewhere(f"request.{field} is not known before the object reaches a cluster")
    for field in _FIELDS
}
"""The names that `apart` gives them, with values that say why they cannot be had."""


def apart(text: str) -> str:
    """The text with `request.userInfo` as the name `request_userInfo`, all else in its place."""
    found = tokens(text)
    made = text
    for index, token in enumerate(found):
        is_member = index > 0 and found[index - 1].text in {".", ".?"}
        if token.text != "request" or token.kind != "name" or is_member:
            continue
        field, last = _selected(found, index)
        if field in _FIELDS:
            start, end = token.start, found[last].end
            made = made[:start] + f"request_{field}".ljust(end - start) + made[end:]
            if _is_asked_for(found, index, last):
                # `has` takes no name alone; whatever stands here instead is never reached.
                start = found[index - 2].start
                made = made[:start] + _DYN + made[start + len(_HAS) :]
    return made


def _selected(found: Sequence[Token], index: int) -> tuple[str, int]:
    """What is selected from the name at the index, and the index of the selection's last token."""
    signs = [one.text for one in found[index + 1 : index + 4]]
    if len(signs) > 1 and signs[0] in {".", ".?"}:
        return signs[1].strip("`"), index + 2
    if signs[2:] == ["]"] and signs[0] in {"[", "[?"}:
        return signs[1].strip("\"'"), index + 3
    return "", index


def _is_asked_for(found: Sequence[Token], index: int, last: int) -> bool:
    before = [one.text for one in found[max(0, index - 2) : index]]
    return before == [_HAS, "("] and [one.text for one in found[last + 1 : last + 2]] == [")"]
