"""What we opened for a person is that person's: rules see who asked, where nobody else can have written to it."""

from dataclasses import replace

import pytest

from bot.catalog.check import check
from bot.deciders.proxy import asked_for
from bot.deciders.pulls import pull_of
from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import Severity
from bot.model.proposal import EnsureBranch, EnsurePull
from bot.model.pull import Person
from tests.content.golden import ROOT
from tests.deciders.talk import NOW, Thread, effects, said
from tests.deciders.test_command_requesting import SHOP
from tests.platforms import REPO, pull, snapshot

OURS = replace(pull(), author=Person("roadcrew[bot]", True), is_ours=True, head_branch="request/x")
LIMITS = {**SHOP, "rules/agent-limits.yaml": (ROOT / "rules/agent-limits.yaml").read_text()}
WAIVE = '/waive needs-size shop --for 14d --reason "moves soon"'


@pytest.fixture
def opened(tree_of):
    """The snapshot of the pull request that /waive opens."""

    def make(**facts):
        plan = Thread(tree_of, LIMITS).hears(WAIVE)
        (branch,) = effects(plan, EnsureBranch)
        merged = tree_of({**LIMITS, **branch.files})
        said_ = {"pull": OURS, "is_head_first": True, "head_left": merged, **facts}
        return snapshot(base=tree_of(LIMITS), head=merged, merged=merged, **said_)

    return make


def denied(look):
    plan = plan_review(PullChanged(delivery="d", repo=REPO, number=7), look)
    return [one.rule for one in plan.findings if one.severity is Severity.DENY]


def test_a_waiver_by_command_can_be_merged(opened):
    assert denied(opened()) == []


def test_what_others_may_have_written_is_the_bots(opened):
    assert denied(opened(is_head_first=False)) == ["agent-limits"]
    assert denied(opened(head_moved_at=NOW)) == ["agent-limits"]
    assert denied(opened(pull=replace(OURS, is_ours=False))) == ["waiver-agent", "agent-limits"]


def test_who_asked_is_its_author_and_no_second_pair_of_eyes(opened):
    look = opened()
    catalog, base = check(look.merged, whole=True).catalog, check(look.base, whole=True).catalog
    changes = [*look.base.diff(look.merged)]
    paths = [one.path for one in changes]
    assert asked_for(look, catalog, paths) == "developer"
    assert asked_for(look, catalog, [*paths, "catalog/shop.yaml"]) == "", "it holds more than was asked for"
    approved = replace(OURS, approvers=("Developer", "reviewer"))
    facts = pull_of(approved, changes, base, asked_by="developer")
    assert (facts["author"]["login"], facts["author"]["isAgent"]) == ("developer", False)
    assert facts["approvals"] == ["reviewer"]
    assert pull_of(approved, changes, base)["author"]["isAgent"]


def test_the_words_say_who_approves_it(tree_of):
    plan = Thread(tree_of, SHOP).hears(WAIVE)
    assert "Someone else approves it there with a review on GitHub" in said(plan)[0]
    (asked,) = effects(plan, EnsurePull)
    assert "Someone else than who asks approves it, with a review on GitHub" in asked.body
