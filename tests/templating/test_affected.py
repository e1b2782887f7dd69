"""What a change makes render anew: never less than what differs, and for ordinary changes little more."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.templating.affected import affected
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.render import render
from tests.platforms import MANIFEST, PLATFORM, SCHEMAS, TEMPLATE, component, environment, resource

OTHER = {
    "templates/other/template.yaml": TEMPLATE.replace("name: tiny", "name: other"),
    "templates/other/manifests/config.yaml": MANIFEST,
}
CART = "catalog/cart.yaml"
SHOP = "catalog/shop.yaml"
BASE = PLATFORM | OTHER | {CART: component("cart", template="other")}
ALL = {"dev": None, "prod": None}


def refs(*names):
    return frozenset(f"component:default/{name}" for name in names)


def compared(tree_of, before, after):
    old, new = (
        tree_of({path: text for path, text in files.items() if text is not None}) for files in (before, after)
    )
    catalogs = [check(tree, whole=True).catalog for tree in (old, new)]
    touched = frozenset(change.path for change in old.diff(new))
    return (old, catalogs[0]), (new, catalogs[1]), affected(*catalogs, touched)


CHANGES = {
    # changed files, references to be rendered in every environment; or by environment
    "nothing": ({}, refs()),
    "a component": ({SHOP: component("shop", size=2)}, refs("shop")),
    "a component that is gone": ({SHOP: None}, refs("shop")),
    "a new component": ({"catalog/new.yaml": component("new")}, refs("new")),
    "a component that moves": ({SHOP: None, "catalog/a/shop.yaml": component("shop")}, refs("shop")),
    "a new entity that is not rendered": (
        {"catalog/g.yaml": PLATFORM["catalog/groups.yaml"].replace("name: team", "name: two")},
        refs(),
    ),
    "a template": ({"templates/tiny/manifests/config.yaml": MANIFEST + "  more: x\n"}, refs("shop")),
    "a template's contract": (
        {"templates/other/template.yaml": OTHER["templates/other/template.yaml"] + "\n"},
        refs("cart"),
    ),
    "a template that is gone": (dict.fromkeys(OTHER), refs("cart")),
    "a template's words": ({"templates/tiny/CHANGELOG.md": "# 2\n"}, refs()),
    "a template's skeleton": ({"templates/tiny/skeleton/README.md": "# 2\n"}, refs()),
    "another template of the name": (
        {"templates/a/template.yaml": TEMPLATE, "templates/a/manifests/x.yaml": MANIFEST},
        refs("shop"),
    ),
    "what templates share": ({"templates/shared/labels.j2": "{# #}"}, refs("shop", "cart")),
    "one environment": (
        {"catalog/prod.yaml": environment("prod", 2, "  domain: x.example\n")},
        {"dev": refs(), "prod": None},
    ),
    "an environment's limits": (
        {"catalog/dev.yaml": environment("dev", 1, "  limits: {cpu: 1}\n")},
        {"dev": None, "prod": refs()},
    ),
    "an environment's description": (
        {"catalog/dev.yaml": environment("dev", 1).replace("name: dev", "name: dev\n  description: x")},
        refs(),
    ),
    "an environment more": (
        {"catalog/test.yaml": environment("test", 3)},
        {"dev": None, "prod": None, "test": None},
    ),
    "an environment less": ({"catalog/prod.yaml": None}, ALL),
    "an environment that breaks": ({"catalog/prod.yaml": environment("prod", "x")}, ALL),
    "the platform": (
        {
            "catalog/p.yaml": "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata: {name: p}\n"
            "spec: {organization: acme}\n"
        },
        ALL,
    ),
    "schemas": ({"schemas/crd.yaml": "kind: CustomResourceDefinition\n"}, ALL),
    "something else": ({"docs/a.md": "x"}, refs()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_rendered_anew_after_a_change_of(name, tree_of):
    changes, expected = CHANGES[name]
    _, _, found = compared(tree_of, BASE, BASE | changes)
    assert found == (expected if isinstance(expected, dict) else {"dev": expected, "prod": expected})


NEIGHBOURS = {
    "one starts to depend": ("", "  dependsOn: [component:cart]\n", refs("shop", "cart")),
    "one that depended is depended on": (
        "  dependsOn: [component:cart]\n",
        "  dependencyOf: [component:cart]\n",
        refs("shop", "cart"),
    ),
    "one stops to depend": ("  dependsOn: [component:cart]\n", "", refs("shop", "cart")),
    "the system of one that depends": (
        "  dependsOn: [component:cart]\n",
        "  system: a\n  dependsOn: [component:cart]\n",
        refs("shop", "cart"),
    ),
    "a parameter of one that depends": (
        "  dependsOn: [component:cart]\n",
        "    environments: {}\n  dependsOn: [component:cart]\n",
        refs("shop"),
    ),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_are_rendered_anew_when_they_are_told_something_new(name, tree_of):
    was, now, expected = NEIGHBOURS[name]
    before, after = ({SHOP: component("shop", more=more)} for more in (was, now))
    _, _, found = compared(tree_of, BASE | before, BASE | after)
    assert found == {"dev": expected, "prod": expected}


def test_who_gets_a_folder_that_another_leaves_is_rendered(tree_of):
    owned = component("shop").replace("name: shop", "name: shop\n  namespace: payments")
    base = BASE | {"catalog/owned.yaml": owned, "catalog/rival.yaml": component("payments--shop")}
    _, new, found = compared(tree_of, base, base | {"catalog/rival.yaml": None})
    assert found["dev"] == {"component:default/payments--shop", "component:payments/shop"}
    assert _rendered(new, "dev", found["dev"], {})["payments--shop"].ref == "component:payments/shop"


def test_who_provides_an_api_is_told_of_a_new_consumer(tree_of):
    api = (
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: carts}\n"
        "spec: {type: openapi, lifecycle: production, owner: team, definition: x}\n"
    )
    base = BASE | {"catalog/api.yaml": api, CART: component("cart", more="  providesApis: [carts]\n")}
    after = base | {SHOP: component("shop", more="  consumesApis: [carts]\n")}
    _, _, found = compared(tree_of, base, after)
    assert found["dev"] == refs("shop", "cart")


def test_who_uses_an_api_is_told_of_a_new_provider(tree_of):
    api = API % "openapi"
    base = BASE | {"catalog/api.yaml": api, SHOP: component("shop", more="  consumesApis: [carts]\n")}
    after = base | {CART: component("cart", more="  providesApis: [carts]\n")}
    _, _, found = compared(tree_of, base, after)
    assert found["dev"] == refs("shop", "cart")


TELLING = MANIFEST + (
    "  near: {{ [component.dependsOn, component.dependencyOf, component.providesApis,"
    " component.consumesApis, component.consumers, component.providers] | tojson | tojson }}\n"
)
API = (
    "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: carts}\n"
    "spec: {type: %s, lifecycle: production, owner: team, definition: x}\n"
)


def entities(name):
    links = st.sampled_from(
        [
            "",
            "  dependsOn: [component:shop, resource:data]\n",
            "  dependencyOf: [component:cart]\n",
            "  dependsOn: [component:cart, nonsense]\n",
            "  system: s\n  dependsOn: [component:search]\n",
        ]
    )
    apis = st.sampled_from(["", "  providesApis: [carts]\n", "  consumesApis: [carts]\n"])
    sizes, used = st.sampled_from([1, 2, "x"]), st.sampled_from(["tiny", "other", "none"])
    one = st.builds(
        lambda size, template, more, api: component(name, size=size, template=template, more=more + api),
        sizes,
        used,
        links,
        apis,
    )
    over = st.sampled_from(["    environments: {prod: {size: 3}}\n", "    environments: {test: {size: 3}}\n"])
    return one | st.builds(lambda more, api: component(name, more=more + api), over, apis)


PLATFORMS = st.fixed_dictionaries(
    {},
    optional={
        SHOP: entities("shop") | st.none(),
        CART: entities("cart"),
        "catalog/search.yaml": entities("search"),
        "catalog/a-search.yaml": entities("search"),
        "catalog/rival.yaml": entities("payments--shop"),
        "catalog/owned.yaml": entities("shop").map(
            lambda text: text.replace("name: shop", "name: shop\n  namespace: payments")
        ),
        "catalog/data.yaml": st.sampled_from(
            [resource("data"), resource("cart"), resource("data", more="  size: 2\n")]
        ),
        "catalog/api.yaml": st.sampled_from([API % "openapi", API % "grpc"]),
        "catalog/test.yaml": st.just(environment("test", 3)),
        "catalog/prod.yaml": st.sampled_from(
            [
                environment("prod", 2, "  namespace: '{system}'\n"),
                environment("prod", 2, "  defaults: {tiny: {size: 5}}\n"),
                environment("prod", 2, "  limits: {cpu: 1}\n"),
            ]
        )
        | st.none(),
        "templates/tiny/manifests/config.yaml": st.sampled_from([TELLING, TELLING + "  a: b\n"]),
        "templates/a/template.yaml": st.just(TEMPLATE),
        "templates/a/manifests/x.yaml": st.just(MANIFEST + "  from: a\n"),
        "templates/shared/x.j2": st.sampled_from(["a", "b"]),
        "templates/other/manifests/config.yaml": st.just("{% include 'shared/x.j2' %}"),
    },
)


def _rendered(side, name, only, memo):
    tree, catalog = side
    stage = {one.name: one for one in environments(catalog)}.get(name)
    return (
        {}
        if stage is None
        else render(tree, catalog, stage, run_job, schemas=SCHEMAS, only=only, memo=memo).components
    )


def _changes(before, after):
    folders = before.keys() | after.keys()
    return {
        folder: (before.get(folder), after.get(folder))
        for folder in folders
        if before.get(folder) != after.get(folder)
    }


@given(PLATFORMS, PLATFORMS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_promise_3_rendering_what_is_affected_shows_the_changes_that_rendering_everything_shows(
    tree_of, before, after
):
    told = BASE | {"templates/tiny/manifests/config.yaml": TELLING}
    old, new, found = compared(tree_of, told | before, told | after)
    memo = {}
    for name, only in found.items():
        whole = _changes(_rendered(old, name, None, memo), _rendered(new, name, None, memo))
        some = _changes(_rendered(old, name, only, {}), _rendered(new, name, only, {}))
        assert some == whole
    assert found.keys() == {one.name for _, side in (old, new) for one in environments(side)}


_TWINS = ("catalog/a-search.yaml", "templates/a/template.yaml", "templates/a/manifests/x.yaml")
"""Of two that claim one reference the first by path holds it: there the order decides."""


@given(PLATFORMS, PLATFORMS, st.sampled_from(["dev", "prod"]), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_promise_3_what_runs_together_is_rendered_the_same_in_any_order_twice_and_with_any_memory(
    tree_of, before, after, name, chance
):
    told = BASE | {"templates/tiny/manifests/config.yaml": TELLING}
    before, after = (
        {path: text for path, text in files.items() if path not in _TWINS} for files in (before, after)
    )
    old, new, _ = compared(tree_of, told | before, told | after)
    memo = {}
    _rendered(old, name, None, memo)
    plain = _rendered(new, name, None, {})
    assert _rendered(new, name, None, memo) == plain
    assert _rendered(new, name, None, {}) == plain
    shuffled = list(new[1].entities)
    chance.shuffle(shuffled)
    assert _rendered((new[0], Catalog(tuple(shuffled))), name, None, {}) == plain
    alone = [_rendered(new, name, {entity.ref}, memo) for entity in new[1].entities]
    assert {folder: one for part in alone for folder, one in part.items()} == plain
