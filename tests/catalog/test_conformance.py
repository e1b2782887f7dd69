"""Our verdict equals Backstage's: on every real document, and on thousands of mutants of valid ones."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.folder import Folder
from bot.catalog.broken import Broken
from bot.catalog.check import check
from bot.catalog.choose import is_unrendered
from bot.catalog.reader import Reader
from bot.catalog.substitution import substitute
from bot.catalog.text import decode, pieces
from bot.catalog.yaml12 import EMPTY, load
from bot.model.plan import Severity
from tests.catalog.backstage import CORPORA, Backstage, needs_corpora
from tests.shelf import Shelf

pytestmark = needs_corpora

_OURS_ALONE = {
    "reference-unknown",
    "reference-form",
    "reference-kind",
    "reference-target",
    "reference-cycle",
    "dependency-cycle",
    "entity-duplicate",
}
"""Rules about other entities, which Backstage's schemas cannot know."""


@cache
def backstage() -> Backstage:
    return Backstage(Path(CORPORA, "backstage-schemas"))


def _real_files() -> list[str]:
    root = Path(CORPORA, "entities")
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.y*ml")) if CORPORA else []


@pytest.mark.parametrize("path", _real_files())
def test_every_real_document_is_judged_as_backstage_does(path: str) -> None:
    root = Path(CORPORA, "entities")
    data = (root / path).read_bytes()
    reader = Reader(Folder(root), {})
    for index, piece in enumerate(pieces(decode(data))):
        try:
            value = load(piece.text)
        except Broken:
            assert any(marker in piece.text for marker in ("{{", "{%")), (
                "only unrendered files are broken here"
            )
            continue
        if value is EMPTY or value is None:
            continue
        done = substitute(value, path, reader, is_root=True)
        resolved = _with_unread_as_text(done.value, done.unknown)
        theirs = backstage().objections(resolved)
        # Judged alone and in a place where it must be an entity, so that no document can hide.
        ours = _denied({f"catalog/{index}.yaml": json.dumps(resolved).encode()})
        assert bool(ours) == bool(theirs), (ours, theirs)


def _with_unread_as_text(value: Any, unknown: list[tuple[str | int, ...]]) -> Any:
    value = copy.deepcopy(value)
    for *way, last in unknown:
        node = value
        for step in way:
            node = node[step]
        node[last] = "text of another place"
    return value


def _denied(files: dict[str, str | bytes]) -> list[Any]:
    found = check(Shelf(files), whole=True).findings
    return [one for one in found if one.severity is Severity.DENY and one.rule not in _OURS_ALONE]


def test_real_repos_as_a_whole_hold_no_false_alarm() -> None:
    for repo in sorted(Path(CORPORA, "entities").iterdir()):
        checked = check(Folder(repo))
        assert checked.catalog.entities, repo
        denied = [one for one in checked.findings if one.severity is Severity.DENY]
        for finding in denied:
            entity = next(one for one in checked.catalog.entities if one.path == finding.path)
            assert backstage().objections(_document(entity.source, entity.index)), finding


def _document(source: bytes, index: int) -> Any:
    return load(pieces(decode(source))[index].text)


def test_skeletons_are_never_judged() -> None:
    for repo in sorted(Path(CORPORA, "entities").iterdir()):
        checked = check(Folder(repo))
        judged = {entity.path for entity in checked.catalog.entities} | {one.path for one in checked.findings}
        assert not [path for path in judged if "skeleton" in path]


_META = {
    "name": "a-name",
    "namespace": "team-a",
    "title": "A",
    "description": "d",
    "labels": {"acme.example/tier": "one"},
    "annotations": {"github.com/project-slug": "acme/a"},
    "tags": ["java"],
    "links": [{"url": "https://acme.example", "title": "t", "icon": "i", "type": "x"}],
}
_OWNED = {"type": "t", "lifecycle": "production", "owner": "group:team-a", "system": "shop"}
_SPECS: dict[str, dict[str, Any]] = {
    "Component": {
        **_OWNED,
        "subcomponentOf": "other",
        "providesApis": ["a"],
        "consumesApis": [],
        "dependsOn": ["resource:db"],
    },
    "API": {**_OWNED, "definition": "openapi: 3.1.0"},
    "API/mcp-server": {
        **_OWNED,
        "type": "mcp-server",
        "remotes": [{"type": "http", "url": "https://a.example"}],
    },
    "Resource": {"type": "t", "owner": "team-a", "dependsOn": ["component:a"], "system": "shop"},
    "System": {"owner": "team-a", "domain": "d", "type": "t"},
    "Domain": {"owner": "team-a", "subdomainOf": "d", "type": "t"},
    "Group": {
        "type": "team",
        "children": [],
        "parent": "p",
        "members": ["developer"],
        "profile": {"displayName": "A", "email": "a@acme.example", "picture": "https://acme.example/a.png"},
    },
    "User": {"memberOf": ["team-a"], "profile": {"displayName": "Developer"}},
    "Location": {"type": "url", "target": "./a.yaml", "targets": ["./b.yaml"], "presence": "optional"},
    "AiResource": {**_OWNED, "type": "prompt"},
    "AiResource/skill": {
        **_OWNED,
        "type": "skill",
        "disciplines": ["web"],
        "dependsOn": ["a"],
        "compatibility": "x",
    },
    "AiResource/rule": {**_OWNED, "type": "rule", "category": "c", "rationale": "r"},
    "AiResource/plugin": {**_OWNED, "type": "plugin", "skills": ["a"], "version": "1"},
    "AiResource/marketplace": {**_OWNED, "type": "marketplace", "plugins": ["a"]},
    "Template": {
        "type": "service",
        "owner": "team-a",
        "lifecycle": "production",
        "parameters": [{"title": "Page", "backstage:permissions": {"tags": ["a"]}, "properties": {}}],
        "secrets": {"schema": {"type": "object"}},
        "presentation": {"buttonLabels": {"backButtonText": "b"}},
        "formDecorators": [{"id": "a", "input": {}}],
        "steps": [{"id": "a", "name": "b", "action": "debug:log", "input": {}, "if": True}],
        "output": {
            "links": [{"title": "t", "url": "u", "if": "x"}],
            "text": [{"content": "c"}],
            "other": "s",
        },
    },
}
_VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        12,
        1.5,
        "",
        " ",
        "a",
        "a b",
        "A_b.c",
        "-a",
        "a-",
        "a--b",
        "a/b",
        "a/b/c",
        "Ä",
        "x" * 63,
        "x" * 64,
        "x" * 501,
        "https://a.example",
        "mcp-server",
        "skill",
        "optional",
        "backstage.io/v1beta1",
        [],
        ["a"],
        [1],
        [""],
        [[]],
        {},
        {"a": 1},
        {"url": "x:y"},
    ]
).map(copy.deepcopy)
_KEYS = st.sampled_from(
    ["a", "A b", "a/b", "a/b/c", "A.b/c", "relations", "x" * 64, "type", "owner", "-", "é"]
)


def _document_of(name: str) -> dict[str, Any]:
    kind = name.partition("/")[0]
    version = "scaffolder.backstage.io/v1beta3" if kind == "Template" else "backstage.io/v1alpha1"
    value = {"apiVersion": version, "kind": kind, "metadata": _META, "spec": _SPECS[name]}
    return copy.deepcopy(value)


@pytest.mark.parametrize("name", sorted(_SPECS))
def test_the_unchanged_documents_are_valid_for_both(name: str) -> None:
    value = _document_of(name)
    assert backstage().objections(value) == []
    assert _denied({"catalog/a.yaml": json.dumps(value).encode()}) == []


def _ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, one in items for found in [(*way, key), *_ways(one, (*way, key))]]


@st.composite
def _mutants(draw: st.DrawFn, name: str) -> dict[str, Any]:
    value = _document_of(name)
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(_ways(value) or [("spec",)]))
        node = value
        for step in way:
            node = node[step]
        match draw(st.sampled_from(["drop", "set", "set", "add"])):
            case "drop":
                del node[last]
            case "add" if isinstance(node, dict):
                node[draw(_KEYS)] = draw(_VALUES)
            case _:
                node[last] = draw(_VALUES)
    return value


@pytest.mark.parametrize("name", sorted(_SPECS))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutants_are_judged_as_backstage_does(name: str, data: st.DataObject) -> None:
    value = data.draw(_mutants(name))
    theirs = backstage().objections(value)
    ours = _denied({"catalog/a.yaml": json.dumps(value).encode()})
    if name == "User" and all("memberOf" in one for one in theirs):
        theirs = []  # stated on purpose: its absence is a warning
        ours = [one for one in ours if "memberOf" not in str(one.facts)]
    assert bool(ours) == bool(theirs), (ours, theirs, value)


def test_unrendered_is_told_from_rendered() -> None:
    assert is_unrendered({"metadata": {"name": "${{ values.name }}"}})
    assert not is_unrendered({"metadata": {"name": "a"}, "spec": {"definition": "{{ x }}"}})
