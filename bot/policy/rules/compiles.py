"""Whether the rules can be compiled at all, and where in which file they cannot. Asks the judge.

Only in a judge's process are expressions compiled: hostile ones can be endless there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.catalog.entity import Pointer
from bot.catalog.positions import position_of
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import Memo
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.rules.verdicts import STOPPED
from bot.policy.verdict import Judge, Language, Outcome, Policy, Request, Shared

_NOTHING = Request()
"""Of no interest to any policy: what cannot be compiled has no verdict even of it."""
_HOLDERS = ("matchConditions", "variables", "validations")
_REFUSED = re.compile(r"(\w+)\[(\d+)\]\.(\w+): (no API server compiles this: .*)", re.DOTALL)
_PLACE = re.compile(r" \(line (\d+), column (\d+) of the expression\)$")


def compile_findings(rules: RuleSet, judge: Judge, memo: Memo) -> tuple[Finding, ...]:
    """`rule-broken` at the expression that cannot be compiled, `rule-stopped` where even that has no end."""
    found: list[Finding] = []
    wanted = [one for one in rules.rulings if ("compiles", one.policy.digest) not in memo]
    answers = judge([one.policy for one in wanted], [_NOTHING], Shared()) if wanted else []
    for ruling, (verdict, *_) in zip(wanted, answers, strict=True):
        reason = verdict.reason if verdict.outcome is Outcome.NOT_EVALUATED else ""
        if not reason.startswith(STOPPED):
            memo["compiles", ruling.policy.digest] = reason
        elif ruling.policy.path:
            found.append(_stopped(ruling, reason))
    said = {one.name: memo.get(("compiles", one.policy.digest), "") for one in rules.rulings}
    return (*found, *(_finding(one, said[one.name], judge) for one in rules.rulings if said[one.name]))


def _stopped(ruling: Ruling, reason: str) -> Finding:
    facts: dict[str, Fact] = {"name": ruling.name, "reason": reason.removeprefix(STOPPED), "case": "compile"}
    return Finding("rule-stopped", Severity.DENY, ruling.policy.path, ruling.policy.line, facts=facts)


def _finding(ruling: Ruling, reason: str, judge: Judge) -> Finding:
    pointer, said = _refused(reason) or next(_culprits(ruling, judge), ((), reason))
    place = _PLACE.search(said)
    facts: dict[str, Fact] = {"name": ruling.name, "reason": _PLACE.sub("", said)}
    facts["case"] = "expression" if pointer else "file"
    line, column = ruling.policy.line, 0
    if pointer and ruling.source:
        start = position_of(ruling.source, ruling.index, pointer)
        inside = (int(place[1]), int(place[2])) if place else (1, 1)
        line, column = _inside(ruling.source, start, inside)
    if place:
        facts |= {"line": int(place[1]), "column": int(place[2])}
    return Finding("rule-broken", Severity.DENY, ruling.policy.path, line, column, facts)


def _refused(reason: str) -> tuple[Pointer, str] | None:
    """The place that the reason names itself, where no API server takes an expression."""
    found = _REFUSED.match(reason)
    return (("spec", found[1], int(found[2]), found[3]), found[4]) if found else None


def _culprits(ruling: Ruling, judge: Judge) -> Iterator[tuple[Pointer, str]]:
    """Expressions that cannot be compiled alone, with the judge's reason."""
    if ruling.language not in (Language.CEL, Language.ADMISSION):
        return
    alone = list(_alone(ruling))
    answers = judge([policy for _, policy in alone], [_NOTHING], Shared()) if alone else []
    for (pointer, _), (verdict, *_) in zip(alone, answers, strict=True):
        if verdict.outcome is Outcome.NOT_EVALUATED:
            yield pointer, verdict.reason


def _alone(ruling: Ruling) -> Iterator[tuple[Pointer, Policy]]:
    """A policy for each expression, in which there is no other."""
    document = ruling.policy.documents[0]
    spec = document["spec"]
    bare = {key: one for key, one in spec.items() if key not in _HOLDERS}
    match = {key: one for key, one in spec.get("match", {}).items() if key != "where"}
    bare = bare | {"match": match} if "match" in spec else bare

    def policy(text: str) -> Policy:
        one = {**document, "spec": {**bare, "validations": [{"expression": text}]}}
        return replace(ruling.policy, documents=(one, *ruling.policy.documents[1:]))

    where = spec.get("match", {}).get("where") if isinstance(spec.get("match"), Mapping) else None
    if where:
        yield ("spec", "match", "where"), policy(str(where))
    for key in _HOLDERS:
        for number, one in enumerate(spec.get(key) or ()):
            for name in ("expression", "messageExpression", "lineExpression"):
                if isinstance(one, Mapping) and one.get(name):
                    yield ("spec", key, number, name), policy(str(one[name]))


def _inside(source: bytes, start: tuple[int, int], inside: tuple[int, int]) -> tuple[int, int]:
    """The place in the file of a place in an expression that begins at `start`.

    Exact for plain and literal (`|`) text. Of folded text (`>`) the lines are gone: then its beginning.
    """
    lines = source.decode("utf-8", "replace").split("\n")
    head = lines[start[0] - 1][start[1] - 1 :] if start[0] <= len(lines) else ""
    line, column = inside
    if head[:1] == "|":
        at = start[0] + line
        indent = len(lines[at - 1]) - len(lines[at - 1].lstrip()) if at <= len(lines) else 0
        first = len(lines[start[0]]) - len(lines[start[0]].lstrip()) if start[0] < len(lines) else indent
        return at, first + column
    if head[:1] == ">" or line > 1:
        return start[0] + (1 if head[:1] == ">" else 0), 0
    return start[0], start[1] + column - 1 + (1 if head[:1] in "'\"" else 0)
