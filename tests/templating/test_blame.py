"""Blame: the catalog's line that caused a value, and silence where that is not sure."""

import pytest

from bot.catalog.check import check
from bot.templating.blame import blame
from bot.templating.deploy import Deploy, read_deploy
from bot.templating.environment import environments
from bot.templating.judged import spoken, written
from bot.templating.template import templates
from tests.platforms import PLATFORM, component, environment

SHOP = "catalog/shop.yaml"
MORE = """\
    image: registry.test/shop:1
    team: alpha
    other: alpha
    debug: true
    port: 8080
    host: shop.example.test
    fallback: shop.example.test
    schedule: "*/5 * * * *"
    resources:
      limits: {cpu: "2", memory: 1x}
      requests: {cpu: "2"}
      limitz: {cpu: "9"}
    env:
      LOG: true
      MODE: fast
    args: [verbose, --fast]
    environments:
      dev:
        env: {MODE: slow}
"""
CONTAINER = ("spec", "template", "spec", "containers", "shop")


@pytest.fixture
def deploy(tree_of):
    more = "  defaults:\n    tiny: {size: 3, sidecar: {image: proxy.test/proxy}}\n"
    tree = tree_of(
        PLATFORM | {SHOP: component("shop", more=MORE), "catalog/dev.yaml": environment("dev", 1, more)}
    )
    catalog = check(tree, whole=True).catalog
    stage = environments(catalog)[0]
    found = read_deploy(catalog.get("component:default/shop"), stage, templates(catalog), ["dev", "prod"])
    assert isinstance(found, Deploy)
    return found


def line_of(text):
    return next(
        number for number, line in enumerate(component("shop", more=MORE).split("\n"), 1) if text in line
    )


@pytest.mark.parametrize(
    ("pointer", "value", "text"),
    [
        pytest.param((*CONTAINER, "resources", "limits", "memory"), "1x", "limits:", id="a leaf"),
        pytest.param((*CONTAINER, "resources", "limits", "cpu"), "2", "limits:", id="the longer way wins"),
        pytest.param((*CONTAINER, "resources", "requests", "cpu"), "2", "requests:", id="and the other way"),
        pytest.param((*CONTAINER, "resources", "limitz"), {"cpu": "9"}, "limitz:", id="a whole mapping"),
        pytest.param((*CONTAINER, "env", "LOG"), True, "LOG:", id="a variable"),
        pytest.param((*CONTAINER, "env", "MODE"), "slow", "{MODE: slow}", id="of this environment"),
        pytest.param((*CONTAINER, "args", 1), "--fast", "args:", id="an item"),
        pytest.param(("spec", "port"), 8080, "port:", id="a number"),
        pytest.param(("spec", "schedule"), "*/5 * * * *", "schedule:", id="the same name"),
        pytest.param(("spec", "cron"), "*/5 * * * *", "schedule:", id="a value that no template has"),
    ],
)
def test_what_was_written_in_the_catalog_is_found_there(deploy, pointer, value, text):
    path, place = blame(deploy, pointer, value)
    assert (path, place.line) == (SHOP, line_of(text))


def test_the_environments_defaults_are_to_blame_as_well(deploy):
    path, _ = blame(deploy, (*CONTAINER[:-1], "proxy", "image"), "proxy.test/proxy")
    assert path == "catalog/dev.yaml"


def test_a_key_has_its_own_place(deploy):
    pointer = (*CONTAINER, "resources", "limitz")
    _, of_value = blame(deploy, pointer, {"cpu": "9"})
    _, of_key = blame(deploy, pointer, {"cpu": "9"}, of_key=True)
    assert (of_value.line, of_value.column - of_key.column) == (of_key.line, len("limitz: "))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        pytest.param(("metadata", "labels", "squad"), "alpha", id="two have the value"),
        pytest.param(("spec", "hostnames", 0), "shop.example.test", id="two have the rare value"),
        pytest.param(("spec", "cpu"), "2", id="two are called alike"),
        pytest.param(("spec", "targetPort"), 8080, id="a number under another name"),
        pytest.param(("spec", "mode"), "slow", id="a word under another name"),
        pytest.param(("spec", "port"), 9090, id="another value"),
        pytest.param(("spec", "port"), "8080", id="a text that the template made of a number"),
        pytest.param(("spec", "debug"), 1, id="a number that is no truth"),
        pytest.param(("spec", 0), "verbose", id="only the number of an item"),
        pytest.param(("spec", "port"), None, id="nothing"),
        pytest.param((), {}, id="the whole object"),
    ],
)
def test_nobody_is_blamed_on_a_guess(deploy, pointer, value):
    assert blame(deploy, pointer, value) is None


def test_a_type_that_the_contract_lays_down_is_for_the_template_to_handle(deploy):
    assert blame(deploy, ("data", "size"), 1).__class__ is tuple
    assert blame(deploy, ("data", "size"), 1, of_type=True) is None
    assert blame(deploy, ("data", "port"), 8080, of_type=True) is not None


def test_names_stand_for_the_numbers_of_items():
    value = {
        "containers": [{"name": "shop", "env": [{"name": "LOG", "value": 1}, {"value": 2}], "args": ["x"]}]
    }
    assert spoken(value, ("containers", 0, "env", 0, "value")) == ("containers", "shop", "env", "LOG")
    assert spoken(value, ("containers", 0, "env", 1, "value")) == ("containers", "shop", "env", 1, "value")
    assert spoken(value, ("containers", 0, "args", 0)) == ("containers", "shop", "args", 0)
    assert spoken(value, ("containers", 0, "env", 0, "name")) == ("containers", "shop", "env", "LOG", "name")
    assert spoken(value, ("containers", 7, "nowhere")) == ("containers", 7, "nowhere")


def test_a_pointer_is_written_as_people_write_it():
    assert written(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert written(()) == ""
