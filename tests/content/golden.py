"""The shipped platform with one more entity, rendered: what the tests of golden paths share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.catalog.yaml12 import load
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.render import render
from tests.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "cases"
NAMES = sorted(
    path.parent.name
    for path in (ROOT / "templates").glob("*/template.yaml")
    if "\n  type: request\n" not in path.read_text()
)
"""Those that components and resources are rendered with."""
STAGES = ("dev", "staging", "prod")
ADDED = "catalog/added.yaml"
SCHEMAS = ShippedSchemas()
ROOMS = ("catalog", "rules", "templates")
"""What is shipped; the rest of this repo is no platform repo."""


@dataclass(frozen=True)
class Made:
    """What came of an entity in one environment."""

    name: str
    environment: str
    findings: tuple
    objects: dict

    def of_kind(self, kind):
        return [one for one in self.objects.values() if one["kind"] == kind]

    def the(self, kind):
        (found,) = self.of_kind(kind)
        return found


@cache
def shipped():
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file()
    }


@cache
def rendered(text):
    """By environment. `text`: an entity. The catalog's own check must be content with it."""
    files = Shelf({**shipped(), ADDED: text.encode()})
    checked = check(files, whole=True)
    assert checked.findings == (), f"the case or the shipped platform is wrong: {checked.findings}"
    (entity,) = [one for one in checked.catalog.entities if one.path == ADDED]
    memo = {}
    made = {}
    for environment in environments(checked.catalog):
        rendering = render(
            files, checked.catalog, environment, run_job, only={entity.ref}, memo=memo, schemas=SCHEMAS
        )
        objects = {
            file: load(data.decode())
            for component in rendering.components.values()
            for file, data in component.files.items()
        }
        made[environment.name] = Made(entity.name, environment.name, rendering.findings, objects)
    return made


def case(template, name):
    return (CASES / template / f"{name}.yaml").read_text()
