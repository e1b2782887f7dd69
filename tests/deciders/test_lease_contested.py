"""Nothing begins that would take what others have: the platform, grants in force, or what begins beside it."""

import pytest

from bot.deciders.arrived import Broken
from bot.deciders.lease import Look
from bot.deciders.lease_ground import ground_of
from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from tests.deciders.hold import Hold
from tests.deciders.talk import BASE, request
from tests.platforms import REPO, component, pull, snapshot

ONE, TWO = "catalog/requests/one.yaml", "catalog/requests/two.yaml"
SAME = {
    **BASE,
    "templates/look/manifests/look.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: same\n  namespace: shop\ndata:\n  of: {{ grant.name }}\n"
    ),
}
TAKING = {
    "templates/own/template.yaml": BASE["templates/tiny/template.yaml"].replace("name: tiny", "name: own"),
    "templates/own/manifests/config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: same\n  namespace: shop\n"
    ),
    "templates/own/CHANGELOG.md": "## 1.0.0\n",
    "catalog/other.yaml": component("other", template="own"),
}


@pytest.fixture
def hold(tmp_path):
    return Hold(tmp_path, SAME)


def broken(hold):
    """Of what came and does not begin: its name, and the rules with who is in the way."""
    look = hold.look()
    judged = Look(look, look.leases, ground_of(look), frozenset()).judged
    return {
        one.request.name: [(found.rule, found.facts["holder"]) for found in one.findings]
        for one in judged
        if isinstance(one, Broken)
    }


def test_what_a_grant_in_force_has_is_not_taken(hold):
    hold.merge({ONE: request("one")})
    hold.approve()
    hold.tick()
    hold.merge({TWO: request("two")}, number=8)
    hold.approve(number=8)
    hold.tick()
    assert hold.in_force == {"one"}
    assert broken(hold) == {"two": [("object-taken", "request:default/one")]}


def test_of_two_that_begin_together_the_first_begins(hold):
    hold.merge({ONE: request("one"), TWO: request("two")})
    hold.approve()
    assert broken(hold) == {"two": [("object-taken", "request:default/one")]}
    hold.tick()
    assert hold.in_force == {"one"}


def test_what_the_platform_took_since_is_not_taken_back(hold):
    hold.merge({ONE: request("one")})
    hold.commit("main", TAKING)
    hold.approve()
    hold.tick()
    assert hold.in_force == set()
    assert broken(hold) == {"one": [("object-taken", "component:default/other")]}


def test_where_it_ended_another_begins(hold):
    hold.merge({ONE: request("one", more="  duration: 1h\n")})
    hold.approve()
    hold.tick()
    hold.merge({TWO: request("two")}, number=8)
    hold.approve(number=8)
    hold.commit("main", {ONE: None})
    hold.tick()
    hold.tick()
    assert hold.in_force == {"two"}


def test_no_component_takes_what_a_grant_in_force_has(hold, tree_of):
    hold.merge({ONE: request("one")})
    hold.approve()
    hold.tick()
    leases = hold.look().leases
    merged = tree_of({**SAME, **TAKING})
    said = snapshot(pull=pull(), base=tree_of(SAME), head=merged, merged=merged, leases=leases)
    plan = plan_review(PullChanged(delivery="d", repo=REPO, number=7), said)
    found = {(one.rule, one.facts["component"], one.facts["holder"]) for one in plan.findings}
    assert ("object-taken", "component:default/other", "request:default/one") in found
