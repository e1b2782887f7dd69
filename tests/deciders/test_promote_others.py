"""`promote` tells who else is concerned: who holds what comes, who names what goes, whose pin leads nowhere."""

import pytest

from bot.deciders.promote import plan_promotion
from bot.model.event import Pushed
from bot.model.plan import EnsurePull
from tests.deciders.road import FIRST, OURS, SECOND, Road
from tests.platforms import PLATFORM, REPO, component

EVENT = Pushed(delivery="d", repo=REPO, branch="env/dev")
HEAD = "promote/prod/shop"


def pulls(snapshot):
    return [one for one in plan_promotion(EVENT, snapshot).effects if isinstance(one, EnsurePull)]


ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ component.name }}
spec:
  hostnames: [shop.example.org]
  rules:
    - matches:
        - path: {type: PathPrefix, value: /pay}
"""
SHARED = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fixed\n  namespace: one\n"
NEEDS_SHOP = "  dependsOn: [component:shop]\n"


def moved(tree_of, manifest, giver="shop", taker="cart"):
    """One component has taken over what another rendered, and only the first environment knows of it."""
    manifests = {"templates/other/manifests/x.yaml": manifest, "templates/other/CHANGELOG.md": "## 1.0.0\n"}
    other = PLATFORM["templates/tiny/template.yaml"].replace("name: tiny", "name: other")
    base = PLATFORM | manifests | {"templates/other/template.yaml": other}
    before = base | {f"catalog/{giver}.yaml": component(giver, template="other")}
    after = base | {"catalog/shop.yaml": component("shop"), f"catalog/{taker}.yaml": component(taker)}
    after |= {f"catalog/{taker}.yaml": component(taker, template="other")}
    road = Road(tree_of, **{FIRST: before, SECOND: after})
    return road, {"dev": road.files(SECOND, "dev"), "prod": road.files(FIRST, "prod")}


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (ROUTE, "- `shop.example.org /pay` by `shop`"),
        (SHARED, "- `ConfigMap/fixed in one` by `shop`"),
    ],
    ids=["host", "object"],
)
def test_a_promotion_says_what_another_component_still_holds_there(tree_of, manifest, said):
    road, standing = moved(tree_of, manifest)
    bodies = {one.head: one.body for one in pulls(road.snapshot(SECOND, standing))}
    assert said in bodies["promote/prod/cart"]
    assert bodies["promote/prod/cart"].count("\n- `") == 1
    assert "Still held" not in bodies[HEAD], "it gives it up"
    standing["prod"] = {
        path: data for path, data in standing["prod"].items() if not path.startswith("shop/")
    } | {path: data for path, data in road.files(SECOND, "prod").items() if path.startswith("shop/")}
    (words,) = pulls(road.snapshot(SECOND, standing))
    assert words.head == "promote/prod/cart"
    assert "Still held" not in words.body, "what took it away was merged first"


def test_files_that_people_keep_beside_are_no_components_that_hold_anything(tree_of):
    road, standing = moved(tree_of, SHARED)
    kept = {path.replace("shop/", "notes/"): data for path, data in standing["prod"].items()}
    standing["prod"] = {path: data for path, data in kept.items() if not path.endswith("source.yaml")}
    bodies = [one.body for one in pulls(road.snapshot(SECOND, standing))]
    assert len(bodies) == 2
    assert not any("Still held" in body for body in bodies)


def removal(tree_of, *, today, promoted=FIRST):
    """The shop is gone in the first environment; the cart, by its pin in the last one, depends on it."""
    before = PLATFORM | {"catalog/cart.yaml": component("cart", more=NEEDS_SHOP)}
    after = {path: data for path, data in PLATFORM.items() if path != "catalog/shop.yaml"}
    road = Road(tree_of, **{FIRST: before, SECOND: after | {"catalog/cart.yaml": today}})
    prod = road.files(FIRST, "prod") | {
        path: data for path, data in road.files(promoted, "prod").items() if path.startswith("cart/")
    }
    dev = {path: data for path, data in road.files(SECOND, "dev").items() if path.startswith("cart/")}
    facts = road.snapshot(SECOND, {"dev": dev, "prod": prod}, traced={"dev": {"shop": OURS}})
    (words,) = [one for one in pulls(facts) if one.title == "Remove shop from prod"]
    return words.body


def test_a_removal_names_who_still_refers_to_what_goes(tree_of):
    freed = component("cart", size=2)
    body = removal(tree_of, today=freed)
    assert "`component:default/cart` on `env/prod` still refers to `shop`" in body
    assert "Still referred" not in removal(tree_of, today=freed, promoted=SECOND), "promoted first"
    still = component("cart", more=NEEDS_SHOP)
    assert "Still referred" in removal(tree_of, today=still, promoted=SECOND), "a rule allowed it"
    assert "Still referred" not in removal(tree_of, today=component("cart"), promoted=SECOND)


def test_a_pin_whose_commit_is_gone_is_shown_on_the_branch(tree_of):
    changed = PLATFORM | {"catalog/shop.yaml": component("shop", size=2)}
    road = Road(tree_of, **{FIRST: PLATFORM, SECOND: changed})
    standing = {"dev": road.files(SECOND, "dev"), "prod": road.files(FIRST, "prod")}
    (part,) = plan_promotion(EVENT, road.snapshot(SECOND, standing, sources={})).parts
    assert (part.tip, part.following, part.folders) == ("e" * 40, "prod", (("shop", SECOND),))
    assert plan_promotion(EVENT, road.snapshot(SECOND, standing)).parts == ()
