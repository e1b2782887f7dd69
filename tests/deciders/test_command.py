"""`accept` and `command`: what is written is read, judged in one order, done once and ended visibly."""

import hashlib
from dataclasses import replace

import pytest

from bot.deciders import concerned, needs
from bot.deciders.decider import Need, Rights
from bot.model.acts import EnsureLabels, React
from bot.model.event import PullChanged
from bot.model.plan import Enqueue, Held
from bot.model.pull import HOLD, Person
from bot.model.spot import Spot
from bot.model.thread import Answered
from tests.deciders.talk import BASE, MINUTE, NOW, Thread, effects, ends, said, told, user, written
from tests.platforms import HEAD_SHA, REPO, component, pull

CHANGE = {"catalog/cart.yaml": component("cart")}


@pytest.fixture
def thread(tree_of):
    return Thread(tree_of, change=CHANGE)


def test_promise_1_what_holds_a_command_gets_eyes_and_waits_in_the_queue(thread):
    eyes, again = thread.reads("Thanks!\n\n/plan").effects
    assert (eyes.content, eyes.spot) == ("eyes", Spot(7, "comment", 5))
    assert again.event == thread.event(is_accepted=True, delivery="d/run")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (None, {}),
        ("Just words.", {}),
        ("`/plan`", {}),
        (written("/plan", is_ours=True), {}),
        (replace(written("/plan"), author=Person("robot", is_bot=True)), {}),
        ("/plan", {"reactions": ("eyes", "rocket")}),
        ("/plan", {"reactions": ("confused",)}),
    ],
)
def test_promise_7_all_else_is_silent(thread, text, facts):
    plan = thread.reads(text, **facts)
    assert not plan.effects
    assert not plan.parts
    assert plan.why


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (None, {}),
        (written("/plan", is_ours=True), {}),
        (replace(written("/plan"), author=Person("robot", is_bot=True)), {}),
        ("/plan", {"reactions": ("eyes", "rocket")}),
    ],
)
def test_promise_1_what_was_ended_or_deleted_meanwhile_is_not_done_again(thread, text, facts):
    plan = thread.hears(text, **facts)
    assert not plan.effects
    assert not plan.parts


def test_each_pass_reads_what_it_needs(thread):
    (first,), (second,) = concerned(thread.event()), concerned(thread.event(is_accepted=True))
    assert (first.name, second.name) == ("accept", "command")
    assert needs(thread.event()) == Need.THREAD | Need.TIP
    assert Need.RIGHTS in needs(thread.event(is_accepted=True))


def test_the_bare_form_is_for_others_where_the_platform_says_so(tree_of):
    off = "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata:\n  name: acme\nspec:\n  commands: {bare: false}\n"
    thread = Thread(tree_of, {**BASE, "catalog/platform.yaml": off})
    assert not thread.reads("/plan").effects
    assert thread.reads("/roadcrew plan").effects
    assert ends(thread.hears("/plan\n\n/roadcrew plan")) == [(True, "")]


def test_promise_7_what_was_edited_is_not_run(thread):
    assert ends(thread.hears(written("/plan", is_edited=True))) == [(False, "edited")]
    other = hashlib.sha256(b"/hold").hexdigest()
    assert ends(thread.hears("/plan", event={"digest": other})) == [(False, "edited")]
    mine = hashlib.sha256(b"/plan").hexdigest()
    assert ends(thread.hears("/plan", event={"digest": mine})) == [(True, "")]
    gone = thread.hears(written("never mind", is_edited=True))
    assert (ends(gone), said(gone)[1]) == ([(False, "edited")], "confused")


def test_what_holds_no_command_any_more_still_ends(tree_of):
    assert ends(Thread(tree_of).hears("Words.")) == [(False, "nothing")]


def test_promise_1_what_comes_too_late_ends_so(thread):
    assert ends(thread.hears(written("/plan\n\n/hold", at=NOW - 31 * MINUTE))) == [(False, "late")] * 2
    assert ends(thread.hears(written("/plan", at=NOW - 30 * MINUTE))) == [(True, "")]


def test_nobody_has_a_right_where_nothing_is_there_yet(thread):
    assert ends(thread.with_(tip_tree=None).hears("/plan")) == [(False, "empty-repo")]


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("/aprove", "unclear-unknown"),
        ("/roadcrew dance", "unclear-unknown"),
        ('/hold --reason "oh', "unclear-quotes"),
        ("/roadcrew plan please now", "misuse-extra"),
        ("/explain", "misuse-missing"),
        ("/hold --resaon x", "misuse-flag"),
        ("/hold --reason", "misuse-value"),
        ("/deny", "misuse-needed"),
    ],
)
def test_promise_10_what_is_unclear_or_misused_gets_a_sentence(thread, text, case):
    plan = thread.hears(text)
    assert ends(plan) == [(False, case)]
    assert not plan.effects
    body, reaction = said(plan)
    assert reaction == "confused"
    assert "**Not done.**" in body


def test_a_near_miss_names_what_was_meant(thread):
    assert "Did you mean `/approve`?" in said(thread.hears("/aprove"))[0]
    assert "Did you mean `--reason`?" in said(thread.hears("/hold --resaon x"))[0]


def test_commands_for_pull_requests_say_so_in_an_issue(thread):
    assert ends(thread.with_(pull=None).hears("/plan", event={"is_pull": False})) == [(False, "not-a-pull")]
    assert ends(thread.with_(pull=None).hears("/owner shop")) == [(True, "text")]


def test_a_closed_pull_request_says_how_it_ended(thread):
    assert ends(thread.hears("/plan", pull=pull(is_open=False))) == [(False, "closed")]
    assert ends(thread.hears("/plan", pull=pull(is_open=False, is_merged=True))) == [(False, "merged")]


def test_promise_7_refusals_name_who_could(thread):
    stranger = thread.with_(rights={"stranger": Rights("read")})
    plan = stranger.hears("/hold", "stranger")
    assert ends(plan) == [(False, "no-right")]
    assert not plan.effects
    body, _ = said(plan)
    assert "Everyone with `write` permission may." in body
    assert "@" not in body


def test_promise_7_rights_are_those_of_now(thread):
    lost = thread.with_(rights={"reviewer": Rights("none")})
    assert ends(lost.hears("/plan", "reviewer")) == [(False, "no-right")]
    assert ends(thread.with_(rights={}).hears("/help")) == [(False, "no-right")]


def test_promise_5_the_default_branch_says_who_may(tree_of):
    mine = BASE["catalog/platform.yaml"] + "    allow: {hold: [security]}\n"
    open_to_all = BASE["catalog/platform.yaml"] + "    allow: {hold: [read]}\n"
    base = {**BASE, "catalog/platform.yaml": mine}
    thread = Thread(tree_of, base, {"catalog/platform.yaml": open_to_all})
    assert ends(thread.hears("/hold", "reviewer")) == [(False, "no-right")]
    assert ends(thread.hears("/hold", "second")) == [(True, "")]


def test_promise_5_a_pull_request_makes_nobody_an_owner(tree_of):
    mine = component("shop", owner="user:intruder")
    thread = Thread(tree_of, change={"catalog/shop.yaml": mine, "catalog/users/i.yaml": user("intruder")})
    thread = thread.with_(rights={"intruder": Rights("read"), "reviewer": Rights("read")})
    assert ends(thread.hears("/hold", "intruder", pull=pull(author=Person("other")))) == [(False, "no-right")]
    assert ends(thread.hears("/hold", "reviewer", pull=pull(author=Person("other")))) == [(True, "")]


def test_settings_that_cannot_be_understood_leave_help_alone(tree_of):
    broken = (
        "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata:\n  name: acme\nspec:\n  commands: {bare: 7}\n"
    )
    thread = Thread(tree_of, {**BASE, "catalog/platform.yaml": broken})
    assert ends(thread.hears("/plan\n\n/help")) == [(False, "settings"), (True, "all")]


def test_promise_7_agents_are_kept_from_what_is_for_people(tree_of):
    label = '  labels: {roadcrew.dev/agent: "true"}\n'
    thread = Thread(tree_of, {**BASE, "catalog/users/helper.yaml": user("helper", "team", labels=label)})
    thread = thread.with_(rights={"helper": Rights("admin")})
    assert ends(thread.hears("/hold\n\n/plan", "helper")) == [(False, "agent"), (True, "")]


def later(body, *reactions, who="second", at=NOW):
    return Answered(replace(written(body, who, id_=6, at=at), spot=Spot(7, "comment", 6)), reactions)


def test_promise_2_what_was_written_before_does_not_undo_what_was_done_since(thread):
    done = later("/unhold", "rocket")
    plan = thread.hears("/hold", thread=(done,))
    assert ends(plan) == [(False, "overtaken")]
    assert (
        said(plan)[0] == "`/hold` **Not done.** `second` wrote `/unhold` after it, and that is done already."
    )


@pytest.mark.parametrize(
    "other",
    [
        later("/unhold"),
        later("/unhold", "confused"),
        later("/hold", "rocket"),
        later("/plan", "rocket"),
        later("/unhold\n\n/hold", "rocket"),
        later("/unhold", "rocket", at=NOW - 2 * MINUTE),
    ],
)
def test_nothing_else_overtakes(thread, other):
    assert ends(thread.hears("/hold", thread=(other,))) == [(True, "")]


def test_several_calls_run_in_their_order_and_the_reply_says_which_were_not_done(thread):
    plan = thread.hears("/hold\n\n/explain nothing-such\n\n/unhold")
    assert ends(plan) == [(True, ""), (False, "no-rule"), (True, "")]
    body, reaction = said(plan)
    assert reaction == "confused"
    first, second, third = body.split("\n\n")
    assert (first, third) == ("`/hold` **Done.**", "`/unhold` **Done.**")
    assert second.startswith("`/explain nothing-such` **Not done.** There is no rule `nothing-such`")


def test_a_call_sees_what_the_call_before_it_did(thread):
    held = pull(labels=(HOLD,))
    assert ends(thread.hears("/unhold\n\n/unhold", pull=held)) == [(True, ""), (True, "not-held")]


def test_promise_8_what_is_done_without_words_gets_a_reaction_alone(thread):
    assert said(thread.hears("/plan")) == ("", "rocket")


def test_a_review_cannot_bear_a_reaction_so_its_reply_says_all(thread):
    review = replace(written("/plan"), spot=Spot(7, "review", 9), head=HEAD_SHA)
    body, _ = said(thread.hears(review, event={"source": "review", "id": 9}))
    assert body == "`/plan` **Done.**"


def test_promise_1_what_github_holds_back_is_not_done(thread):
    plan = thread.hears("/hold")
    (label,) = effects(plan, EnsureLabels)
    body, reaction = said(plan, {label.key: Held("Resource not accessible", "see the App's rights")})
    assert reaction == "confused"
    assert body == "`/hold` **Not done.** Resource not accessible. See the App's rights."


def test_a_record_that_is_held_undoes_nothing(thread):
    plan = thread.hears("/hold")
    record = next(one for one in plan.effects if one.key.startswith("record:"))
    assert said(plan, {record.key: Held("no")}) == ("", "rocket")


def test_promise_3_the_same_comment_five_times_wants_the_same(thread):
    plans = [thread.hears("/hold\n\n/owner shop\n\n/plan") for _ in range(5)]
    assert all(plan == plans[0] for plan in plans)


def test_plan_and_retry_look_again(thread):
    (again,) = thread.hears("/plan").effects
    assert isinstance(again, Enqueue)
    assert again.event == PullChanged(delivery="d/comment-5-1", repo=REPO, number=7, rerun=True)
    (again,) = thread.hears("/retry", pull=pull(is_open=False, is_merged=True)).effects
    assert again.event.kind == "pull_closed"
    assert ends(thread.hears("/retry", pull=pull(is_open=False))) == [(False, "closed")]


def test_the_reply_is_found_again_by_its_marker(thread):
    assert told(thread.hears("/owner shop"))[0].command == "owner"
    reactions = [one for one in thread.hears("/owner shop").effects if isinstance(one, React)]
    assert not reactions, "the end comes after the words"
