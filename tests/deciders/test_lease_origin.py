"""How a request came decides: nothing in the same merge grants it, and no address in a commit is a proof."""

import re
from dataclasses import replace

import pytest

from bot.leases.grant import GRANTS
from bot.model.plan import Severity
from bot.model.pull import Person, PullCommit
from bot.report.grants import say_leases
from tests.deciders.hold import ASKED, HOUR, Hold
from tests.deciders.talk import BASE, REQUEST, kind, request, user
from tests.deciders.test_lease import CLOSED, GLASS, OURS, TAKEN, TICK, ours
from tests.platforms import NOW, REPO

LOOK = "templates/look/template.yaml"
FORGED = {REQUEST: TAKEN[REQUEST] + "  duration: 1h\n"}


@pytest.fixture
def hold(tmp_path):
    return Hold(tmp_path)


def told(hold):
    (part,) = hold.plan(CLOSED, pull=hold.hub.pulls[7]).parts
    return part


def rules(part):
    return {(one.rule, one.facts.get("case", "")) for one in part.findings if one.severity is Severity.DENY}


# What comes in the same merge


@pytest.mark.parametrize(
    "more",
    [
        {"catalog/users/stranger.yaml": user("stranger", "team")},
        {LOOK: kind(approvers="write")},
        {"catalog/platform.yaml": BASE["catalog/platform.yaml"].replace("[security]", "[team, security]")}
        | {"catalog/users/stranger.yaml": user("stranger", "team")},
        {"catalog/shop.yaml": BASE["catalog/shop.yaml"].replace("owner: team", "owner: user:stranger")}
        | {"catalog/users/stranger.yaml": user("stranger")},
    ],
    ids=["member", "approvers", "role", "owner"],
)
def test_promise_7_nobody_becomes_an_approver_by_the_merge_that_brings_the_request(hold, more):
    hold.merge(ASKED | more)
    hold.approve("stranger")
    hold.tick(TICK)
    assert hold.in_force == set()
    assert (told(hold).state, rules(told(hold))) == ("broken", {("request-mixed", "merged")})
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set(), "whoever approved it may not have looked at the rest"


def test_promise_7_who_became_one_after_it_does_not_either(hold):
    hold.merge()
    hold.commit("main", {"catalog/users/stranger.yaml": user("stranger", "team")})
    hold.approve("stranger")
    hold.tick(TICK)
    assert hold.in_force == set()
    hold.approve()
    hold.tick(TICK)
    assert hold.granted.grants["shop-logs"].approved_by == ("reviewer",), "he was one all the time"


def test_promise_7_a_longer_maximum_of_later_allows_nothing(hold):
    longer = kind().replace("maximumDuration: 8h", "maximumDuration: 80h")
    hold.merge({REQUEST: request(more="  duration: 40h\n")})
    hold.commit("main", {LOOK: longer})
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set()
    assert rules(told(hold)) == {("request-duration", "")}


def test_promise_7_a_template_of_later_renders_nothing(hold):
    path = "templates/look/manifests/look.yaml"
    hold.merge()
    hold.commit("main", {path: BASE[path].replace("who: ", "all: ")})
    hold.approve()
    hold.tick(TICK)
    (made,) = [one for one in hold.paths() if one.endswith("configmap-shop-logs.yaml")]
    assert b"who: developer" in hold.tree(GRANTS).read(made)
    assert b"all:" not in hold.tree(GRANTS).read(made)


@pytest.mark.parametrize("later", [False, True])
def test_promise_7_a_kind_that_was_not_there_before_grants_nothing(tmp_path, later):
    base = {path: text for path, text in BASE.items() if not path.startswith("templates/look")}
    brought = {path: text for path, text in BASE.items() if path.startswith("templates/look")}
    hold = Hold(tmp_path, base)
    hold.merge(ASKED if later else ASKED | brought)
    if later:
        hold.commit("main", brought)
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set()
    assert rules(told(hold)) == {("request-mixed", "brought" if later else "merged")}


def test_promise_7_a_stricter_kind_of_now_counts_too(hold):
    hold.merge()
    hold.commit("main", {LOOK: kind(approvals=2)})
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set()
    hold.commit("main", {LOOK: kind().replace("maximumDuration: 8h", "maximumDuration: 5h")})
    hold.tick(TICK)
    assert hold.granted.grants["shop-logs"].latest_end == NOW + TICK + 5 * HOUR - TICK


def test_promise_7_a_kind_that_lasted_before_and_ends_now_ends(hold):
    lasting = kind().replace("maximumDuration: 8h", "").replace("defaultDuration: 2h", "")
    hold.commit("main", {LOOK: lasting})
    hold.merge({path: re.sub(r" *duration: .*\n", "", text) for path, text in ASKED.items()})
    hold.commit("main", {LOOK: kind()})
    hold.approve()
    hold.tick(TICK)
    found = hold.granted.grants["shop-logs"]
    assert found.latest_end == found.expires_at == found.starts_at + 8 * HOUR


def test_promise_7_what_a_rebase_brought_in_several_commits_came_as_one(hold):
    """The first of them made its author an owner; the request is in the second."""
    first = hold.commit("main", {"catalog/users/stranger.yaml": user("stranger", "team")})
    sha = hold.merge()
    hold.hub.brought = {first: [7], sha: [7]}
    hold.approve("stranger")
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set()
    assert rules(told(hold)) == {("request-mixed", "merged")}
    arrived = hold.look().leases.arrived[REQUEST]
    assert arrived.before_sha == hold.mirror.log(REPO, first, limit=2)[1].sha


def test_promise_7_a_merge_is_judged_by_its_first_parent(hold):
    before = hold.tip("main")
    sha = hold.merge()
    hold.approve()
    hold.tick(TICK)
    grant = hold.granted.grants["shop-logs"]
    assert (grant.base_commit, grant.source_commit) == (before, sha)


# Whose hands it was in


def test_promise_7_who_pushed_to_it_does_not_approve_it(hold):
    hold.merge()
    hold.hub.commits[7] = [PullCommit("a" * 40, ("developer",)), PullCommit("b" * 40, ("reviewer",))]
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set()
    hold.approve("second")
    hold.tick(TICK)
    assert hold.granted.grants["shop-logs"].approved_by == ("second",)


def test_promise_7_what_a_stranger_wrote_is_approved_by_someone_with_another_address(tmp_path):
    mail = "  profile: {email: second@acme.example}\n"
    hold = Hold(tmp_path, BASE | {"catalog/users/second.yaml": user("second", "security", more=mail)})
    hold.merge()
    hold.hub.commits[7] = [PullCommit("a" * 40, (), ("who@knows.example",))]
    hold.approve()
    hold.tick(TICK)
    assert hold.in_force == set(), "nobody knows the reviewer's address: it may be this one"
    assert "no account's: `who@knows.example`" in say_leases((told(hold),), {})[0]
    hold.approve("second")
    hold.tick(TICK)
    assert hold.in_force == {"shop-logs"}


def test_promise_7_two_users_of_one_account_are_one_pair_of_eyes(tmp_path):
    other = user("other", "team").replace(
        "  name: other\n", "  name: other\n  annotations: {github.com/user-login: Developer}\n"
    )
    hold = Hold(tmp_path, BASE | {"catalog/users/other.yaml": other})
    hold.merge({REQUEST: request(more="  subject: user:developer\n")}, author=Person("stranger"))
    hold.approve("developer")
    hold.tick(TICK)
    assert hold.in_force == set()


# Our own branch


@pytest.fixture
def glass(tmp_path):
    return Hold(tmp_path, BASE | {LOOK: GLASS})


def test_promise_7_our_address_on_a_second_commit_breaks_no_glass(glass):
    base = glass.tip("main")
    glass.mirror.fetch(REPO, ["refs/heads/main"])
    ours(glass, {REQUEST: request(more="  requestedBy: reviewer\n")})
    forged = glass.commit("request/x", FORGED, by=glass.mirror, message="Forge\n")
    merge(glass, forged, base)
    glass.tick(TICK)
    assert glass.in_force == set()
    assert told(glass).case == "touched"


def merge(hold, head, base):
    """The head as it is now, merged by us in the name of the rule that breaks glass."""
    hold.origin.references.create("refs/pull/7/head", head, force=True)
    hold.commit("main", {REQUEST: None})
    text = "Merge\n\nBreak-Glass: true\n"
    hold.merge(FORGED, by=hold.mirror, message=text, base_sha=base, head_sha=head, **OURS)


@pytest.mark.parametrize("moved", [False, True])
def test_promise_7_a_head_that_was_moved_by_force_breaks_no_glass(glass, moved):
    ours(glass, TAKEN)
    glass.hub.moved[7] = NOW if moved else None
    glass.tick(TICK)
    assert glass.in_force == (set() if moved else {"shop-logs"})
    if moved:
        assert told(glass).case == "touched"


def test_promise_7_what_others_merged_is_no_broken_glass(glass):
    ours(glass, TAKEN)
    glass.hub.pulls[7] = replace(glass.hub.pulls[7], merged_by="second")
    glass.tick(TICK)
    assert glass.in_force == set()
