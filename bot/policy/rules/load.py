"""All of a repo's rules as one set, in whatever language each is written.

What cannot be loaded is a finding at its line; nothing is left out without a word. Runs no engine: whether
expressions can be compiled, `compiles.py` asks the judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from json import dumps

from pydantic import ValidationError

from bot.catalog import own
from bot.catalog.entity import Catalog, Entity
from bot.catalog.layout import Layout
from bot.catalog.reader import Reader
from bot.model.plan import Fact, Finding, Severity
from bot.model.rules import BUILT_IN
from bot.model.tree import Files, Memo
from bot.policy.rego.conventions import severity_of
from bot.policy.rego.load import rego_policies
from bot.policy.rego.modules import judging, known
from bot.policy.rules.foreign import foreign_rulings
from bot.policy.rules.read import data_documents, documents, rego_files
from bot.policy.rules.ruleset import RuleSet, Ruling, overridden, weight_of
from bot.policy.verdict import Language, Policy

_LOOKS = re.compile(r"\bcatalog\s*\.")
_ASKS_TIME = re.compile(r"\bnow\b")
_REGO_TIME = re.compile(r"\btime\.")

Placed = tuple[Ruling, tuple[int, int]]
"""A ruling, and the line and column of its name."""


def load_rules(files: Files, catalog: Catalog, layout: Layout, memo: Memo | None = None) -> RuleSet:
    """Everything below the rules' folder, and the catalog's Rules wherever they stand.

    `memo` keeps the set by the content of all that it is made of.
    """
    memo = {} if memo is None else memo
    reader = Reader(files, memo)
    rules = [one for one in catalog.of_kind("Rule") if _is_ours(one) and catalog.get(one.ref) is one]
    entries = tuple((one.path, one.oid) for one in files.list("" if layout.rules == "." else layout.rules))
    key = ("rules", layout, entries, tuple((one.path, one.index, one.source) for one in rules))
    if key not in memo:
        memo[key] = _loaded(reader, rules, layout)
    found: RuleSet = memo[key]
    return found


def _is_ours(entity: Entity) -> bool:
    return entity.api_version == own.API_VERSION and isinstance(entity.spec, Mapping)


def _loaded(reader: Reader, rules: list[Entity], layout: Layout) -> RuleSet:
    findings: list[Finding] = []
    placed = [*_own(rules, findings)]
    modules = rego_files(reader, layout)
    placed += _rego(modules, findings)
    others, parameters = foreign_rulings([*documents(reader, layout)], findings)
    placed += others
    rulings = _unique(placed, findings)
    overrides = {one.name: one.spec for one in rules if own.is_severity(one) and _is_sound(one)}
    return RuleSet(
        rulings=tuple(
            overridden(one, overrides[one.name])
            if one.name in overrides and one.language is not Language.CEL
            else one
            for one in rulings
        ),
        findings=tuple(sorted(findings, key=lambda one: (one.path, one.line, one.column, one.rule))),
        parameters=parameters,
        data=data_documents(reader, layout),
        overrides=overrides,
    )


def _unique(placed: Iterable[Placed], findings: list[Finding]) -> list[Ruling]:
    """Of two with one name the first by path judges, and the other is told of."""
    found: dict[str, Ruling] = {}
    for one, where in sorted(placed, key=lambda pair: (pair[0].policy.path, pair[0].policy.line)):
        path = one.policy.path
        first = found.setdefault(one.name, one)
        facts: dict[str, Fact] = {"name": one.name, "first": f"{first.policy.path}:{first.policy.line}"}
        if first is not one:
            findings.append(Finding("rule-name", Severity.DENY, path, *where, facts))
        elif one.name in BUILT_IN:
            findings.append(Finding("rule-name", Severity.DENY, path, *where, {**facts, "case": "taken"}))
    return [found[name] for name in sorted(found)]


def _own(rules: Iterable[Entity], findings: list[Finding]) -> Iterator[Placed]:
    for one in rules:
        if own.is_severity(one):
            continue
        try:
            spec = own.RuleSpec.model_validate(dict(one.spec))
        except ValidationError:
            continue  # the catalog's check says what is wrong, field by field
        case = "judges" if spec.judges is None else "empty" if not spec.validations else ""
        if case:
            facts: dict[str, Fact] = {"name": one.name, "case": case}
            findings.append(Finding("rule-broken", Severity.DENY, one.path, *one.where_key("spec"), facts))
            continue
        place = one.where("metadata", "name")
        yield _ruling(one, spec, place.line), place


def _ruling(entity: Entity, spec: own.RuleSpec, line: int) -> Ruling:
    judged = ("judges", "match", "variables", "validations")
    document = {"spec": {key: entity.spec[key] for key in judged if key in entity.spec}}
    text = dumps(document, default=str)
    needs = {"catalog": _LOOKS, "now": _ASKS_TIME}
    links = entity.metadata.get("links")
    first = links[0] if isinstance(links, list) and links and isinstance(links[0], Mapping) else {}
    return Ruling(
        Policy(entity.name, Language.CEL, (document,), digest_of(document), entity.path, line),
        judges=str(spec.judges),
        weight=weight_of(entity.spec),
        heaviest=Severity.DENY,
        title=str(entity.metadata.get("title") or ""),
        description=str(spec.description or entity.metadata.get("description") or ""),
        fix=spec.fix,
        link=str(first.get("url") or ""),
        waivable=spec.waivable,
        max_waiver_days=spec.maxWaiverDays,
        needs=frozenset(name for name, pattern in needs.items() if pattern.search(text)),
    )


def _rego(files: Mapping[str, bytes], findings: list[Finding]) -> Iterator[Placed]:
    """A ruling a namespace that judges. Libraries are only what these import."""
    policies, problems = rego_policies(files, namespaces=None)
    for problem in problems:
        severity = Severity.DENY if problem.is_error else Severity.WARN
        facts: dict[str, Fact] = {"name": problem.path, "reason": problem.message, "case": "rego"}
        findings.append(Finding("rule-broken", severity, problem.path, problem.line, problem.column, facts))
    for policy in policies:
        modules = known(policy.documents)
        heads = judging(modules, policy.name)
        if not heads:
            continue
        said = {severity_of(one.name) for one in heads}
        text = " ".join(str(one["text"]) for one in policy.documents)
        needs = {"data"} | ({"now"} if _REGO_TIME.search(text) else set())
        ruling = Ruling(
            policy,
            judges="object",
            heaviest=Severity.DENY if Severity.DENY in said else Severity.WARN,
            needs=frozenset(needs),
        )
        yield ruling, (policy.line, 1)


def _is_sound(entity: Entity) -> bool:
    try:
        own.RuleSpec.model_validate(dict(entity.spec))
    except ValidationError:
        return False
    return True


def digest_of(value: object) -> str:
    """SHA-256 of plain values."""
    return sha256(dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()
