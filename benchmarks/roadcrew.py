"""What Roadcrew does, as the bot does it: on git trees, with the sandbox and the memo."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from bot.adapters.git.local import LocalRepository, open_local
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.cli.plan import snapshot_of
from bot.deciders import decide
from bot.model.event import PullChanged
from bot.templating.environment import environments
from bot.templating.render import render


def cold_check(repo: Path) -> Mapping[str, float]:
    """Every entity of `main`, read and judged once."""
    with open_local(repo) as repository:
        started = time.perf_counter()
        checked = check(repository.tree(repository.commit("main")), whole=True)
        seconds = time.perf_counter() - started
    assert not [one for one in checked.findings if one.severity == "deny"], checked.findings[:3]
    return {"seconds": seconds, "entities": len(checked.catalog.entities)}


def warm_check(repo: Path) -> Mapping[str, float]:
    """The same again with a memo, as a process does that has seen the catalog before."""
    memo: dict[Any, Any] = {}
    with open_local(repo) as repository:
        check(repository.tree(repository.commit("main")), whole=True, memo=memo)
        started = time.perf_counter()
        check(repository.tree(repository.commit("change-0")), whole=True, memo=memo)
        return {"seconds": time.perf_counter() - started}


def cold_render(repo: Path) -> Mapping[str, float]:
    """Every component for every environment: checked, rendered, validated."""
    with open_local(repo) as repository, Sandbox() as run:
        started = time.perf_counter()
        tree = repository.tree(repository.commit("main"))
        catalog = check(tree, whole=True).catalog
        objects = 0
        for environment in environments(catalog):
            rendering = render(tree, catalog, environment, run, schemas=ShippedSchemas())
            assert not rendering.findings, rendering.findings[:3]
            objects += sum(len(one.files) for one in rendering.components.values())
        return {"seconds": time.perf_counter() - started, "objects": objects}


def warm_plan(repo: Path, changes: int) -> Mapping[str, float]:
    """The plan of a pull request that changes one entity, when the process has planned another one before."""
    with open_local(repo) as repository, Sandbox() as run:
        memo: dict[Any, Any] = {}
        _plan(repository, repo, run, "change-0", memo)
        times = [_plan(repository, repo, run, f"change-{n}", memo) for n in range(1, changes)]
    return {"seconds": median(times)}


def template_plan(repo: Path) -> Mapping[str, float]:
    """The plan of a pull request that changes the template of every component, nothing known before."""
    with open_local(repo) as repository, Sandbox() as run:
        return {"seconds": _plan(repository, repo, run, "template", {})}


def _plan(repository: LocalRepository, repo: Path, run: Sandbox, branch: str, memo: dict[Any, Any]) -> float:
    started = time.perf_counter()
    snapshot = replace(snapshot_of(repository, repo, "main", branch, run), memo=memo)
    plan = decide(PullChanged(delivery="bench", repo=snapshot.repo, number=0), snapshot)
    assert not plan.denies, plan.findings[:3]
    assert plan.parts
    return time.perf_counter() - started
