"""Rego files to policies: one a namespace, with the modules that it needs. Reads no files, runs no engine.

Without an engine only what can be seen in the text is a problem; whatever does not compile then has no
verdict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from bot.policy.rego.engine import Json, Problem, RegoEngine
from bot.policy.rego.modules import Known, judging, known, namespace_of, reachable
from bot.policy.rego.outline import Head, outline
from bot.policy.rego.testrules import without_tests
from bot.policy.rego.versions import version_of
from bot.policy.verdict import Language, Policy

DEFAULT_NAMESPACE = "main"
VERSIONS = ("auto", "v0", "v1")


def rego_policies(
    files: Mapping[str, bytes],
    namespaces: Sequence[str] | None = (DEFAULT_NAMESPACE,),
    version: str = "auto",
    engine: RegoEngine | None = None,
) -> tuple[list[Policy], list[Problem]]:
    """A policy for each namespace of the `.rego` files, in the order of `namespaces`, and what is wrong.

    `namespaces`: None for all of them, sorted. `version`: `v0`, `v1`, or `auto` for each file by itself.
    """
    documents, problems = rego_documents(files, version)
    modules = known(documents)
    if engine is not None:
        problems += engine.check([one.module for one in modules])
    there = {namespace_of(one) for one in modules}
    wanted = sorted(there) if namespaces is None else [name for name in namespaces if name in there]
    policies = [_policy(modules, name, version) for name in wanted]
    for name in wanted:
        problems += _traps(modules, name)
    return policies, problems


def rego_documents(
    files: Mapping[str, bytes], version: str = "auto"
) -> tuple[list[Mapping[str, Json]], list[Problem]]:
    """A policy's documents: every file that is text and has a package, each with the syntax that reads it."""
    documents: list[Mapping[str, Json]] = []
    problems: list[Problem] = []
    for path, data in sorted(files.items()):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(Problem(path, 0, 0, "it is not UTF-8"))
            continue
        found = outline(text)
        if found.package:
            documents.append({"path": path, "text": text, "version": version_of(found, version)})
        elif text.strip():
            problems.append(Problem(path, 1, 1, "package expected"))
    return documents, problems


def _policy(modules: Sequence[Known], namespace: str, version: str) -> Policy:
    used = reachable(modules, namespace)
    documents = tuple(
        {"path": one.module.path, "text": without_tests(one.module.text), "version": one.module.version}
        for one in used
    )
    own = [one for one in used if namespace_of(one) == namespace]
    place = next((one for one in own if judging([one], namespace)), own[0])
    first = next(iter(judging([place], namespace)), None)
    return Policy(
        name=namespace,
        language=Language.REGO,
        documents=documents,
        digest=digest_of([namespace, *documents]),
        path=place.module.path,
        line=first.line if first else 1,
        options={"namespace": namespace, "version": version},
    )


def digest_of(parts: Iterable[Json]) -> str:
    """SHA-256 of plain values in their order."""
    return sha256(json.dumps(list(parts), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _traps(modules: Sequence[Known], namespace: str) -> list[Problem]:
    """Rules that look as if they judged, and give no message."""
    return [
        Problem(one.module.path, head.line, head.column, said, is_error=head.is_trap)
        for one in modules
        for head in judging([one], namespace)
        if (said := _trap(head))
    ]


def _trap(head: Head) -> str:
    if head.is_trap:
        return f"{head.name} uses if without contains: it makes an object, and no messages"
    if not head.is_partial and not head.has_value:
        return f"{head.name} is true or not, and gives no message: conftest takes it for passed"
    return ""
