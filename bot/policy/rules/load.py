"""All of a repo's rules as one set, in whatever language each is written.

What cannot be loaded is a finding at its line; nothing is left out without a word. Runs no engine: whether
expressions can be compiled, `compiles.py` asks the judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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
from bot.policy.rego.annotations import Annotations, read_annotations
from bot.policy.rego.conventions import severity_of
from bot.policy.rego.engine import Problem
from bot.policy.rego.load import rego_policies
from bot.policy.rego.modules import Known, judging, known, namespace_of
from bot.policy.rules.foreign import broken, foreign_rulings
from bot.policy.rules.read import data_documents, documents, rego_files
from bot.policy.rules.ruleset import RuleSet, Ruling, overridden, weight_of
from bot.policy.verdict import Language, Policy

_ASKS = {
    "catalog": re.compile(r"\bcatalog\s*\."),
    "now": re.compile(r"\bnow\b"),
    "pull": re.compile(r"\bpull\b"),
    "siblings": re.compile(r"\bsiblings\b"),
}
"""What an expression may ask for, besides what is judged."""
_REGO_TIME = re.compile(r"\btime\.")


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
    foreign, parameters = foreign_rulings([*documents(reader, layout)], findings)
    found = [*_own(rules, findings), *_rego(rego_files(reader, layout), findings), *foreign]
    rulings = _unique(found, findings)
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


def _unique(rulings: Iterable[Ruling], findings: list[Finding]) -> list[Ruling]:
    """Of two with one name the first by path judges, and the other is told of."""
    found: dict[str, Ruling] = {}
    for one in sorted(rulings, key=lambda each: (each.policy.path, each.policy.line)):
        path, line = one.policy.path, one.policy.line
        first = found.setdefault(one.name, one)
        facts: dict[str, Fact] = {"name": one.name, "first": f"{first.policy.path}:{first.policy.line}"}
        if first is not one:
            findings.append(Finding("rule-name", Severity.DENY, path, line, facts=facts))
        elif one.name in BUILT_IN:
            facts["case"] = "taken"
            findings.append(Finding("rule-name", Severity.DENY, path, line, facts=facts))
    return [found[name] for name in sorted(found)]


def _own(rules: Iterable[Entity], findings: list[Finding]) -> Iterator[Ruling]:
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
        yield _ruling(one, spec)


def _ruling(entity: Entity, spec: own.RuleSpec) -> Ruling:
    judged = ("judges", "match", "variables", "validations")
    document = {"spec": {key: entity.spec[key] for key in judged if key in entity.spec}}
    text = dumps(document, default=str)
    line = entity.where("metadata", "name").line
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
        needs=frozenset(name for name, pattern in _ASKS.items() if pattern.search(text)),
        source=entity.source,
        index=entity.index,
    )


def _rego(files: Mapping[str, bytes], findings: list[Finding]) -> Iterator[Ruling]:
    """A ruling a namespace that judges. Libraries are only what these import."""
    policies, problems = rego_policies(files, namespaces=None)
    findings += map(broken, problems)
    for policy in policies:
        modules = known(policy.documents)
        heads = judging(modules, policy.name)
        if not heads:
            continue
        said = {severity_of(one.name) for one in heads}
        text = " ".join(str(one["text"]) for one in policy.documents)
        needs = {"data"} | ({"now"} if _REGO_TIME.search(text) else set())
        words = _annotated(policy, modules, findings)
        if words is None:
            continue
        options = {**policy.options, "judges": words.judges, "paths": list(words.paths)}
        yield Ruling(
            replace(policy, options=options),
            judges=words.judges,
            heaviest=Severity.DENY if Severity.DENY in said else Severity.WARN,
            title=words.title,
            description=words.description,
            fix=words.fix,
            link=words.link,
            needs=frozenset(needs),
        )


def _annotated(policy: Policy, modules: Iterable[Known], findings: list[Finding]) -> Annotations | None:
    """What a namespace says of itself; None, with a finding, where that cannot be used."""
    own = (one for one in modules if namespace_of(one) == policy.name)
    said = [(one, found) for one in own if (found := read_annotations(one.module.text)) is not None]
    if not said:
        return Annotations()
    for module, found in said:
        if found.problem or (found.judges, found.paths) != (said[0][1].judges, said[0][1].paths):
            reason = found.problem or f"its METADATA and that of {said[0][0].module.path} do not say the same"
            findings.append(broken(Problem(module.module.path, found.line, 1, reason)))
            return None
    return said[0][1]


def _is_sound(entity: Entity) -> bool:
    try:
        own.RuleSpec.model_validate(dict(entity.spec))
    except ValidationError:
        return False
    return True


def digest_of(value: object) -> str:
    """SHA-256 of plain values."""
    return sha256(dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()
