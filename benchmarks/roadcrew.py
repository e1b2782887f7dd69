"""What Roadcrew does, as the bot does it: on git trees, with the sandbox and the memo."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Self

from bot.adapters.every_judge import EveryJudge
from bot.adapters.git.local import open_local
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.cli.plan import snapshot_of
from bot.deciders import decide
from bot.deciders.decider import Snapshot
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


def warm_plan(repo: Path, changes: int, base: str = "main", head: str = "change") -> Mapping[str, float]:
    """The plan of a pull request that changes one entity, when the process has planned another one before."""
    with _Desk(repo) as desk:
        memo: dict[Any, Any] = {}
        desk.plan(f"{head}-0", memo, base)
        times = [desk.plan(f"{head}-{n}", memo, base) for n in range(1, changes)]
    return {"seconds": median(times)}


def cold_plan(repo: Path, branch: str) -> Mapping[str, float]:
    """The plan of one pull request, nothing known before."""
    with _Desk(repo) as desk:
        return {"seconds": desk.plan(branch, {})}


def warm_rule_plan(repo: Path, branch: str) -> Mapping[str, float]:
    """The plan of a pull request that changes a rule, when the process has planned another one before."""
    with _Desk(repo) as desk:
        memo: dict[Any, Any] = {}
        desk.plan("change-0", memo)
        return {"seconds": desk.plan(branch, memo)}


class _Desk:
    """A clone, with all that planning needs."""

    def __init__(self, repo: Path) -> None:
        self._repo = repo
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._clone = self._open.enter_context(open_local(self._repo))
        self._run = self._open.enter_context(Sandbox())
        self._judge = self._open.enter_context(EveryJudge())
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def plan(self, branch: str, memo: dict[Any, Any], base: str = "main") -> float:
        """Seconds."""
        started = time.perf_counter()
        found = snapshot_of(self._clone, self._repo, base, branch, run=self._run, judge=self._judge)
        _planned(replace(found, memo=memo))
        return time.perf_counter() - started


def _planned(snapshot: Snapshot) -> None:
    plan = decide(PullChanged(delivery="bench", repo=snapshot.repo, number=0), snapshot)
    assert not plan.denies, plan.findings[:3]
    assert plan.parts
