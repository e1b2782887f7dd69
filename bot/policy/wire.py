"""Policies, requests and verdicts as JSON, to cross from process to process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from bot.model.plan import Severity
from bot.policy.verdict import Exempted, Language, Outcome, Policy, Request, Shared, Verdict, Violation

_PASS = Verdict(Outcome.PASS)
_SKIP = Verdict(Outcome.SKIP, checks=0)
_SHORT: Mapping[str, Verdict] = {"p": _PASS, "s": _SKIP}
_LETTERS = {one.outcome: letter for letter, one in _SHORT.items()}
"""The verdicts that are most of them, in one letter; in a list of two with what they asked of the catalog."""


def to_line(value: object) -> bytes:
    """Compact JSON in one line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode()


def policy_to_json(policy: Policy) -> dict[str, Any]:
    """All of its fields."""
    return {
        "name": policy.name,
        "language": policy.language.value,
        "documents": list(policy.documents),
        "digest": policy.digest,
        "options": dict(policy.options),
    }


def policy_from_json(value: Mapping[str, Any]) -> Policy:
    """The inverse, without the place in a file. Raises KeyError and ValueError."""
    return Policy(
        value["name"],
        Language(value["language"]),
        tuple(value["documents"]),
        value["digest"],
        options=value["options"],
    )


def request_to_json(request: Request) -> dict[str, Any]:
    """The fields that are not what they are by default."""
    found = {one.name: getattr(request, one.name) for one in fields(request)}
    found["more"] = dict(request.more)
    return {name: value for name, value in found.items() if value is not None and value != ""}


def request_from_json(value: Mapping[str, Any]) -> Request:
    """The inverse. Raises TypeError."""
    return Request(**value)


def shared_to_json(shared: Shared) -> dict[str, Any]:
    """All of its fields."""
    return {
        "catalog": dict(shared.catalog),
        "parameters": list(shared.parameters),
        "inventory": list(shared.inventory),
        "data": dict(shared.data),
        "now": shared.now,
    }


def shared_from_json(value: Mapping[str, Any]) -> Shared:
    """The inverse. Raises KeyError."""
    lists = {name: tuple(value[name]) for name in ("parameters", "inventory")}
    return Shared(value["catalog"], lists["parameters"], lists["inventory"], value["data"], value["now"])


def verdicts_to_json(verdicts: Sequence[Verdict]) -> list[Any]:
    """A letter for each that only passes or is not concerned, all fields of the others."""
    known: dict[int, Any] = {}
    found = []
    for one in verdicts:
        # Most are the same object over and over.
        if id(one) not in known:
            known[id(one)] = _verdict_to_json(one)
        found.append(known[id(one)])
    return found


def _verdict_to_json(verdict: Verdict) -> Any:
    letter = _LETTERS.get(verdict.outcome)
    if letter is None or replace(verdict, looked=None) != _SHORT[letter]:
        return asdict(verdict)
    return letter if verdict.looked is None else [letter, verdict.looked]


def verdicts_from_json(values: Sequence[Any]) -> list[Verdict]:
    """The inverse. Raises KeyError, TypeError and ValueError."""
    return [_SHORT[one] if isinstance(one, str) else _verdict_from_json(one) for one in values]


def _asked(looked: Any) -> tuple[tuple[str, str], ...]:
    return tuple([(str(name), str(ref)) for name, ref in looked])


def _verdict_from_json(value: Any) -> Verdict:
    if isinstance(value, list):
        letter, asked_for = value
        return replace(_SHORT[letter], looked=_asked(asked_for))
    violations = tuple(
        Violation(
            **{
                **one,
                "severity": Severity(one["severity"]),
                "field": tuple(one["field"]),
            }
        )
        for one in value["violations"]
    )
    exempted = tuple(Exempted(**one) for one in value["exempted"])
    looked = value.get("looked")
    asked = _asked(looked) if looked is not None else None
    parts = {"violations": violations, "exempted": exempted, "looked": asked}
    return Verdict(**{**value, "outcome": Outcome(value["outcome"]), **parts})
