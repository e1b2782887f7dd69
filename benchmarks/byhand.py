"""The same jobs as one would script them: no memo, no positions, no sandbox, no findings."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import jinja2
import jsonschema_rs
import yaml

from benchmarks.world import git
from bot.templating.contract import contract_pages, fill

_REGO = """\
package main

import rego.v1

deny contains msg if {
  some file in input
  some entity in object.get(file, "contents", [])
  is_object(entity)
  entity.kind == "Component"
  not entity.spec.owner
  msg := sprintf("%s has no owner", [entity.metadata.name])
}

names contains name if {
  some file in input
  some entity in [file.contents]
  entity.kind == "Group"
  name := entity.metadata.name
}

deny contains msg if {
  some file in input
  file.contents.kind == "Component"
  not file.contents.spec.owner in names
  msg := sprintf("%s: unknown owner %s", [file.path, file.contents.spec.owner])
}
"""


def diff_and_parse(repo: Path, changes: int) -> Mapping[str, float]:
    """`git diff` and one YAML file: the least that any tool must do for one changed entity."""
    times = []
    for n in range(1, changes):
        started = time.perf_counter()
        (path,) = git(repo, "diff", "--name-only", f"main...change-{n}").decode().split()
        yaml.load(git(repo, "show", f"change-{n}:{path}"), yaml.CSafeLoader)
        times.append(time.perf_counter() - started)
    return {"seconds": median(times)}


def evaluate_all(repo: Path) -> Mapping[str, float]:
    """Every file parsed, its shape and its owner judged, from nothing, as a policy tool does at each run."""
    shape = jsonschema_rs.validator_for(
        {"type": "object", "required": ["apiVersion", "kind", "metadata", "spec"]}
    )
    started = time.perf_counter()
    entities = [
        entity
        for path in sorted((repo / "catalog").rglob("*.yaml"))
        for entity in yaml.load_all(path.read_bytes(), yaml.CSafeLoader)
    ]
    groups = {entity["metadata"]["name"] for entity in entities if entity["kind"] == "Group"}
    wrong = [
        entity
        for entity in entities
        if not shape.is_valid(entity) or entity["spec"].get("owner", "platform") not in groups
    ]
    assert not wrong, wrong[:3]
    return {"seconds": time.perf_counter() - started, "entities": len(entities)}


def conftest(repo: Path) -> Mapping[str, float]:
    """The real conftest with two rules over all files at once; nothing where it is not installed."""
    program = shutil.which("conftest")
    if program is None:
        return {}
    policy = repo.parent / "policy"
    policy.mkdir(exist_ok=True)
    (policy / "owner.rego").write_text(_REGO)
    started = time.perf_counter()
    done = subprocess.run(
        [program, "test", "--combine", "--policy", str(policy), str(repo / "catalog")],
        capture_output=True,
        check=False,
        text=True,
        timeout=1_800,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    return {"seconds": time.perf_counter() - started}


def load_and_render(repo: Path) -> Mapping[str, float]:
    """A plain loop: load the entity, merge the layers, render the template's texts, write nothing."""
    started = time.perf_counter()
    template = yaml.load((repo / "templates/web-service/template.yaml").read_bytes(), yaml.CSafeLoader)
    # How a schema's defaults are found is not what is measured: they are the same for all.
    defaults = fill(contract_pages(template["spec"]["parameters"]), ())
    loader = jinja2.FileSystemLoader([repo / "templates/web-service/manifests", repo / "templates"])
    jinja = jinja2.Environment(
        loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.ChainableUndefined
    )
    jinja.globals["fail"] = _fail
    names = [path.name for path in (repo / "templates/web-service/manifests").glob("[!_]*.yaml")]
    stages = [_load(path) for path in sorted((repo / "catalog/environments").glob("*.yaml"))]
    texts = 0
    for path in sorted((repo / "catalog/components").rglob("*.yaml")):
        entity = _load(path)
        for stage in stages:
            seen = _context(entity, stage, defaults)
            texts += sum(1 for name in names if jinja.get_template(name).render(seen).strip())
    return {"seconds": time.perf_counter() - started, "objects": texts}


def _load(path: Path) -> Any:
    return yaml.load(path.read_bytes(), yaml.CSafeLoader)


def _context(entity: Any, stage: Any, defaults: Any) -> dict[str, Any]:
    deploy, spec, name = entity["spec"]["deploy"], stage["spec"], stage["metadata"]["name"]
    parameters = _merged(defaults, spec.get("defaults", {}).get("web-service", {}))
    parameters = _merged(parameters, {key: value for key, value in deploy.items() if key != "environments"})
    parameters = _merged(parameters, deploy.get("environments", {}).get(name, {}))
    metadata = entity["metadata"]
    component = {**metadata, **entity["spec"], "metadata": metadata, "spec": entity["spec"]}
    component |= {"team": entity["spec"]["owner"], "ref": f"component:default/{metadata['name']}"}
    # Who runs with it, nobody looks up here; the comparison is the faster for it.
    component |= {word: [] for word in ("dependsOn", "dependencyOf", "consumers", "providers")}
    environment = {**spec, "name": name, "namespace": entity["spec"]["system"], "branch": f"env/{name}"}
    return {
        "parameters": parameters,
        "component": {"title": "", "annotations": {}, "labels": {}, **component},
        "environment": environment,
        "platform": {"name": "acme", "organization": "acme", "metadata": {}, "spec": {}},
        "template": {"name": "web-service", "version": "1.0.0"},
    }


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}


def _fail(reason: str, *_: str) -> str:
    raise ValueError(reason)
