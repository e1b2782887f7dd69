"""What of an admission policy no API server would compile: functions, fields and types that Kubernetes lacks.

Says where, and why. Of Kyverno's kinds, which bring their own functions, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.admission.kyverno import is_kyverno
from bot.policy.cel.clusters import AUTHORIZER, refused
from bot.policy.cel.faults import CelProblem
from bot.policy.cel.kubernetes import NEWEST
from bot.policy.verdict import Json

_MINOR = re.compile(r"v?1\.(\d{1,3})")
_ALWAYS = {"object": "dyn", "oldObject": "dyn", "request": "dyn", "namespaceObject": "dyn"}
WORDS = "no API server compiles this: "
"""What such a problem begins with."""
Place = tuple[str | int, ...]


def minor(version: Json) -> int:
    """The minor version of `1.34`; the newest that is known where there is none, or a newer one."""
    found = _MINOR.match(str(version or ""))
    return min(int(found[1]), NEWEST) if found else NEWEST


def refusal(policy: Mapping[str, Any], *, version: int = NEWEST) -> tuple[Place, CelProblem] | None:
    """The first expression that no API server of this minor version takes: its place, and why."""
    return next(refusals(policy, version=version), None)


def refusals(policy: Mapping[str, Any], *, version: int = NEWEST) -> Iterator[tuple[Place, CelProblem]]:
    """All of them, in the order in which they are evaluated. Raises KeyError and the like for no policy."""
    if is_kyverno(policy):
        return
    spec = policy["spec"]
    names = {**_ALWAYS, **({"params": "dyn"} if spec.get("paramKind") else {}), **AUTHORIZER}
    conditions = enumerate(spec.get("matchConditions") or ())
    for number, one in conditions:
        yield from _said(("matchConditions", number, "expression"), one, names, {"bool"}, version)[0]
    names["variables"] = "dyn"
    for number, one in enumerate(spec.get("variables") or ()):
        found, kind = _said(("variables", number, "expression"), one, names, set(), version)
        yield from found
        names[f"variables.{one['name']}"] = kind
    unauthorized = {name: kind for name, kind in names.items() if name not in AUTHORIZER}
    for number, one in enumerate(spec.get("validations") or ()):
        yield from _said(("validations", number, "expression"), one, names, {"bool"}, version)[0]
        yield from _said(
            ("validations", number, "messageExpression"), one, unauthorized, {"string"}, version
        )[0]
    for number, one in enumerate(spec.get("auditAnnotations") or ()):
        place = ("auditAnnotations", number, "valueExpression")
        yield from _said(place, one, names, {"string", "null"}, version)[0]


def _said(
    place: Place, holder: Mapping[str, Any], names: Mapping[str, str], gives: set[str], version: int
) -> tuple[list[tuple[Place, CelProblem]], str]:
    text = holder.get(str(place[-1]))
    if not text:
        return [], "dyn"
    found, kind = refused(str(text), names, gives, version=version)
    if found is None:
        return [], kind
    return [(("spec", *place), CelProblem(WORDS + found.message, found.line, found.column))], kind
