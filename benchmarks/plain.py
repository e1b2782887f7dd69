"""The twenty rules of `rules/` as plain functions of Python: no files, no positions, no limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Entities = Mapping[str, Any]
Rule = Callable[[Any, Entities], bool]
_NAME = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_SLUG = re.compile(r"acme/[a-z0-9-]+")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_ENV = re.compile(r"[A-Z][A-Z0-9_]*")
_UNPAID = ("cc-13", "cc-31")
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def _center(labels: Mapping[str, str]) -> bool:
    center = labels.get("roadcrew.dev/cost-center", "")
    return center.startswith("cc-") and center not in _UNPAID


def _bytes(said: str) -> int:
    return int(said[:-2]) * _UNITS[said[-2:]]


def _all_of(containers: Callable[[Any], bool]) -> Rule:
    return lambda one, _: all(containers(each) for each in one["spec"]["template"]["spec"]["containers"])


ENTITY: tuple[tuple[frozenset[str], Rule], ...] = (
    (
        frozenset({"Component", "API", "System"}),
        lambda one, known: f"group:default/{one['spec']['owner']}" in known,
    ),
    (frozenset({"Component", "API"}), lambda one, known: f"system:default/{one['spec']['system']}" in known),
    (
        frozenset({"Component"}),
        lambda one, known: all(
            known[ref.replace(":", ":default/")]["spec"]["lifecycle"] != "deprecated"
            for ref in one["spec"].get("dependsOn", ())
        ),
    ),
    (
        frozenset({"Component"}),
        lambda one, known: all(
            known[f"api:default/{name}"]["spec"]["lifecycle"] == one["spec"]["lifecycle"]
            for name in one["spec"].get("providesApis", ())
        ),
    ),
    (frozenset(), lambda one, _: bool(_NAME.fullmatch(one["metadata"]["name"]))),
    (
        frozenset({"Component", "API"}),
        lambda one, _: one["spec"]["lifecycle"] in ("experimental", "production", "deprecated"),
    ),
    (frozenset({"Component"}), lambda one, _: len(one["metadata"].get("description", "")) >= 10),
    (frozenset({"Component"}), lambda one, _: _center(one["metadata"].get("labels", {}))),
    (
        frozenset(),
        lambda one, _: (
            len(one["metadata"].get("tags", ())) <= 10
            and all(tag == tag.lower() for tag in one["metadata"].get("tags", ()))
        ),
    ),
    (
        frozenset({"Component"}),
        lambda one, _: bool(
            _SLUG.fullmatch(one["metadata"].get("annotations", {}).get("github.com/project-slug", ""))
        ),
    ),
    (
        frozenset({"Component"}),
        lambda one, _: one["spec"]["type"] in ("service", "website", "library", "worker"),
    ),
    (frozenset({"Component"}), lambda one, _: bool(_DIGEST.search(one["spec"]["deploy"]["image"]))),
    (frozenset({"Component"}), lambda one, _: one["spec"]["deploy"]["port"] >= 1024),
    (
        frozenset({"Component"}),
        lambda one, _: all(_ENV.fullmatch(key) for key in one["spec"]["deploy"].get("env", ())),
    ),
    (
        frozenset({"Component"}),
        lambda one, _: one["spec"]["deploy"]["environments"]["prod"]["replicas"]["min"] >= 2,
    ),
)
OBJECT: tuple[tuple[frozenset[str], Rule], ...] = (
    (frozenset({"Deployment"}), _all_of(lambda each: bool(_DIGEST.search(each["image"])))),
    (
        frozenset({"Deployment"}),
        _all_of(lambda each: _bytes(each["resources"]["limits"]["memory"]) <= 64 * 2**30),
    ),
    (
        frozenset({"Deployment"}),
        _all_of(lambda each: not each.get("securityContext", {}).get("privileged", False)),
    ),
    (frozenset({"Deployment"}), _all_of(lambda each: "readinessProbe" in each)),
    (
        frozenset(),
        lambda one, known: (
            known[f"component:default/{one['metadata']['labels']['app.kubernetes.io/name']}"]["spec"]["owner"]
            == one["metadata"]["labels"]["roadcrew.dev/team"]
            and _center(one["metadata"]["labels"])
        ),
    ),
)


def broken(entities: Entities, objects: Iterable[Any]) -> Counter[int]:
    """How often each rule is broken, by its number."""
    found: Counter[int] = Counter()
    for offset, rules, things in ((0, ENTITY, entities.values()), (len(ENTITY), OBJECT, objects)):
        for one in things:
            for number, (kinds, holds) in enumerate(rules, offset):
                if (not kinds or one["kind"] in kinds) and not holds(one, entities):
                    found[number] += 1
    return found
