"""Twenty rules over all entities and as many rendered objects: as the bot judges, and as others would."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import plain
from benchmarks.world import ROOT
from bot.adapters.every_judge import EveryJudge
from bot.adapters.git.local import open_local
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.catalog.yaml12 import load
from bot.deciders.changes import Side
from bot.deciders.standing import Standing
from bot.model.tree import Files
from bot.policy.inline import judge_inline
from bot.policy.requests import Case
from bot.policy.rules.verdicts import Around
from bot.policy.verdict import Judge, Outcome
from bot.templating.deploy import is_deployed
from bot.templating.environment import environments
from bot.templating.render import Rendering, render

NOW = datetime(2026, 1, 15, tzinfo=UTC)
_SHARE = 8
"""Of so many components one is rendered, which makes about as many objects as there are entities."""


def prepare(repo: Path) -> None:
    """Renders the objects once for all jobs: how long that takes is not what they measure."""
    kept = _kept(repo)
    if kept.exists():
        return
    with open_local(repo) as repository, Sandbox() as run:
        tree = repository.tree(repository.commit("main"))
        catalog = check(tree, whole=True).catalog
        only = [one.ref for one in catalog.of_kind("Component") if is_deployed(one)][::_SHARE]
        stage = environments(catalog)[0]
        rendering = render(tree, catalog, stage, run, schemas=ShippedSchemas(), only=only)
    assert not rendering.findings, rendering.findings[:3]
    kept.write_bytes(pickle.dumps(rendering))


def cold(repo: Path) -> Mapping[str, float]:
    """All verdicts, nothing remembered; the children that judge are started in this time."""
    with _main(repo) as (files, catalog), EveryJudge() as judge:
        return _judged(files, catalog, judge, _rendering(repo), {})


def warm(repo: Path) -> Mapping[str, float]:
    """The same again, when every verdict is known."""
    with _main(repo) as (files, catalog), EveryJudge() as judge:
        memo: dict[Any, Any] = {}
        first = _judged(files, catalog, judge, _rendering(repo), memo)
        again = _judged(files, catalog, _never, _rendering(repo), memo)
        assert again["broken"] == first["broken"]
        return again


def bare_engine(repo: Path) -> Mapping[str, float]:
    """The same engine and the same requests, in this process and without memo, children and limits."""
    with _main(repo) as (files, catalog):
        standing = _standing(files, catalog, judge_inline, _rendering(repo), {})
        rulings = standing.rules.rulings
        needs = frozenset(need for one in rulings for need in one.needs)
        shared = Around(standing.rules, catalog, NOW.isoformat()).shared(needs)
        started = time.perf_counter()
        broken = 0
        for cases, judges in _cases(standing):
            mine = [one.policy for one in rulings if one.judges == judges]
            verdicts = judge_inline(mine, [one.request for one in cases], shared)
            broken += sum(one.outcome is Outcome.FAIL for row in verdicts for one in row)
        return {"seconds": time.perf_counter() - started, "broken": broken}


def python(repo: Path) -> Mapping[str, float]:
    """Twenty functions of Python over values that are read already."""
    with _main(repo) as (files, catalog):
        standing = _standing(files, catalog, judge_inline, _rendering(repo), {})
        (entities, _), (objects, _) = _cases(standing)
        known = {one.ref: one.request.more["entity"] for one in entities}
        values = [one.request.object for one in objects]
        started = time.perf_counter()
        broken = plain.broken(known, values)
        return {"seconds": time.perf_counter() - started, "broken": sum(broken.values())}


def opa(repo: Path) -> Mapping[str, float]:
    """The real opa, with the same rules in Rego, over one JSON file; nothing where it is not installed."""
    program = shutil.which("opa")
    if program is None:
        return {}
    given = repo.parent / "input.json"
    given.write_text(json.dumps([{"path": path, "contents": value} for path, value in _inputs(repo)]))
    command = [program, "eval", "-f", "json", "-d", str(_REGO), "-i", str(given), "data.main"]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=1_800)
    seconds = time.perf_counter() - started
    said = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    counts = {name: len(found) for name, found in said.items() if name.startswith(("deny_", "warn_"))}
    return {"seconds": seconds, "broken": sum(counts.values())}


def conftest(repo: Path) -> Mapping[str, float]:
    """The real conftest, over the very YAML files; nothing where it is not installed."""
    program = shutil.which("conftest")
    if program is None:
        return {}
    objects = repo.parent / "objects"
    for folder, component in _rendering(repo).components.items():
        for name, data in component.files.items():
            path = objects / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    command = [program, "test", "--combine", "--output", "json", "--policy", str(_REGO), "--no-fail"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, str(repo / "catalog"), str(objects)], stdout=subprocess.PIPE, check=True, timeout=1_800
    )
    seconds = time.perf_counter() - started
    said = json.loads(done.stdout)
    broken = sum(len(one.get(key, ())) for one in said for key in ("warnings", "failures"))
    return {"seconds": seconds, "broken": broken}


_REGO = ROOT / "benchmarks/rules/rules.rego"


def _kept(repo: Path) -> Path:
    return repo.parent / "rendering.pickle"


def _rendering(repo: Path) -> Rendering:
    prepare(repo)
    found: Rendering = pickle.loads(_kept(repo).read_bytes())
    return found


@contextmanager
def _main(repo: Path) -> Iterator[tuple[Files, Catalog]]:
    prepare(repo)
    with open_local(repo) as repository:
        tree = repository.tree(repository.commit("main"))
        yield tree, check(tree, whole=True).catalog


def _standing(
    files: Files, catalog: Catalog, judge: Judge, rendering: Rendering, memo: dict[Any, Any]
) -> Standing:
    side = Side(rendering, catalog, environments(catalog)[0])
    return Standing(files, catalog, judge, NOW, memo, lambda: [side])


def _judged(
    files: Files, catalog: Catalog, judge: Judge, rendering: Rendering, memo: dict[Any, Any]
) -> Mapping[str, float]:
    standing = _standing(files, catalog, judge, rendering, memo)
    started = time.perf_counter()
    found = standing.faults(standing.rules)
    seconds = time.perf_counter() - started
    assert not [one for one in found if one.reason], found[0]
    objects = sum(len(one.files) for one in rendering.components.values())
    return {"seconds": seconds, "broken": len(found), "things": len(standing.entities) + objects}


def _never(*_: Any) -> Any:
    raise AssertionError("every verdict should be known")


def _cases(standing: Standing) -> Iterator[tuple[Sequence[Case], str]]:
    yield standing.entities, "entity"
    for _, cases in standing.objects(standing.rules):
        yield cases, "object"


def _inputs(repo: Path) -> Iterator[tuple[str, Any]]:
    """Paths and values of all entities and rendered objects."""
    with _main(repo) as (_, catalog):
        for one in catalog.entities:
            value = {"apiVersion": one.api_version, "kind": one.kind}
            yield one.path, {**value, "metadata": dict(one.metadata), "spec": dict(one.spec)}
    for folder, component in _rendering(repo).components.items():
        for path, data in component.files.items():
            yield f"{folder}/{path}", load(data.decode())
