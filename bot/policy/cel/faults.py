"""What can go wrong with an expression, and the engine's words for it made plain. Evaluates nothing."""

from __future__ import annotations

import re

from bot.policy.cel.rewrite import QUICK_MATCHES

_PLACE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_CODE = re.compile(r"^[A-Z_]+: ")
_NOT_FOUND = re.compile(r'^Key not found in map : "?(?P<key>.*?)"?$', re.DOTALL)
_NO_OVERLOAD = re.compile(r"^No matching overloads found : ")
_UNAVAILABLE = "<unavailable> "
_LONGEST = 1_000


class CelProblem(Exception):
    """The text cannot be compiled. `line` and `column` count from 1, in characters."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class CelFault(Exception):
    """The evaluation ended in an error: a missing key, a wrong type, a division by zero."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(CelFault):
    """It asked for what only a cluster or a registry could answer."""


def unavailable(reason: str) -> Exception:
    """What a host function raises so that `fault` knows it again after it went through the engine."""
    return ValueError(_UNAVAILABLE + reason)


def problem(said: str) -> CelProblem:
    """The engine's first complaint about a text, with its place."""
    said = said.replace(QUICK_MATCHES, "matches")
    found = _PLACE.search(said)
    if found is None:
        return CelProblem(_CODE.sub("", said.strip())[:_LONGEST] or "cannot be read")
    message = found[3].replace("(in container '')", "").strip()
    return CelProblem(message[:_LONGEST], max(1, int(found[1])), max(1, int(found[2])))


def fault(said: str) -> CelFault:
    """The engine's error value, in Kubernetes' words where it has some."""
    reason = _CODE.sub("", said, count=1).replace(QUICK_MATCHES, "matches")
    if _UNAVAILABLE in reason:
        return Unavailable(reason.partition(_UNAVAILABLE)[2])
    missing = _NOT_FOUND.match(reason)
    if missing:
        return CelFault(f"no such key: {missing['key']}"[:_LONGEST])
    return CelFault(_NO_OVERLOAD.sub("no such overload: ", reason)[:_LONGEST])
