"""The world around a pull request is not as it should be: the bot says so where someone can do something, once."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.adapters.git.mirror import GitMirror
from bot.localhub.faults import Fault
from bot.model.event import PullChanged
from bot.report.review import MARKER
from tests.journeys.laptop import FILE, Laptop
from tests.journeys.troupe import NAME, REPO, assert_ended_well, until
from tests.platforms import component

CART = "catalog/cart.yaml"
WRONG = {CART: component("cart", owner="nobody")}
RIGHT = {CART: component("cart")}


def ours(troupe, number):
    bot = troupe.hub.account("roadcrew[bot]").id
    return [comment for comment in troupe.hub.comments(NAME, number) if comment.author_id == bot]


def test_unrelated_histories_are_told_from_a_conflict(troupe):
    with troupe.bot() as queue:
        Laptop(troupe).push("change", {CART.encode(): (FILE, component("cart").encode())}, parents=[])
        number = troupe.hub.open_pull(NAME, head="change", by="developer").number
        troupe.ended_well(queue)
        assert troupe.conclusion(number) == "failure"
        (body,) = troupe.bodies(number)
        assert "shares no history with its base" in body
        assert "start a branch from `main`" in body


def test_a_pull_request_that_changes_nothing_passes_in_silence(troupe):
    with troupe.bot() as queue:
        Laptop(troupe).push("change", {})
        number = troupe.hub.open_pull(NAME, head="change", by="developer").number
        troupe.ended_well(queue)
        assert troupe.conclusion(number) == "success"
        assert troupe.bodies(number) == []


@pytest.mark.parametrize("how", ["closed", "its branch deleted"])
def test_a_pull_request_that_is_gone_before_the_work_is_left_alone(troupe, how):
    number = troupe.open(WRONG)
    if how == "closed":
        troupe.hub.close(NAME, number, by="developer")
    else:
        troupe.hub.delete_branch(NAME, "change", by="developer")
    with troupe.bot(sweeps=True) as queue:
        troupe.swept(queue)
        queue.put(PullChanged(delivery="late", repo=REPO, number=number))
        troupe.ended_well(queue)
        assert troupe.bodies(number) == []
        if how == "closed":
            troupe.hub.reopen(NAME, number, by="developer")
            troupe.settle(queue)
            assert troupe.conclusion(number) == "failure"


def test_a_pull_request_of_a_deleted_fork_is_judged_all_the_same(troupe):
    troupe.hub.create_user("outsider")
    troupe.hub.fork(NAME, by="outsider")
    troupe.hub.commit("outsider/platform", "change", WRONG, by="outsider")
    number = troupe.hub.open_pull(NAME, head="outsider:change", by="outsider").number
    troupe.hub.world.store.save(replace(troupe.hub.pull(NAME, number), head_repo_id=None))
    with troupe.bot(sweeps=True) as queue:
        troupe.ended_well(queue, swept=True)
        assert troupe.conclusion(number) == "failure"
        assert "`nobody`" in troupe.bodies(number)[0]


def test_only_what_goes_to_the_default_branch_is_judged(troupe):
    troupe.change("release", {"README.md": "# release\n"})
    troupe.change("change", WRONG)
    with troupe.bot() as queue:
        number = troupe.hub.open_pull(NAME, head="change", base="release", by="developer").number
        troupe.ended_well(queue)
        assert (troupe.conclusion(number), troupe.bodies(number)) == (None, [])
        troupe.hub.edit_pull(NAME, number, base="main", by="developer")
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"


def test_a_renamed_default_branch_is_followed(troupe):
    hub = troupe.hub
    with troupe.bot() as queue:
        number = troupe.open(WRONG)
        troupe.settle(queue)
        with hub.world.change():
            hub.git(NAME).update_ref("refs/heads/trunk", hub.branches(NAME)["main"])
            hub.world.store.save(replace(hub.repo(NAME), default_branch="trunk"))
            hub.sync(NAME, by="platform-lead")
            hub.edit_pull(NAME, number, base="trunk", by="platform-lead")
            hub.delete_branch(NAME, "main", by="platform-lead")
        troupe.ended_well(queue)
        troupe.change("change", RIGHT)
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"
        troupe.merge(number)
        troupe.settle(queue)
        assert "cart/source.yaml" in troupe.dev()


def test_a_comment_of_a_person_with_our_marker_stays_theirs(troupe):
    number = troupe.open(WRONG)
    theirs = troupe.hub.comment(NAME, number, f"{MARKER}\nI am the bot now.", by="developer")
    with troupe.bot(sweeps=True) as queue:
        troupe.swept(queue)
        troupe.change("change", RIGHT)
        troupe.settle(queue)
        first, second = troupe.hub.comments(NAME, number)
        assert (first.id, first.body) == (theirs.id, theirs.body)
        assert "Ready" in second.body


@contextmanager
def refused(troupe):
    """A pull request that the bot has commented on; the queue, its number and the comment."""
    with troupe.bot() as queue:
        number = troupe.open(WRONG)
        troupe.settle(queue)
        (comment,) = ours(troupe, number)
        yield queue, number, comment


def test_a_comment_of_ours_that_someone_deleted_comes_back(troupe):
    with refused(troupe) as (queue, number, comment):
        troupe.hub.delete_comment(comment, by="platform-lead")
        troupe.redeliver("pull_request.opened")
        troupe.settle(queue)
        (again,) = ours(troupe, number)
        assert again.body == comment.body


@pytest.mark.parametrize("words", ["", f"{MARKER}\nAll is well.", "All is well."])
def test_a_comment_of_ours_that_someone_edited_is_mended_and_never_doubled(troupe, words):
    with refused(troupe) as (queue, number, comment):
        with troupe.hub.world.change():
            troupe.hub.world.store.save(replace(comment, body=words))
        troupe.change("change", RIGHT)
        troupe.settle(queue)
        (mended,) = ours(troupe, number)
        assert mended.id == comment.id
        assert "Ready: merging renders `cart`" in mended.body


@pytest.mark.parametrize("damage", ["empty", "noise", "missing"])
def test_promise_2_a_damaged_mirror_costs_time_and_nothing_else(troupe, damage):
    with troupe.bot() as queue:
        number = troupe.open(WRONG)
        troupe.settle(queue)
        objects = troupe.folder / "bot" / "mirrors" / f"{NAME}.git" / "objects"
        for path in [path for path in objects.rglob("*") if path.is_file()]:
            data = bytearray(path.read_bytes())
            path.unlink()
            if damage == "noise":
                data[len(data) // 2] ^= 0xFF
            if damage != "missing":
                path.write_bytes(data if damage == "noise" else b"")
        troupe.change("change", RIGHT)
        troupe.ended_well(queue)
        assert troupe.conclusion(number) == "success"


def test_promise_1_a_git_server_that_lets_us_not_in_is_said_on_the_commit(troupe):
    with troupe.bot() as queue:
        troupe.hub.faults.add(Fault(kind="answer", path=r".*/info/refs", status=403, times=None))
        number = troupe.open(RIGHT)
        assert_ended_well(troupe.settle(queue), "refused")
        (run,) = troupe.runs(troupe.hub.pull(NAME, number).head_sha)
        assert run.status == "completed"
        assert "The git server refused access" in run.summary
        assert "GitHub App is installed" in run.summary
        troupe.hub.faults.clear()
        troupe.redeliver("pull_request.opened")
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"


def test_promise_1_a_fault_of_ours_while_reading_completes_the_check(troupe, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a canary that nobody may read")

    monkeypatch.setattr(GitMirror, "merge_base", broken)
    with troupe.bot() as queue:
        number = troupe.open(RIGHT)
        head = troupe.hub.pull(NAME, number).head_sha
        (run,) = until(lambda: troupe.runs(head), "a check run")
        assert "fault in Roadcrew, not in your change" in run.summary
        assert "canary" not in run.summary + run.title
        monkeypatch.undo()
        troupe.ended_well(queue)
        assert troupe.conclusion(number) == "success"
