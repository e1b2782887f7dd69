"""Rules on objects as objects of a cluster: ValidatingAdmissionPolicy and binding, for one environment.

The cluster then refuses what the pull request refused. What a cluster cannot know is put in as a constant
(`environment.name`), read from the labels that our templates write, or else the rule is left out, with why.
Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from bot.catalog.own import MANAGED
from bot.model.plan import Severity
from bot.policy.admission.kyverno import is_kyverno
from bot.policy.admission.refused import WORDS, minor, refusal
from bot.policy.admission.resources import plural
from bot.policy.admission.selectors import NAME_LABEL
from bot.policy.cel.scan import Token, tokens
from bot.policy.rules.match import TIER
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.verdict import Json, Language

API_VERSION = "admissionregistration.k8s.io/v1"
NAME = "app.kubernetes.io/name"
"""The label of an object that says of which component it is."""
CARRIED = (TIER, "roadcrew.dev/cost-center")
"""Labels of an entity that its objects carry as well."""
_ACTIONS = {Severity.DENY: "Deny", Severity.WARN: "Warn", Severity.INFO: "Audit"}
_ABSENT = ("entity", "environment", "pull", "file", "siblings", "now", "catalog")
_SYSTEM = ("kube-node-lease", "kube-public", "kube-system")
"""Namespaces of the cluster itself: nobody's pull request has judged what is there."""
_LONGEST, _MOST_OPTIONAL = 100_000, 8
"""Characters of a policy, and steps by `optMap` and `optFlatMap`, that are compiled to see whether a cluster
will: each such step doubles what was before it."""
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_LABEL_OF = ["entity", ".", "metadata", ".", "labels", "["]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class _Left(Exception):
    """Why a rule stays behind: a key of the words in `bot/report/`, and what it is about."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.what = what


@dataclass(frozen=True, slots=True)
class Left:
    """A rule that could not be exported. `reason`: a key of `LEFT` in `bot/report/rulesexport.py`."""

    rule: str
    reason: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """Objects by file name, and what was left out."""

    objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Of which objects a cluster judges: those with `labels`, but for those of waived components.

    `spared` by rule; `open_`: rules of which something is waived that a cluster cannot tell. These warn.
    """

    labels: Mapping[str, str] = field(default_factory=lambda: dict(MANAGED))
    spared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    open_: Collection[str] = ()


def exported(
    rules: RuleSet, environment: Mapping[str, Json], today: date, reach: Reach | None = None
) -> Exported:
    """The objects for a cluster of this environment, as rules see it (`name`, `order`, `isLast`, ...).

    `today` says what a rule with `denyFrom` weighs.
    """
    reach = reach or Reach()
    objects: dict[str, Mapping[str, Any]] = {}
    left: list[Left] = []
    for ruling in rules.rulings:
        severity = ruling.severity(today)
        if severity is None or ruling.judges != "object":
            continue
        try:
            made = list(_made(ruling, _Weighed(ruling, severity, reach), environment))
            _taken(made, environment)
        except _Left as problem:
            left.append(Left(ruling.name, problem.reason, problem.what))
            continue
        objects |= {_file(one): one for one in made}
    if any(one["kind"] == "ValidatingAdmissionPolicy" for one in objects.values()):
        objects |= {_file(one): one for one in rules.parameters}
    return Exported(dict(sorted(objects.items())), tuple(left))


def _taken(made: Iterable[Mapping[str, Any]], environment: Mapping[str, Json]) -> None:
    """Raises _Left for a policy that the API server would refuse.

    One of a version compiles new policies by what the version before it knows, so that it can be rolled back.
    """
    version = minor(environment.get("kubernetes"))
    for policy in made:
        if policy["kind"] != "ValidatingAdmissionPolicy":
            continue
        if len(json.dumps(policy["spec"])) > _LONGEST or str(policy["spec"]).count(".opt") > _MOST_OPTIONAL:
            raise _Left("long")
        found = refusal(policy, version=version - 1 if environment.get("kubernetes") else version)
        if found is not None:
            said = found[1].message.removeprefix(WORDS)
            undeclared = _UNDECLARED.match(said)
            raise _Left("unknown", undeclared[1]) if undeclared else _Left("refused", said)


def _file(value: Mapping[str, Any]) -> str:
    """As rendered objects are called."""
    metadata = value.get("metadata") or {}
    return f"{value.get('kind', '')}-{metadata.get('name', '')}.yaml".lower().replace("/", "-")


def _made(ruling: Ruling, weighed: _Weighed, environment: Mapping[str, Json]) -> Iterator[Mapping[str, Any]]:
    """Raises _Left."""
    match ruling.language:
        case Language.CEL:
            yield from _own(ruling, weighed, environment)
        case Language.ADMISSION:
            yield from _as_it_is(ruling, weighed)
        case Language.REGO | Language.GATEKEEPER:
            raise _Left("rego")


def _as_it_is(ruling: Ruling, weighed: _Weighed) -> Iterator[Mapping[str, Any]]:
    policy, *bindings = ruling.policy.documents
    if is_kyverno(policy):
        raise _Left("kyverno")
    yield policy
    for one in bindings:
        yield weighed.narrowed(one)
    if not bindings:
        if policy["spec"].get("paramKind"):
            raise _Left("params")
        yield weighed.binding(ruling.name)


def _own(ruling: Ruling, weighed: _Weighed, environment: Mapping[str, Json]) -> Iterator[Mapping[str, Any]]:
    spec = ruling.policy.documents[0]["spec"]
    match: Mapping[str, Any] = spec.get("match") or {}
    stages = match.get("environments") or []
    if stages and not any(fnmatchcase(str(environment.get("name", "")), one) for one in stages):
        return
    name = _named(ruling.name)
    put = _Putter(environment)
    conditions = [*_conditions(match, put)]
    policy_spec: dict[str, Any] = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [*_resource_rules(match)], **_selector(match)},
        "matchConditions": conditions,
        "variables": [
            {"name": one["name"], "expression": put(one["expression"])} for one in spec.get("variables") or ()
        ],
        "validations": [_validation(one, ruling, put) for one in spec["validations"]],
    }
    yield {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name, "annotations": _annotations(ruling), "labels": MANAGED},
        "spec": {key: value for key, value in policy_spec.items() if value},
    }
    yield weighed.binding(name)


def _named(name: str) -> str:
    """As Kubernetes wants it. Raises _Left."""
    found = name.lower().replace("_", "-")
    if not _NAME.fullmatch(found):
        raise _Left("name")
    return found


def _annotations(ruling: Ruling) -> dict[str, str]:
    said = {"title": ruling.title, "description": ruling.description, "fix": ruling.fix, "link": ruling.link}
    return {f"roadcrew.dev/{name}": text for name, text in said.items() if text}


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What a rule does in a cluster, and to which objects."""

    ruling: Ruling
    severity: Severity
    reach: Reach

    def binding(self, policy: str) -> Mapping[str, Any]:
        return {
            "apiVersion": API_VERSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": policy, "labels": MANAGED},
            "spec": {
                "policyName": policy,
                "validationActions": [self._lightest(_ACTIONS[self.severity])],
                "matchResources": self._where({}),
            },
        }

    def narrowed(self, binding: Mapping[str, Any]) -> Mapping[str, Any]:
        """A binding of someone's own. Where it says which objects it is for, it keeps to that."""
        spec = binding.get("spec") or {}
        said = [str(one) for one in spec.get("validationActions") or ()]
        if self.severity is not self.ruling.heaviest:
            said = [_ACTIONS[self.severity]]
        actions = {"validationActions": list(dict.fromkeys(map(self._lightest, said)))} if said else {}
        where = {"matchResources": self._where(spec.get("matchResources") or {})}
        return {**binding, "spec": {**spec, **actions, **where}}

    def _lightest(self, action: str) -> str:
        return "Warn" if action == "Deny" and self.ruling.name in self.reach.open_ else action

    def _where(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        selector: Mapping[str, Any] = said.get("objectSelector") or {}
        found = dict(said)
        if not said.get("namespaceSelector"):
            outside = {"key": NAME_LABEL, "operator": "NotIn", "values": [*_SYSTEM]}
            found["namespaceSelector"] = {"matchExpressions": [outside]}
        if not selector and self.reach.labels:
            selector = {"matchLabels": dict(self.reach.labels)}
        spared = self.reach.spared.get(self.ruling.name)
        if spared:
            waived = {"key": NAME, "operator": "NotIn", "values": sorted(spared)}
            more = [*(selector.get("matchExpressions") or ()), waived]
            selector = {**selector, "matchExpressions": more}
        return found | ({"objectSelector": selector} if selector else {})


def _validation(one: Mapping[str, str], ruling: Ruling, put: _Putter) -> Mapping[str, str]:
    """Kubernetes wants a message of one line beside an expression of several."""
    message = " ".join((one.get("message") or ruling.title or ruling.name).split())
    found = {"expression": put(one["expression"]), "message": message}
    more = one.get("messageExpression")
    return found | ({"messageExpression": put(more)} if more else {})


def _resource_rules(match: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    kinds = match.get("kinds") or []
    if not kinds:
        # A cluster has far more objects than any pull request, most of them made by its own controllers.
        raise _Left("kinds")
    by_group: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        group, version, bare = _kind(kind)
        by_group.setdefault((group, version), []).append(plural(bare))
    for (group, version), resources in by_group.items():
        yield {
            "apiGroups": [group],
            "apiVersions": [version],
            "operations": ["CREATE", "UPDATE"],
            "resources": resources,
        }


def _kind(text: str) -> tuple[str, str, str]:
    """Group, version and kind of `Deployment`, `v1/Pod` or `apps/v1/Deployment`. Raises _Left."""
    before, _, kind = text.rpartition("/")
    group, _, version = before.rpartition("/")
    if not before:
        group, version = "*", "*"
    if "*" in kind or any("*" in one and one != "*" for one in (group, version)):
        raise _Left("glob", text)
    return group, version, kind


def _selector(match: Mapping[str, Any]) -> Mapping[str, Any]:
    """Labels that are said in full. Those with `*` become conditions."""
    wanted = {key: value for key, value in (match.get("labels") or {}).items() if "*" not in value}
    tiers = match.get("tiers") or []
    expressions = []
    if tiers and not any("*" in one for one in tiers):
        expressions.append({"key": TIER, "operator": "In", "values": [*tiers]})
    found = {"matchLabels": wanted, "matchExpressions": expressions}
    found = {key: value for key, value in found.items() if value}
    return {"objectSelector": found} if found else {}


def _conditions(match: Mapping[str, Any], put: _Putter) -> Iterator[Mapping[str, str]]:
    """Raises _Left."""
    for key in ("types", "owners", "paths"):
        if match.get(key):
            raise _Left("match", f"match.{key}")
    globs = {TIER: match.get("tiers") or []} | {
        key: [value] for key, value in (match.get("labels") or {}).items()
    }
    number = 0
    for key, patterns in globs.items():
        if any("*" in one for one in patterns):
            number += 1
            yield {"name": f"label-{number}", "expression": _label(key, patterns)}
    if match.get("where"):
        yield {"name": "where", "expression": put(match["where"])}


def _label(key: str, patterns: Iterable[str]) -> str:
    """Whether the object has a label of one of the patterns."""
    said = "|".join(".*".join(re.escape(part) for part in one.split("*")) for one in patterns)
    place = f"object.metadata.labels[{json.dumps(key)}]"
    has = f"has(object.metadata.labels) && {json.dumps(key)} in object.metadata.labels"
    return f"{has} && {place}.matches({json.dumps(f'^(?s:{said})$')})"


class _Putter:
    """Puts constants and labels for what a cluster does not know."""

    def __init__(self, environment: Mapping[str, Json]) -> None:
        self._environment = environment

    def __call__(self, text: str) -> str:
        """The expression as a cluster can evaluate it. Raises _Left."""
        found = tokens(text)
        pieces: list[str] = []
        at = 0
        for number, token in enumerate(found):
            put = self._put(found, number)
            if put is not None:
                pieces += [text[at : token.start], put[0]]
                at = put[1]
        return "".join([*pieces, text[at:]])

    def _put(self, found: Sequence[Token], number: int) -> tuple[str, int] | None:
        """What stands for it, and up to where; None where it may stay."""
        token = found[number]
        is_member = number > 0 and found[number - 1].text in {".", ".?"}
        is_key = found[number + 1 : number + 2] and found[number + 1].text == ":"
        if token.kind != "name" or token.text not in _ABSENT or is_member or is_key:
            return None
        signs = [
            "." if one.text == ".?" else one.text.replace("[?", "[") for one in found[number : number + 8]
        ]
        fact = "" if token.text != "environment" or signs[1:2] != ["."] else signs[2]
        if fact in self._environment and signs[3:4] != ["("]:
            return json.dumps(self._environment[fact]), found[number + 2].end
        is_label = signs[:6] == _LABEL_OF and signs[7:8] == ["]"]
        if is_label and signs[6].strip("\"'") in CARRIED:
            return "object", token.end
        raise _Left("asks", token.text)
