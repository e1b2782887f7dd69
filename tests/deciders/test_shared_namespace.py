"""What opens a whole namespace is approved by who owns all of it: an owner of a part speaks for the part."""

import pytest

from bot.deciders.decider import Rights
from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.request_part import RequestPart
from bot.report.review import say_review
from tests.deciders.talk import BASE, REQUEST, Thread, ends, kind, request, said, user
from tests.platforms import REPO, component, environment

LOGINS = ("developer", "reviewer", "second", "both", "maintainer")
SHARED = {
    **BASE,
    "catalog/prod.yaml": environment("prod", 2, "  namespace: shop\n"),
    "catalog/cart.yaml": component("cart", owner="security"),
    "catalog/users/both.yaml": user("both", "team", "security"),
    "templates/look/template.yaml": kind(approvers="owner, maintain").replace(
        "    approvals: 1\n", "    approvals: 1\n    reach: namespace\n"
    ),
}
ALONE = {**SHARED, "catalog/prod.yaml": environment("prod", 2, "  namespace: '{component}'\n")}


def thread(tree_of, base=SHARED):
    rights = {name: Rights("maintain" if name == "maintainer" else "write") for name in LOGINS}
    return Thread(tree_of, base, change={REQUEST: request()}, rights=rights)


@pytest.mark.parametrize(("login", "end"), [("reviewer", "no-right"), ("second", "no-right")])
def test_an_owner_of_a_part_does_not_approve_for_all(tree_of, login, end):
    plan = thread(tree_of).hears("/approve", login)
    assert ends(plan) == [(False, end)]
    assert "each of `group:default/security` and `group:default/team`" in said(plan)[0]


@pytest.mark.parametrize("login", ["both", "maintainer"])
def test_who_owns_all_or_maintains_approves(tree_of, login):
    assert ends(thread(tree_of).hears("/approve", login)) == [(True, "approved")]


def test_where_nobody_else_lives_its_owner_approves(tree_of):
    assert ends(thread(tree_of, ALONE).hears("/approve", "reviewer")) == [(True, "approved")]
    assert ends(thread(tree_of, ALONE).hears("/approve", "second")) == [(False, "no-right")]


@pytest.mark.parametrize("login", ["reviewer", "second"])
def test_each_owner_denies(tree_of, login):
    assert ends(thread(tree_of).hears("/deny --reason no", login)) == [(True, "denied")]


def test_the_comment_says_who_else_is_reached(tree_of):
    event = PullChanged(delivery="d", repo=REPO, number=7)
    look = thread(tree_of).snapshot(None)
    plan = plan_review(event, look)
    (part,) = [one for one in plan.parts if isinstance(one, RequestPart)]
    assert part.beside == ("component:default/cart group:default/security",)
    assert "groups:group:default/security group:default/team" in part.approvers
    comment, _ = say_review(look.pull, plan)
    assert "all of its namespace: `cart` of `security`" in comment.body
