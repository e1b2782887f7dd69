"""/help, /explain, /owner and /dependents: they answer from the catalog and the rules, and change nothing."""

import pytest

from bot.deciders.decider import Rights
from bot.model.plan import EnsureFiles
from tests.deciders.talk import BASE, Thread, effects, ends, said
from tests.platforms import component, pull

RULE = """\
apiVersion: roadcrew.dev/v1
kind: Rule
metadata: {name: tier, title: Name a tier, description: So that we know what hurts.}
spec:
  judges: entity
  severity: warn
  match: {kinds: [Component]}
  validations:
    - {expression: "has(entity.metadata.labels)", message: "No tier."}
"""
NEEDY = component("cart", more="  dependsOn: [component:shop]\n")


@pytest.fixture
def thread(tree_of):
    return Thread(tree_of, {**BASE, "rules/tier.yaml": RULE}, {"catalog/cart.yaml": NEEDY})


def test_help_lists_what_the_asker_may_use_here(thread):
    mine, _ = said(thread.hears("/help"))
    assert "`/hold [--reason TEXT]`" in mine
    assert "`/approve" not in mine, "nothing here is to be approved"
    theirs, _ = said(thread.with_(rights={"stranger": Rights("read")}).hears("/help", "stranger"))
    assert "/owner" in theirs
    assert "/hold" not in theirs
    issue, _ = said(thread.with_(pull=None).hears("/roadcrew", event={"is_pull": False}))
    assert "/owner" in issue
    assert "/plan" not in issue


def test_help_explains_one(thread):
    body, reaction = said(thread.hears("/help hold"))
    assert reaction == "rocket"
    assert "`--reason`: Why, for the record." in body
    assert "Here it is for everyone with `write` permission." in body
    assert ends(thread.hears("/help hlod")) == [(False, "unknown-command")]
    assert "`/hold`" in said(thread.hears("/help hlod"))[0]


def test_a_rule_of_ones_own_is_explained(thread):
    body, _ = said(thread.hears("/explain tier"))
    assert "Name a tier" in body
    assert "has(entity.metadata.labels)" in body


def test_a_built_in_rule_is_explained(thread):
    body, _ = said(thread.hears("/explain reference-unknown"))
    assert "reference-unknown  built in" in body


def test_a_finding_is_explained_by_its_place(tree_of):
    thread = Thread(tree_of, change={"catalog/cart.yaml": component("cart", owner="tema")})
    plan = thread.hears("/explain catalog/cart.yaml:8")
    assert ends(plan) == [(True, "findings")]
    body, _ = said(plan)
    assert "`catalog/cart.yaml:8`" in body
    assert "`reference-unknown`" in body
    assert ends(thread.hears("/explain catalog/cart.yaml")) == [(True, "findings")]
    assert ends(thread.hears("/explain catalog/cart.yaml:1")) == [(False, "no-rule")]


def test_an_unknown_rule_gets_near_names(thread):
    assert "Did you mean `reference-unknown`" in said(thread.hears("/explain reference-unknwn"))[0]


def test_the_owner_of_an_entity_is_told_without_mentioning_anyone(thread):
    body, _ = said(thread.hears("/owner shop"))
    assert "component:default/shop is owned by group:default/team" in body
    assert "user:default/reviewer" in body
    assert "@" not in body


def test_without_a_name_it_is_about_what_the_pull_request_touches(thread):
    body, _ = said(thread.hears("/owner"))
    assert "component:default/cart is owned by" in body
    assert ends(thread.with_(pull=None, base=None, merged=None).hears("/owner")) == [(False, "entity-needed")]
    alike = thread.with_(merged=thread.facts["base"])
    assert ends(alike.hears("/owner")) == [(False, "nothing-touched")]


def test_dependents_are_those_of_the_default_branch(thread):
    assert "Nothing depends on component:default/shop." in said(thread.hears("/dependents shop"))[0]


def test_what_only_the_pull_request_holds_is_known_there(thread):
    assert "component:default/cart is owned by" in said(thread.hears("/owner cart"))[0]


def test_unknown_and_doubtful_names_get_near_ones(tree_of):
    thread = Thread(tree_of, {**BASE, "catalog/team.yaml": component("team")})
    assert "Did you mean `component:default/shop`?" in said(thread.hears("/owner shpo"))[0]
    doubtful = thread.hears("/owner team")
    assert ends(doubtful) == [(False, "entity-many")]
    assert "`component:default/team` or `group:default/team`" in said(doubtful)[0]


def test_promise_6_what_people_wrote_cannot_ping_or_format(thread):
    for text in (
        "/owner @everyone",
        "/explain **@acme/team**",
        "/help <b>@x</b>",
        "/owner `x`",
        "/owner ![a](b)",
    ):
        body, _ = said(thread.hears(text))
        outside = "".join(body.split("`")[::2])
        assert not set("@<*[") & set(outside.replace("**Not done.**", "")), body


def test_questions_change_nothing(thread):
    plan = thread.hears("/help\n\n/owner\n\n/dependents shop\n\n/explain tier")
    assert not plan.effects
    assert not effects(plan, EnsureFiles)


def test_answers_of_closed_pull_requests_are_given_too(thread):
    closed = thread.with_(base=None, merged=None)
    assert ends(closed.hears("/owner shop", pull=pull(is_open=False))) == [(True, "text")]
