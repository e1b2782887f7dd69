"""What people read after a merge, word for word in golden files."""

from dataclasses import replace

import pytest

from bot.model.lease import AskedPart, LeasePart
from bot.model.plan import (
    Applied,
    Conclusion,
    DeliveryPart,
    Finding,
    Held,
    HeldFolder,
    Plan,
    Severity,
    Unchanged,
)
from bot.model.pull import Approval, Person
from bot.report.delivery import say_delivery, say_push
from bot.report.failure import say_failure, say_refusal
from tests.platforms import NOW, REPO, pull

MERGED = pull(is_open=False, is_merged=True, approvers=("reviewer",), merged_by="reviewer")
PART = DeliveryPart("dev", "env/dev", ("cart", "shop"), effect_key="files")
HELD = Held(
    "`env/dev` holds commit `abc1234`, which Roadcrew did not make.", "undo it with `git revert abc1234`."
)
BROKEN = Finding("yaml-syntax", Severity.DENY, "catalog/x.yaml", 3, 1, {"reason": "a colon is missing"})
OUTCOMES = {"applied": Applied("f" * 40), "held": HELD, "unchanged": Unchanged("f" * 40)}


HAND = "d" * 40
STUCK = (
    HeldFolder("help", HAND, 12, is_open=True),
    HeldFolder("search", HAND, 11),
    HeldFolder("cart", HAND),
)


GRANT = LeasePart("a", "access", "prod", "component:default/shop", "", "waiting", requested_by="developer")
OLD = pull(
    is_open=False,
    is_merged=True,
    is_ours=True,
    author=Person("roadcrew[bot]", is_bot=True),
    approvers=("helper", "reviewer"),
    approvals=(Approval("reviewer", "e" * 40, NOW),),
    merged_by="developer",
)


@pytest.mark.parametrize(
    ("merged", "parts", "words"),
    [
        (OLD, (replace(GRANT, missing=1),), "asked by `developer` · no approval recorded · merged"),
        (
            OLD,
            (replace(GRANT, approved_by=("second",)),),
            "asked by `developer` · approved by `second` · merged",
        ),
        (OLD, (PART, AskedPart("developer")), "asked by `developer` · approved by `helper` · merged"),
        (replace(OLD, is_ours=False), (PART,), "asked by `roadcrew[bot]` · approved by `helper` · merged"),
    ],
)
def test_the_trail_names_who_asked_and_only_approvals_that_counted(merged, parts, words):
    (comment,) = say_delivery(merged, Plan(parts=parts), {})
    assert words in comment.body


@pytest.mark.parametrize("name", ["applied", "held"])
def test_the_words_in_the_thread(name, golden):
    (comment,) = say_delivery(MERGED, Plan(parts=(PART,)), {"files": OUTCOMES[name]})
    golden(f"delivery-{name}.md", comment.body + "\n")


def test_the_words_are_the_same_whoever_made_the_commit():
    made = DeliveryPart("dev", "env/dev", ("cart", "shop"), commit="f" * 40)
    later = say_delivery(MERGED, Plan(parts=(made,)), {})
    for name in ("applied", "unchanged"):
        assert say_delivery(MERGED, Plan(parts=(PART,)), {"files": OUTCOMES[name]}) == later


def test_what_is_held_is_named_with_a_way_out_that_exists_and_what_follows_is_linked(golden):
    done = DeliveryPart("dev", "env/dev", ("shop",), commit="f" * 40, following="env/staging")
    plan = Plan(parts=(done, DeliveryPart("dev", "env/dev", (), held=STUCK, following="env/staging")))
    (comment,) = say_delivery(MERGED, plan, {})
    golden("delivery-partly.md", comment.body + "\n")
    (check,) = say_push(REPO, "c" * 40, plan, {})
    assert check.conclusion is Conclusion.ACTION_REQUIRED
    (comment,) = say_delivery(MERGED, Plan(parts=(plan.parts[1],)), {})
    assert "Held: `env/dev` was not changed" in comment.body
    assert "`help`" in comment.body
    assert "follows" not in comment.body


def test_commits_are_all_told_and_so_is_who_came_together():
    one = DeliveryPart("dev", "env/dev", ("cart",), commit="e" * 40, removed=("cart",), others=(24, 25))
    two = DeliveryPart("dev", "env/dev", ("shop",), commit="f" * 40)
    (comment,) = say_delivery(MERGED, Plan(parts=(one, two)), {})
    assert "together with what #24, #25 brought." in comment.body
    assert comment.body.index("**Removed:** `cart` in commit [`eeeeeee`]") < comment.body.index("`fffffff`")
    assert "follows" not in comment.body, "there is no later environment"


def test_nothing_delivered_only_ends_a_comment_that_stands():
    (comment,) = say_delivery(MERGED, Plan(), {})
    assert comment.only_edit
    assert "Merged: no manifest changes" in comment.body
    (held,) = say_delivery(MERGED, Plan(findings=(BROKEN,)), {})
    assert "Merged, but not all could be rendered" in held.body
    assert "`catalog/x.yaml` line 3" in held.body
    assert say_push(REPO, "c" * 40, Plan(), {}) == ()


def test_the_check_of_a_push(golden):
    plan = Plan(findings=(BROKEN,), parts=(PART,))
    (check,) = say_push(REPO, "c" * 40, plan, {"files": OUTCOMES["applied"]})
    golden("push.md", f"{check.conclusion}: {check.title}\n\n{check.summary}\n")


def test_a_hold_asks_for_action():
    (check,) = say_push(REPO, "c" * 40, Plan(parts=(PART,)), {"files": HELD})
    assert check.conclusion is Conclusion.ACTION_REQUIRED


def test_what_was_not_judged_does_not_pass_and_names_the_delivery():
    check = say_failure(REPO, "a" * 40, "guid-1")
    assert check.conclusion is Conclusion.ACTION_REQUIRED
    assert say_refusal(REPO, "a" * 40, "Because.").conclusion is Conclusion.ACTION_REQUIRED
    assert "`guid-1`" in check.summary
    assert say_refusal(REPO, "a" * 40, "Because.").summary == "Because."
