"""A policy's modules with their outlines: what a namespace judges by, and what it needs to be compiled.

Compiles nothing. What it takes for reachable may be more than an engine would, never less.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from bot.policy.rego import outline as out
from bot.policy.rego.conventions import severity_of
from bot.policy.rego.engine import Json, Module
from bot.policy.rego.outline import Head, Outline, Path

REACHES_OUT = {
    "http.send": "reaches out to the network",
    "net.lookup_ip_addr": "reaches out to the network",
    "opa.runtime": "reads the environment",
    "parse_config": "is conftest's own",
    "parse_config_file": "is conftest's own, and reads files",
    "parse_combined_config_files": "is conftest's own, and reads files",
}
"""Functions that no engine of ours has, whoever judges."""


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A module and its outline."""

    module: Module
    outline: Outline


def known(documents: Iterable[Mapping[str, Json]]) -> tuple[Known, ...]:
    """Those of a policy's documents: `path`, `text`, `version`."""
    return tuple(
        Known(Module(one["path"], one["text"], one.get("version", "v1")), _outline(one["text"]))
        for one in documents
    )


@lru_cache(maxsize=512)
def _outline(text: str) -> Outline:
    return out.outline(text)


def judging(modules: Iterable[Known], namespace: str) -> list[Head]:
    """The namespace's definitions that judge by conftest's names, in the order in which they stand."""
    heads = (head for one in modules if namespace_of(one) == namespace for head in one.outline.heads)
    return [head for head in heads if severity_of(head.name) and not head.is_function]


def namespace_of(one: Known) -> str:
    """The module's package as conftest names it."""
    return out.namespace(one.outline.package)


def reachable(modules: Sequence[Known], namespace: str) -> tuple[Known, ...]:
    """The namespace's modules, and those that they refer to, at any remove, in the given order."""
    wanted = [one for one in modules if namespace_of(one) == namespace]
    found = {id(one) for one in wanted}
    while wanted:
        one = wanted.pop()
        targets = one.outline.references | {path[1:] for path in one.outline.imports if path[:1] == ("data",)}
        for other in modules:
            if id(other) not in found and _meets(targets | {one.outline.package}, other.outline.package):
                found.add(id(other))
                wanted.append(other)
    return tuple(one for one in modules if id(one) in found)


def _meets(targets: Iterable[Path], package: Path) -> bool:
    """Whether one of them lies in the package, or the package in one of them."""
    return any(package[: len(path)] == path[: len(package)] for path in targets)


def ordered(modules: Sequence[Known]) -> list[Known]:
    """Each after those that it refers to, as far as they do not go in circles. For an engine that minds."""
    left, done = list(modules), list[Known]()
    while left:
        free = [one for one in left if not any(_needs(one, other) for other in left if other is not one)]
        # In a circle nobody is free: then the given order decides.
        done += free or left[:1]
        left = [one for one in left if one not in done]
    return done


def _needs(one: Known, other: Known) -> bool:
    if one.outline.package == other.outline.package:
        return False
    targets = one.outline.references | {path[1:] for path in one.outline.imports if path[:1] == ("data",)}
    return _meets({path for path in targets if path}, other.outline.package)


def foreign_calls(modules: Sequence[Known]) -> list[tuple[str, str]]:
    """Functions that an engine must bring, each with the path of the first module that calls it."""
    found: dict[str, str] = {}
    for one in modules:
        same = (other.outline for other in modules if other.outline.package == one.outline.package)
        own = {head.name for outline in same for head in outline.heads} | one.outline.imported | {"data"}
        for name in sorted(one.outline.calls):
            if name.partition(".")[0] not in own:
                found.setdefault(name, one.module.path)
    return list(found.items())


def forbidden(modules: Iterable[Known]) -> str:
    """Why no engine may judge these, or empty."""
    for one in modules:
        for name in sorted(one.outline.calls & REACHES_OUT.keys()):
            return f"{one.module.path} calls {name}, which {REACHES_OUT[name]}"
    return ""


def unproven(modules: Sequence[Known]) -> str:
    """What OPA refuses and an engine may take, as far as the text shows it; empty if nothing.

    A call of a function that is nowhere defined, which such an engine notices only when it is reached, and
    v1's words in the heads of a v0 module that imports none of them.
    """
    for one in modules:
        for head in one.outline.heads if one.module.version == "v0" else ():
            for word, is_used in (("contains", head.has_contains), ("if", head.has_if)):
                if is_used and not _imports_word(one.outline, word):
                    return f"v0 has no {word} without import future.keywords ({one.module.path}:{head.line})"
        for name in sorted(one.outline.calls):
            if (target := _target(one.outline, name)) and not _is_defined(modules, target):
                return f"it calls {name}, which is no function that there is ({one.module.path})"
    return ""


def _imports_word(outline: Outline, word: str) -> bool:
    every = ("future", "keywords")
    return bool({every, (*every, word), ("rego", "v1")} & {*outline.imports})


def _target(outline: Outline, name: str) -> Path:
    """The full path of a function below `data`; empty for the engine's own, and where an alias hides it."""
    first, *rest = name.split(".")
    if first == "data":
        return tuple(rest)
    if any(head.name == first for head in outline.heads):
        return (*outline.package, first, *rest)
    found = [path for path in outline.imports if path[:1] == ("data",) and path[-1] == first]
    return (*found[0][1:], *rest) if len(found) == 1 and first in outline.imported else ()


def _is_defined(modules: Iterable[Known], target: Path) -> bool:
    for one in modules:
        package = one.outline.package
        for head in one.outline.heads:
            whole = (*package, *head.name.split("."))
            # Heads that are references have no name, or a part of it: these may be anything.
            if not head.name and target[: len(package)] == package:
                return True
            if whole == target and head.is_function:
                return True
            if whole != target and target[: len(whole)] == whole:
                return True
    return False
