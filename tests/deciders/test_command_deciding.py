"""/approve, /deny and /cancel: a second pair of eyes merges exactly what it saw, or closes it."""

from dataclasses import replace

import pytest

from bot.deciders.decider import Rights
from bot.model.acts import EnsureMerged, Record
from bot.model.plan import Held
from bot.model.proposal import ClosePull, EnsureNoBranch
from bot.model.pull import HOLD, Approval, Person, PullCommit
from bot.model.spot import Spot
from tests.deciders.talk import (
    BASE,
    MINUTE,
    NOW,
    REQUEST,
    Thread,
    effects,
    ends,
    kind,
    request,
    said,
    user,
    written,
)
from tests.platforms import HEAD_SHA, REPO, component, pull

FORK = {"head_repo": replace(pull()).repo.model_copy(update={"owner": "other"})}


@pytest.fixture
def thread(tree_of):
    return Thread(tree_of, change={REQUEST: request()})


def test_an_approval_merges_at_the_commit_that_was_seen(thread):
    plan = thread.hears("/approve", "reviewer")
    assert ends(plan) == [(True, "approved")]
    record, merge = plan.effects
    assert (merge.number, merge.head_sha) == (7, HEAD_SHA)
    assert dict(merge.trailers) == {
        "Request": "shop-logs",
        "Requested-By": "developer",
        "Approved-By": "reviewer",
        "Reason": "errors since noon",
        "Pull-Request": "#7",
        "Delivery": "d",
    }
    assert (record.name, record.at) == (f"approved/7/{HEAD_SHA}/reviewer", NOW - MINUTE)
    assert record.entry["event"] == "approved"
    assert record.entry["service"] == "component:default/shop"


def test_the_service_s_owner_or_a_role_of_the_kind_may(thread):
    assert ends(thread.hears("/approve", "second")) == [(True, "approved")]


def test_promise_7_nobody_approves_his_own(thread, tree_of):
    own = Thread(
        tree_of, {**BASE, "catalog/users/developer.yaml": user("developer", "team")}, {REQUEST: request()}
    )
    plan = own.hears("/approve", "developer")
    assert ends(plan) == [(False, "own")]
    assert not plan.effects
    body, _ = said(plan)
    assert "another pair of eyes" in body
    subject = Thread(tree_of, change={REQUEST: request(more="  subject: user:reviewer\n")})
    assert ends(subject.hears("/approve", "reviewer")) == [(False, "own")]
    assert ends(subject.hears("/approve", "second")) == [(True, "approved")]


def test_promise_7_no_setting_lets_anyone_approve_his_own(tree_of):
    base = {
        **BASE,
        "catalog/platform.yaml": BASE["catalog/platform.yaml"] + "    allow: {approve: [write]}\n",
    }
    thread = Thread(tree_of, base, {REQUEST: request()})
    assert ends(thread.hears("/approve", "developer")) == [(False, "own")]
    thread = thread.with_(rights={"stranger": Rights("write")})
    assert ends(thread.hears("/approve", "stranger")) == [(False, "no-right")]


def agent_thread(tree_of):
    bounds = "  agent: {actsFor: user:reviewer, requests: [look], environments: [prod], openRequests: 2}\n"
    label = '  labels: {roadcrew.dev/agent: "true"}\n'
    base = {**BASE, "catalog/users/helper.yaml": user("helper", "team", more=bounds, labels=label)}
    asks = "  subject: user:developer\n  requestedBy: helper\n  onBehalfOf: user:reviewer\n"
    thread = Thread(tree_of, base, {REQUEST: request(more=asks)}, pull=pull(author=Person("helper")))
    rights = {name: Rights("write") for name in ("helper", "reviewer", "second")}
    return thread.with_(rights=rights)


def test_promise_7_whom_an_agent_acts_for_is_no_second_pair_of_eyes(tree_of):
    thread = agent_thread(tree_of)
    assert ends(thread.hears("/approve", "reviewer")) == [(False, "own")]
    assert ends(thread.hears("/approve", "helper")) == [(False, "agent")]
    assert ends(thread.hears("/approve", "second")) in ([(True, "approved")], [(False, "denied")])


def test_who_holds_no_role_is_told_who_could(thread):
    plan = thread.with_(rights={"stranger": Rights("admin")}).hears("/approve", "stranger")
    assert ends(plan) == [(False, "no-right")]
    assert "the members of `group:default/team`" in said(plan)[0].replace("The members", "the members")


def test_promise_5_a_pull_request_names_no_approvers(tree_of):
    mine = {REQUEST: request(), "templates/look/template.yaml": kind(approvers="read")}
    thread = Thread(tree_of, change=mine, rights={"stranger": Rights("read")})
    plan = thread.hears("/approve", "stranger")
    assert not plan.effects
    assert ends(plan)[0][0] is False


@pytest.mark.parametrize(
    "change",
    [
        {"catalog/cart.yaml": component("cart")},
        {REQUEST: request(), "catalog/cart.yaml": component("cart")},
        {REQUEST: request(), "catalog/requests/user.yaml": user("intruder", "team")},
        {REQUEST: request() + "---\n" + user("intruder", "team")},
        {REQUEST: request(), "catalog/requests/README.md": "# Requests\n"},
    ],
)
def test_promise_7_nothing_but_requests_is_merged_by_an_approval(tree_of, change):
    base = {
        **BASE,
        "catalog/platform.yaml": BASE["catalog/platform.yaml"] + "    allow: {approve: [write]}\n",
    }
    plan = Thread(tree_of, base, change).hears("/approve", "reviewer")
    assert ends(plan) == [(False, "no-request")]
    assert not plan.effects


def test_a_waiver_is_approved_by_a_review(tree_of):
    base = {
        **BASE,
        "catalog/platform.yaml": BASE["catalog/platform.yaml"] + "    allow: {approve: [write]}\n",
    }
    waiver = (
        "apiVersion: roadcrew.dev/v1\nkind: Waiver\nmetadata: {name: later}\nspec: {rule: tier, targets: [shop], "
        "reason: soon, owner: team, expires: 2026-02-01}\n"
    )
    plan = Thread(tree_of, base, {"catalog/waivers/later.yaml": waiver}).hears("/approve", "reviewer")
    assert ends(plan) == [(False, "waiver")]


def test_what_the_check_denies_is_not_merged_and_the_reply_says_why(tree_of):
    thread = Thread(tree_of, change={REQUEST: request(more="  duration: 9d\n")})
    plan = thread.hears("/approve", "reviewer")
    assert ends(plan) == [(False, "denied")]
    assert not plan.effects
    assert "`request-duration`" in said(plan)[0]


@pytest.mark.parametrize(
    ("facts", "case"),
    [
        ({"labels": (HOLD,)}, "held-pull"),
        ({"is_draft": True}, "draft"),
        ({"is_open": False}, "closed"),
        ({"is_open": False, "is_ours": True, "head_branch": "request/shop-logs"}, "closed-ours"),
        ({"is_open": False, "is_merged": True}, "merged"),
    ],
)
def test_what_cannot_be_merged_now_is_not(thread, facts, case):
    plan = thread.hears("/approve", "reviewer", pull=pull(**facts))
    assert ends(plan) == [(False, case)]
    assert not plan.effects


def test_a_link_is_no_request_and_no_conflict(thread):
    plan = thread.hears("/approve", "reviewer", merged=None, unsafe=("catalog/requests/shop-logs.yaml",))
    assert ends(plan) == [(False, "unsafe")]
    assert "`catalog/requests/shop-logs.yaml`" in said(plan)[0]
    assert "Nobody may" not in said(plan)[0]


def test_unhold_and_approve_can_stand_in_one_comment(thread):
    plan = thread.hears("/unhold\n\n/approve", "reviewer", pull=pull(labels=(HOLD,)))
    assert ends(plan) == [(True, ""), (True, "approved")]


def test_a_conflict_is_settled_first(thread):
    plan = thread.with_(merged=None, conflicts=(REQUEST,)).hears("/approve", "reviewer")
    assert not plan.effects
    assert ends(plan)[0][0] is False


# Bound to the head that was seen


@pytest.mark.parametrize(
    ("text", "facts", "case"),
    [
        ("/approve", {}, None),
        ("/approve", {"seen_at": NOW}, "unseen-moved-perhaps"),
        ("/approve", {"seen_at": None}, "unseen-moved-perhaps"),
        ("/approve", {"seen_at": None, "is_head_first": True}, None),
        ("/approve", {"is_head_first": True, "head_moved_at": NOW}, "unseen-moved-perhaps"),
        ("/approve", {"head_moved_at": NOW}, "unseen-moved-perhaps"),
        ("/approve", {"head_moved_at": NOW - 5 * MINUTE}, "unseen-moved-perhaps"),
        ("/approve", {"head_moved_at": NOW - 15 * MINUTE}, None),
        (f"/approve --at {HEAD_SHA[:7]}", {}, None),
        (f"/approve --at {HEAD_SHA[:7]}", {"seen_at": None}, "unseen-short"),
        (f"/approve --at {HEAD_SHA.upper()}", {"seen_at": None}, None),
        (f"/approve --at {HEAD_SHA[:6]}", {}, "unseen-no-commit"),
        ("/approve --at main", {}, "unseen-no-commit"),
        ("/approve --at 1234567", {}, "unseen-other-commit"),
        ("/approve", {"pull": pull(**FORK)}, "unseen-fork"),
        (f"/approve --at {HEAD_SHA[:7]}", {"pull": pull(**FORK)}, None),
        ("/approve", {"event": {"head": "c" * 40}}, "unseen-moved"),
        ("/approve", {"event": {"head": HEAD_SHA}, "pull": pull(**FORK)}, None),
    ],
)
def test_promise_7_it_counts_for_the_commit_that_its_author_saw(thread, text, facts, case):
    plan = thread.hears(text, "reviewer", **facts)
    assert ends(plan) == [(False, case) if case else (True, "approved")]
    assert bool(plan.effects) == (case is None)


def test_promise_7_a_review_counts_for_its_commit(thread):
    old, new = (replace(written("/approve", "reviewer"), head=sha) for sha in ("c" * 40, HEAD_SHA))
    assert ends(thread.hears(old)) == [(False, "unseen-moved")]
    assert ends(thread.hears(new, seen_at=None)) == [(True, "approved")]


def test_the_refusal_says_what_to_write(thread):
    body, _ = said(thread.hears("/approve", "reviewer", seen_at=None))
    assert f"`--at {HEAD_SHA[:12]}`" in body


# More than one


@pytest.fixture
def double(tree_of):
    return Thread(tree_of, {**BASE, "templates/look/template.yaml": kind(approvals=2)}, {REQUEST: request()})


def test_where_two_must_approve_the_first_is_counted_and_the_second_merges(double):
    first = double.hears("/approve", "reviewer")
    assert ends(first) == [(True, "counted")]
    assert said(first)[0].endswith("Your approval counts. One more is needed, of 2, for this very commit.")
    assert not effects(first, EnsureMerged)
    again = double.counted(first, "reviewer").hears("/approve", "reviewer")
    assert ends(again) == [(True, "counted")], "the same person twice is one"
    second = double.counted(first, "reviewer").hears("/approve", "second")
    (merge,) = effects(second, EnsureMerged)
    assert dict(merge.trailers)["Approved-By"] == "reviewer, second"


def test_who_lost_the_role_meanwhile_counts_no_more(double):
    first = double.hears("/approve", "reviewer")
    lost = {
        **BASE,
        "catalog/users/reviewer.yaml": user("reviewer"),
        "templates/look/template.yaml": kind(approvals=2),
    }
    thread = Thread(double.tree_of, lost, {REQUEST: request()}).counted(first, "reviewer")
    assert ends(thread.hears("/approve", "second")) == [(True, "counted")]


def test_what_was_approved_before_the_branch_moved_counts_no_more(double):
    first = double.hears("/approve", "reviewer")
    moved = pull(head_sha="d" * 40)
    assert ends(double.counted(first, "reviewer").hears("/approve", "second", pull=moved)) == [
        (True, "counted")
    ]


def test_promise_7_approvals_are_not_taken_from_what_others_can_write(double):
    first = double.hears("/approve", "reviewer")
    for other in (
        double.after(*first.effects),
        double.counted(first, "reviewer", is_ours=False),
        double.counted(first, "reviewer", is_edited=True),
        double.counted(first, "reviewer", reactions=()),
        double.counted(first, "stranger"),
    ):
        plan = other.hears("/approve", "second")
        assert ends(plan) == [(True, "counted")]
        assert not effects(plan, EnsureMerged)


def test_promise_7_a_comment_review_would_be_forgotten_and_says_so(double):
    review = replace(written("/approve", "reviewer"), spot=Spot(7, "review", 9), head=HEAD_SHA)
    event = {"event": {"source": "review", "id": 9}}
    assert ends(double.hears(review, **event)) == [(False, "comment")]
    given = (Approval("reviewer", HEAD_SHA, NOW),)
    assert ends(double.hears(review, pull=pull(approvals=given), **event)) == [(True, "counted")]


# Whose hands it was in


@pytest.mark.parametrize(
    ("commit", "case"),
    [
        (PullCommit("a" * 40, ("developer",)), None),
        (PullCommit("a" * 40, ("developer", "Reviewer")), "pushed"),
        (PullCommit("a" * 40, ("developer",), ("who@knows.example",)), "strange"),
    ],
)
def test_promise_7_who_wrote_some_of_it_is_no_second_pair_of_eyes(thread, commit, case):
    plan = thread.hears("/approve", "reviewer", pull_commits=(commit,))
    assert ends(plan) == [(False, case) if case else (True, "approved")]
    assert bool(effects(plan, EnsureMerged)) == (case is None)
    assert case != "strange" or "who@knows.example" in said(plan)[0]


def test_who_has_another_address_approves_what_a_stranger_wrote(tree_of):
    more = "  profile: {email: reviewer@acme.example}\n"
    base = {**BASE, "catalog/users/reviewer.yaml": user("reviewer", "team", more=more)}
    thread = Thread(tree_of, base, {REQUEST: request()})
    for address, end in (
        ("who@knows.example", (True, "approved")),
        ("reviewer@acme.example", (False, "strange")),
    ):
        commits = (PullCommit("a" * 40, (), (address,)),)
        assert ends(thread.hears("/approve", "reviewer", pull_commits=commits)) == [end]
    many = tuple(PullCommit(f"{one:040}", ("developer",)) for one in range(250))
    assert ends(thread.hears("/approve", "reviewer", pull_commits=many)) == [(True, "approved")]
    assert ends(thread.hears("/approve", "second", pull_commits=many)) == [(False, "strange")]


def test_the_author_s_own_address_needs_no_account(tree_of):
    more = "  profile: {email: Me@home.example}\n"
    base = {**BASE, "catalog/users/developer.yaml": user("developer", more=more)}
    commits = (PullCommit("a" * 40, (), ("me@home.example",)),)
    thread = Thread(tree_of, base, {REQUEST: request()}, pull_commits=commits)
    assert ends(thread.hears("/approve", "reviewer")) == [(True, "approved")]


def test_promise_7_two_users_of_one_account_are_one_pair_of_eyes(tree_of):
    other = user("other", "team").replace(
        "  name: other\n", "  name: other\n  annotations: {github.com/user-login: Developer}\n"
    )
    thread = Thread(
        tree_of,
        {**BASE, "catalog/users/other.yaml": other},
        {REQUEST: request(more="  subject: user:developer\n")},
    )
    plan = thread.hears("/approve", "developer", pull=pull(author=Person("stranger")))
    assert ends(plan) == [(False, "own")]


# Killed on the way, and refused by GitHub


def test_promise_1_killed_after_the_merge_it_says_done_and_not_closed(thread):
    first = thread.hears("/approve", "reviewer")
    merged = pull(is_open=False, is_merged=True, merge_sha="e" * 40)
    again = thread.after(*first.effects).hears("/approve", "reviewer", pull=merged, seen_at=None)
    assert ends(again) == [(True, "approved")]
    assert not again.effects
    other = thread.after(*first.effects).hears("/approve", "second", pull=merged)
    assert ends(other) == [(False, "merged")]


def test_what_github_does_not_let_be_merged_is_told_with_what_to_do(thread):
    plan = thread.hears("/approve", "reviewer")
    (merge,) = effects(plan, EnsureMerged)
    body, reaction = said(plan, {merge.key: Held('Required status check "ci" is expected')})
    assert reaction == "confused"
    assert body == (
        "`/approve` **Not done.** It was approved, but GitHub did not let it be merged. Required status check "
        '"ci" is expected. When that is settled, write `/approve` again.'
    )


# The other ends


def test_a_denial_closes_it_and_says_why(thread):
    plan = thread.hears('/deny --reason "use staging @everyone"', "reviewer")
    assert ends(plan) == [(True, "denied")]
    record, close = plan.effects
    assert isinstance(record, Record)
    assert record.entry["reason"] == "use staging @everyone"
    assert close == ClosePull(REPO, 7, body="")
    body, _ = said(plan)
    assert "The reason: use staging" in body
    assert "@everyone" not in "".join(body.split("`")[::2])


def test_a_denial_is_for_approvers_and_for_what_they_saw(thread):
    assert ends(thread.hears("/deny --reason no", "developer")) == [(False, "own")]
    assert ends(thread.hears("/deny --reason no", "reviewer", seen_at=None)) == [
        (False, "unseen-moved-perhaps")
    ]


def test_who_asked_takes_it_back(thread):
    plan = thread.hears("/cancel")
    assert ends(plan) == [(True, "cancelled")]
    assert [type(one) for one in plan.effects] == [Record, ClosePull]
    assert ends(thread.hears("/cancel", "reviewer")) == [(False, "no-right")]


def test_a_branch_of_ours_goes_with_it(thread):
    ours = pull(head_branch="request/shop-logs", is_ours=True, author=Person("roadcrew[bot]", is_bot=True))
    plan = thread.hears('/deny --reason "no"', "reviewer", pull=ours)
    assert effects(plan, EnsureNoBranch) == [EnsureNoBranch(REPO, "request/shop-logs", HEAD_SHA)]


def test_promise_1_killed_after_closing_it_says_done(thread):
    closed = pull(is_open=False)
    for text, who in (("/cancel", "developer"), ("/deny --reason no", "reviewer")):
        first = thread.hears(text, who)
        again = thread.after(*first.effects).hears(text, who, pull=closed)
        assert ends(again) == ends(first)
        assert not again.effects
        assert ends(thread.hears(text, who, pull=closed)) == [(False, "closed")]
