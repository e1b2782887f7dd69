"""One document to an entity and findings. Looks at nothing but the document and what it substitutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.catalog import own
from bot.catalog.choose import Chosen
from bot.catalog.entity import Entity, Pointer
from bot.catalog.positions import key_position_of, position_of
from bot.catalog.reader import Reader
from bot.catalog.schema import Problem, clip, got, problems_of
from bot.catalog.substitution import substitute
from bot.model.plan import Fact, Finding, Severity
from bot.model.rules import BUILT_IN, LOCKED


@dataclass(frozen=True, slots=True)
class Judged:
    """`entity` is None where kind or name cannot be made out."""

    entity: Entity | None
    findings: tuple[Finding, ...]
    read: tuple[tuple[str, str], ...] = ()
    """Other files that it depends on, with their content ids."""


def judge(chosen: Chosen, reader: Reader, *, is_root: bool) -> Judged:
    """Remembered by the content of the file and of all that it substitutes."""
    key = ("catalog.judged", chosen.path, reader.oid(chosen.path), chosen.document.index, is_root)
    known: Judged | None = reader.memo.get(key)
    if known is not None and all(reader.oid(path) == oid for path, oid in known.read):
        return known
    judged, is_lasting = _judge(chosen, reader, is_root=is_root)
    if is_lasting:
        reader.memo[key] = judged
    return judged


def _judge(chosen: Chosen, reader: Reader, *, is_root: bool) -> tuple[Judged, bool]:
    value = chosen.document.value
    problems: list[Problem] = []
    read: tuple[tuple[str, str], ...] = ()
    is_lasting = True
    if b"$" in chosen.data:
        done = substitute(value, chosen.path, reader, is_root=is_root)
        value, read, is_lasting = done.value, tuple(done.read), not done.unknown
        problems += done.problems
        found = (one for one in _problems(value) if not _is_at(one.pointer, done.unknown))
        problems += (_softened(one, done.foreign) for one in found)
    else:
        problems += _problems(value)
    entity = _entity(chosen, value)
    if entity is not None and own.is_severity(entity):
        problems += _rule_problems(entity)
    findings = tuple(_finding(chosen, problem) for problem in problems)
    return Judged(entity, findings, read), is_lasting


def _problems(value: Any) -> Iterable[Problem]:
    if isinstance(value, dict) and "apiVersion" not in value and "kind" not in value:
        return (Problem("entity-none", Severity.DENY, ()),)
    return problems_of(value)


def _softened(problem: Problem, foreign: Mapping[Pointer, str]) -> Problem:
    """A mapping of the wrong type that a plugin may replace before anyone looks at it."""
    name = foreign.get(problem.pointer)
    if name is None or problem.rule != "field-type":
        return problem
    facts: dict[str, Fact] = {"name": clip(name), "case": "plugin"}
    return Problem("substitution-unknown", Severity.INFO, (*problem.pointer, name), at_key=True, facts=facts)


def _is_at(pointer: Pointer, unknown: Iterable[Pointer]) -> bool:
    return any(pointer[: len(one)] == one for one in unknown)


def _finding(chosen: Chosen, problem: Problem) -> Finding:
    find = key_position_of if problem.at_key else position_of
    place = find(chosen.data, chosen.document.index, problem.pointer)
    return Finding(problem.rule, problem.severity, chosen.path, place.line, place.column, problem.facts)


def _entity(chosen: Chosen, value: Any) -> Entity | None:
    if not isinstance(value, dict):
        return None
    api_version, kind, metadata = value.get("apiVersion"), value.get("kind"), value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not (_is_text(api_version) and _is_text(kind) and _is_text(name)) or not isinstance(metadata, dict):
        return None
    namespace, spec = metadata.get("namespace"), value.get("spec")
    return Entity(
        path=chosen.path,
        api_version=str(api_version),
        kind=str(kind),
        namespace=namespace if isinstance(namespace, str) and namespace else "default",
        name=str(name),
        metadata=metadata,
        spec=spec if isinstance(spec, dict) else {},
        source=chosen.data,
        index=chosen.document.index,
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _rule_problems(entity: Entity) -> Iterator[Problem]:
    facts: dict[str, Fact] = {"name": clip(entity.name)}
    if entity.name not in BUILT_IN:
        near = tuple(get_close_matches(entity.name[:100], sorted(BUILT_IN), n=3, cutoff=0.5))
        yield Problem("rule-unknown", Severity.DENY, ("metadata", "name"), facts={**facts, "near": near})
    elif entity.name in LOCKED and entity.spec.get("severity") != Severity.DENY:
        facts["severity"] = got(entity.spec.get("severity"))
        yield Problem("rule-locked", Severity.WARN, ("spec", "severity"), facts=facts)
