"""What can go wrong with an expression, and the engine's words for it made plain. Evaluates nothing."""

from __future__ import annotations

import re

from bot.policy.cel.kubernetes import takes
from bot.policy.cel.rewrite import known

_PLACE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_CODE = re.compile(r"^[A-Z_]+: ")
_NOT_FOUND = re.compile(r'^Key not found in map : "?(?P<key>.*?)"?$', re.DOTALL)
_NO_OVERLOAD = re.compile(r"^No matching overloads found : ")
_UNAVAILABLE, _BEYOND = "<unavailable> ", "<beyond> "
_LONGEST = 1_000
_MAKING = re.compile(r"^(?P<code>[A-Z_]+): (?P<said>.*?)(?: \[(?P=code)\])?$", re.DOTALL)
"""An error that the engine raised in place of giving it as a value."""
_ADDRESS = re.compile(r"Python function '<function \w+ at 0x[0-9a-f]+>'|\bat 0x[0-9a-f]+|\b0x[0-9a-f]{6,}")
_OWN = frozenset({"INTERNAL", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED", "ABORTED", "UNKNOWN", "CANCELLED"})
"""Codes of what went wrong with the engine or a function of ours, and not with the expression."""
_EVERYBODYS = ("No matching overloads found : ", "Index error: ", "Applying SELECT to non-message type")
"""What Kubernetes calls an error too, under whatever code."""
_BUDGET = "Iteration budget exceeded"
_CALL = re.compile(r"^(?:\((?P<on>\w+)\)\.)?(?P<name>[A-Za-z][\w.]*)\((?P<takes>[^()]*)\)$")


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


class Beyond(Unavailable):
    """It asked for what this engine cannot do, or for more than it will do. Kubernetes may have an answer."""


def unavailable(reason: str) -> Exception:
    """What a host function raises so that `fault` knows it again after it went through the engine."""
    return ValueError(_UNAVAILABLE + reason)


def too_much(reason: str) -> Exception:
    """The same for a limit of ours that Kubernetes does not have."""
    return OverflowError(_BEYOND + reason)


def problem(said: str) -> CelProblem:
    """The engine's first complaint about a text, with its place."""
    said = known(said)
    found = _PLACE.search(said)
    if found is None:
        return CelProblem(_CODE.sub("", said.strip())[:_LONGEST] or "cannot be read")
    message = found[3].replace("(in container '')", "").strip()
    return CelProblem(message[:_LONGEST], max(1, int(found[1])), max(1, int(found[2])))


def raised(said: str) -> CelFault:
    """What the engine raised in place of giving an error: nearly always a limit or a gap of its own."""
    found = _MAKING.match(said)
    reason = found["said"] if found else said
    if reason.startswith(_EVERYBODYS):
        return fault(said)
    if _BUDGET in reason:
        return Beyond("it goes through more elements than are gone through here (10,000 in one evaluation)")
    return Beyond(f"the engine cannot evaluate it: {_plain(reason)}")


def fault(said: str) -> CelFault:
    """The engine's error value, in Kubernetes' words where it has some."""
    code = said.partition(":")[0]
    reason = _plain(_CODE.sub("", said, count=1))
    for mark, kind in ((_UNAVAILABLE, Unavailable), (_BEYOND, Beyond)):
        if mark in reason:
            return kind(reason.partition(mark)[2])
    missing = _NOT_FOUND.match(reason)
    if missing:
        return CelFault(f"no such key: {missing['key']}"[:_LONGEST])
    if (code in _OWN and not reason.startswith(_EVERYBODYS)) or _is_missing_here(reason):
        return Beyond(f"the engine cannot evaluate it: {reason}")
    return CelFault(_NO_OVERLOAD.sub("no such overload: ", reason))


def _is_missing_here(reason: str) -> bool:
    """Whether it is for want of a function that Kubernetes has for values of these types."""
    call = _CALL.match(_NO_OVERLOAD.sub("", reason)) if _NO_OVERLOAD.match(reason) else None
    if call is None:
        return False
    types = [one for one in (call["on"], *call["takes"].split(", ")) if one]
    return takes(call["name"], types, is_member=call["on"] is not None)


def _plain(said: str) -> str:
    """Without words of ours, and without addresses in memory, which are others each time."""
    return known(_ADDRESS.sub("a function", said))[:_LONGEST]
