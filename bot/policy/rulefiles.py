"""Any rule files to policies, whatever their languages: what `roadcrew rules eval` judges by.

A platform repo's own rules are loaded by `bot/policy/rules/load.py`, which knows the catalog around them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import ValidationError

from bot.catalog import own
from bot.catalog.broken import Broken
from bot.policy.admission.load import (
    BINDING,
    POLICIES,
    admission_policies,
    is_policy,
    is_read,
    kind_of,
)
from bot.policy.documents import Document, documents_of, objects_of
from bot.policy.rego.engine import Problem
from bot.policy.rego.gatekeeper import Placed, gatekeeper_policies, is_constraint, is_template
from bot.policy.rego.load import digest_of, rego_documents, rego_policies
from bot.policy.rules.ruleset import OFF, Weight, weight_of
from bot.policy.verdict import Json, Language, Policy

_KINDS = sorted({kind for _, kind in POLICIES | {BINDING}} | {"ConstraintTemplate", "Rule"})
_MEANT = re.compile(rf"kind[\"']?\s*:\s*[\"']?({'|'.join(_KINDS)})\b")
_GLOB = re.compile(r"[*?\[]")


class BrokenFile(Exception):
    """A rule file that cannot be read."""

    def __init__(self, path: str, broken: Broken) -> None:
        super().__init__(path)
        self.path = path
        self.broken = broken


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """What the files hold. `weights`: of each `kind: Rule`; `spaces`: all Rego packages, judging or not.

    A problem that is an error stands for a rule that would have judged: it has no verdict.
    """

    policies: tuple[Policy, ...] = ()
    weights: Mapping[str, Weight] = field(default_factory=dict)
    parameters: tuple[Json, ...] = ()
    problems: tuple[Problem, ...] = ()
    spaces: tuple[str, ...] = ()


def rule_files(
    files: Mapping[str, bytes],
    *,
    namespaces: Sequence[str] | None = ("main",),
    version: str = "auto",
    kubernetes: str = "",
    named: Collection[str] = (),
) -> RuleFiles:
    """The policies of `.rego`, YAML and JSON files. Raises BrokenFile where a file of rules cannot be read.

    `named`: paths that were asked for; what lies beside rules in a folder need not be readable.
    `namespaces`: of Rego; globs are allowed, None is all. `version`: `v0`, `v1` or `auto`.
    """
    modules = {path: data for path, data in files.items() if path.endswith(".rego")}
    documents = [
        one for path, data in files.items() if path not in modules for one in _read(path, data, named)
    ]
    placed = [Placed(one.path, one.place("metadata", "name")[0], one.value) for one in documents]
    spaces, rego, problems = _rego(modules, namespaces, version)
    admission = admission_policies(placed, kubernetes=kubernetes)
    constraints, wrong = gatekeeper_policies(placed)
    own_rules, weights, broken = _own(documents)
    return RuleFiles(
        (*rego, *admission.policies, *constraints, *own_rules),
        weights,
        admission.parameters,
        (*problems, *admission.problems, *wrong, *broken, *_unread(placed, admission.parameters)),
        tuple(spaces),
    )


def _unread(documents: Iterable[Placed], parameters: Collection[Json]) -> Iterator[Problem]:
    """Policies of engines that nobody here speaks for. What is no policy lies beside the rules, and may."""
    for one in documents:
        value = one.document
        is_ours = is_read(value) or is_template(value) or is_constraint(value) or value in parameters
        if is_policy(value) and not is_ours:
            said = f"not read: kind {value.get('kind')} of {value['apiVersion']}"
            yield Problem(one.path, one.line, 0, said, is_error=False)


def _read(path: str, data: bytes, named: Collection[str]) -> Iterator[Document]:
    try:
        found = documents_of(path, data)
    except Broken as broken:
        if path in named or _MEANT.search(data.decode(errors="replace")):
            raise BrokenFile(path, broken) from None
        return  # a template or a test's input that lies beside the rules
    for document in found:
        yield from (one for one in objects_of(document) if "apiVersion" in one.value)


def _rego(
    modules: Mapping[str, bytes], namespaces: Sequence[str] | None, version: str
) -> tuple[list[str], list[Policy], list[Problem]]:
    every, _ = rego_policies(modules, None, version)
    _, problems = rego_documents(modules, version)
    spaces = [one.name for one in every]
    if namespaces is None:
        return spaces, every, problems
    by_name = {one.name: one for one in every}
    wanted = list(dict.fromkeys(name for given in namespaces for name in _meant(given, spaces)))
    return spaces, [by_name[name] for name in wanted], problems


def _meant(given: str, spaces: Iterable[str]) -> list[str]:
    return [one for one in spaces if (fnmatchcase(one, given) if _GLOB.search(given) else one == given)]


def _own(documents: Iterable[Document]) -> tuple[list[Policy], dict[str, Weight], list[Problem]]:
    policies: dict[str, Policy] = {}
    weights: dict[str, Weight] = {}
    problems: list[Problem] = []
    for one in documents:
        if kind_of(one.value) != ("roadcrew.dev", "Rule") or one.value["apiVersion"] != own.API_VERSION:
            continue
        line, column = one.place("metadata", "name")
        name = _name(one.value)
        said = _broken(one.value, name) or ("" if name not in policies else f"{name} is there twice")
        if said:
            problems.append(Problem(one.path, line, column, said))
        elif one.value["spec"].get("judges") and one.value["spec"]["severity"] != OFF:
            policies[name] = _policy(one, name, line)
            weights[name] = weight_of(one.value["spec"])
    return list(policies.values()), weights, problems


def _policy(one: Document, name: str, line: int) -> Policy:
    document = {"spec": one.value["spec"]}
    return Policy(name, Language.CEL, (document,), digest_of([document]), one.path, line)


def _broken(value: Mapping[str, Any], name: str) -> str:
    spec = value.get("spec")
    if not name or not isinstance(spec, Mapping):
        return f"{name or 'this Rule'} has no {'spec' if name else 'name'}"
    try:
        model = own.RuleSpec.model_validate(dict(spec))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["spec", *(str(step) for step in first["loc"])])
        return f"{name}: {place}: {first['msg']}"
    return f"{name} has no validations" if model.judges and not model.validations else ""


def _name(value: Mapping[str, Any]) -> str:
    metadata = value.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
