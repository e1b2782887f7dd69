"""What commands do in threads, applied on the local GitHub: the end states, also after a second time."""

from __future__ import annotations

import pytest

from bot.apply import apply
from bot.errors import Refused
from bot.model.acts import EnsureIssue, EnsureLabels, EnsureMerged, React
from bot.model.plan import Applied, Held, Unchanged
from bot.model.spot import Spot
from bot.ports import Ports
from tests.adapters.github.scene import utc

NAME = "acme/platform"
MARKER = "<!-- roadcrew:break-glass x -->"


@pytest.fixture
def ports(connected):
    """Only GitHub: a thread's effects touch nothing else."""
    nothing = dict.fromkeys(("mirror", "queue", "run", "schemas", "judge"))
    return Ports(forge=connected, clock=utc, identity_email=lambda: "", **nothing)


def applied(effect, ports):
    return apply([effect], ports)[effect.key]


def test_a_reaction_stands_once(scene, repo, ports):
    comment = scene.local.comment(NAME, scene.number, "/plan", by="developer")
    effect = React(repo, Spot(scene.number, "comment", comment.id), "eyes")
    assert applied(effect, ports) == Applied()
    assert applied(effect, ports) == Unchanged()
    assert scene.local.reactions(comment) == [("roadcrew[bot]", "eyes")]


def test_a_reaction_to_a_review_is_nothing_and_to_what_is_gone_is_held(scene, repo, ports):
    review = scene.local.review(NAME, scene.number, "COMMENT", by="reviewer", body="/plan")
    assert applied(React(repo, Spot(scene.number, "review", review.id), "eyes"), ports) == Unchanged()
    comment = scene.local.comment(NAME, scene.number, "/plan", by="developer")
    scene.local.delete_comment(comment, by="developer")
    held = applied(React(repo, Spot(scene.number, "comment", comment.id), "eyes"), ports)
    assert isinstance(held, Held)


def test_labels_are_as_they_shall_be_and_others_stay(scene, repo, ports):
    scene.local.label(NAME, scene.number, "bug", "old", by="developer")
    effect = EnsureLabels(repo, scene.number, present=("roadcrew/hold", "BUG"), absent=("OLD", "never"))
    assert applied(effect, ports) == Applied()
    assert set(ports.forge.labels(repo, scene.number)) == {"bug", "roadcrew/hold"}
    assert applied(effect, ports) == Unchanged()


def test_labels_of_what_is_gone_are_held(repo, ports):
    assert isinstance(applied(EnsureLabels(repo, 999, present=("x",)), ports), Held)


def merged(scene, repo, sha=""):
    trailers = (("Approved-By", "reviewer"), ("Reason", "a look\nApproved-By: nobody"))
    return EnsureMerged(repo, scene.number, sha or scene.head, "Merge the request", trailers)


def test_a_pull_request_is_merged_once_with_its_trailers(scene, repo, ports):
    outcome = applied(merged(scene, repo), ports)
    tip = scene.local.branches(NAME)["main"]
    assert outcome == Applied(tip)
    said = scene.local.git(NAME).run("log", "-1", "--format=%(trailers:only)", tip).decode().strip()
    assert said == "Approved-By: reviewer\nReason: a look Approved-By: nobody"
    assert applied(merged(scene, repo), ports) == Unchanged(tip)


def test_a_head_that_moved_is_held_in_words(scene, repo, ports):
    scene.local.commit(NAME, "add", {"b.yaml": "b: 1\n"}, by="developer")
    held = applied(merged(scene, repo), ports)
    assert isinstance(held, Held)
    assert "the branch has moved" in held.reason
    assert scene.local.pull(NAME, scene.number).state == "open"


def test_a_head_that_moves_at_the_last_moment_is_held_by_github(scene, repo, ports, monkeypatch):
    """GitHub compares once more, in the same step as it merges."""
    seen = ports.forge.pull(repo, scene.number)
    monkeypatch.setattr(type(ports.forge), "pull", lambda *_: seen)
    scene.local.commit(NAME, "add", {"b.yaml": "b: 1\n"}, by="developer")
    held = applied(merged(scene, repo), ports)
    assert isinstance(held, Held)
    assert "Head branch was modified" in held.reason
    assert scene.local.pull(NAME, scene.number).state == "open"


def test_a_closed_pull_request_and_a_protected_branch_are_held(scene, repo, ports):
    scene.local.protect(NAME, checks={"test": None}, enforce_admins=True)
    assert "test" in applied(merged(scene, repo), ports).reason
    scene.local.close(NAME, scene.number, by="developer")
    assert "closed" in applied(merged(scene, repo), ports).reason


def test_an_issue_is_opened_once_and_left_as_people_make_it(scene, repo, ports):
    effect = EnsureIssue(repo, MARKER, "Review it", f"{MARKER}\nLook.", ("access",))
    number = scene.number + 1
    assert applied(effect, ports) == Applied(str(number))
    scene.local.close_issue(NAME, number, by="owner")
    assert applied(effect, ports) == Unchanged(str(number))
    assert scene.local.issue(NAME, number).state == "closed"
    assert ports.forge.labels(repo, number) == ["access"]


def test_an_issue_that_github_does_not_take_is_held(repo, ports, monkeypatch):
    def refuse(*_, **__):
        raise Refused("Issues are turned off here.")

    monkeypatch.setattr(type(ports.forge), "create_issue", refuse)
    held = applied(EnsureIssue(repo, MARKER, "Review it", MARKER), ports)
    assert held.reason == "Issues are turned off here."
