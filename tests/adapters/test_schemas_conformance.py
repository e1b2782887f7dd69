"""Our verdicts beside those of the package whose schemas we use, on golden paths' objects and damaged ones.

Where the two differ on purpose, an API server is on our side: it takes null for a quantity or a port, and
refuses numbers that do not fit and quantities that are none.
"""

import random
from copy import deepcopy
from functools import cache, lru_cache

import kubernetes_validate
import pytest

from bot.adapters.schemas import ShippedSchemas
from bot.kubernetes.validate import UNCHECKED, validate
from tests.content.golden import CASES, rendered

SCHEMAS = ShippedSchemas()
VERSIONS = ("1.29", "1.37")
STRICTER = {"maximum", "minimum", "pattern"}
REPLACEMENTS = (None, True, 7, 1.5, "1", "odd", [], {}, [{}], {"odd": "odd"}, {"name": 7})
MUTANTS = 8
"""Of each object."""


@cache
def built_in_objects():
    """Of every case in one environment, one a kind and case."""
    found = {}
    for path in sorted(CASES.glob("*/*.yaml")):
        made = rendered(path.read_text())["prod"]
        for value in made.objects.values():
            if value["kind"] in SCHEMAS.kinds("1.37"):
                found[f"{path.parent.name}/{path.stem}/{value['kind']}"] = value
    return found


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """The package reads a file of 1.5 MB for each verdict; once is enough."""
    utils = kubernetes_validate.utils
    monkeypatch.setattr(utils, "schema_contents", _CONTENTS)


_CONTENTS = lru_cache(maxsize=None)(kubernetes_validate.utils.schema_contents)


def theirs(value, version):
    try:
        kubernetes_validate.validate(value, version, strict=True)
    except kubernetes_validate.ValidationError as problem:
        return problem
    except kubernetes_validate.SchemaNotFoundError:
        return "no schema"
    return None


def ours(value, version):
    return [one for one in validate(SCHEMAS, version, value) if one.keyword != UNCHECKED]


def places(node, pointer=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, one in items:
        yield (*pointer, step)
        yield from places(one, (*pointer, step))


def damaged(value, chance):
    """A copy with one thing wrong, or perhaps not wrong."""
    whole = deepcopy(value)
    pointers = [one for one in places(whole) if one not in {("apiVersion",), ("kind",)}]
    *way, last = chance.choice(pointers)
    node = whole
    for step in way:
        node = node[step]
    match chance.randrange(4):
        case 0 if isinstance(last, str):
            node[f"{last}s"] = node.pop(last)
        case 1:
            del node[last]
        case _:
            node[last] = deepcopy(chance.choice(REPLACEMENTS))
    return whole, ".".join(map(str, (*way, last)))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_golden_paths_render_is_taken_by_both(version):
    objects = built_in_objects()
    assert len(objects) > 40
    for name, value in objects.items():
        assert (name, ours(value, version), theirs(value, version)) == (name, [], None)


@pytest.mark.parametrize("version", VERSIONS)
def test_damage_is_seen_by_both_or_by_none(version):
    refused = 0
    for name, value in built_in_objects().items():
        chance = random.Random(f"{name} {version}")  # the same damage each time
        for _ in range(MUTANTS):
            whole, where = damaged(value, chance)
            mine, package = ours(whole, version), theirs(whole, version)
            refused += bool(mine)
            if bool(mine) != bool(package):
                is_mended = package is not None and None in (
                    package.instance,
                    *getattr(package, "context", ()),
                )
                is_stricter = package is None and {one.keyword for one in mine} <= STRICTER
                assert is_mended or is_stricter, (name, where, mine, package)
    assert refused > 150, "most damage is damage"
