"""`drift`: folders that people left other than we did, and the pull request that would put them back."""

import pytest

from bot.deciders.decider import HeadBranch, Traced
from bot.deciders.drift import plan_drift
from bot.model.event import Pushed
from bot.model.plan import Enqueue, EnsureFiles
from bot.model.proposal import EnsureNoBranch, EnsurePull
from bot.model.pull import HeadPull
from bot.model.stage import Hand
from tests.deciders.road import FIRST, OURS, SECOND, Road
from tests.platforms import PLATFORM, REPO, component

EVENT = Pushed(delivery="d", repo=REPO, branch="env/dev")
HEAD = "mend/dev/shop"
HAND = Hand("a" * 40, "developer", "Fix it at night")
MANIFEST = "shop/configmap-shop.yaml"


@pytest.fixture
def road(tree_of):
    changed = PLATFORM | {"catalog/shop.yaml": component("shop", size=2)}
    return Road(tree_of, **{FIRST: PLATFORM, SECOND: changed})


def drifted(road, files, *, left=None, **facts):
    """dev as people left it; `left`: as we did, by default the render of the first commit."""
    ours = road.files(FIRST, "dev") if left is None else left
    traced = {"dev": {"shop": Traced((HAND,), road.tree_of(ours))}}
    return road.snapshot(SECOND, {"dev": files}, traced=traced, **facts)


def effects(snapshot, kind):
    return [one for one in plan_drift(EVENT, snapshot).effects if isinstance(one, kind)]


def restored(snapshot):
    (files,) = effects(snapshot, EnsureFiles)
    return {f"shop/{path}": data for path, data in files.folders["shop"].items()}


@pytest.mark.parametrize(
    "change",
    [
        {MANIFEST: b"by: hand\n"},
        {MANIFEST: None},
        {"shop/extra.yaml": b"a: 1\n"},
        {"shop/source.yaml": b"nonsense\n"},
        {"shop/source.yaml": None},
        {MANIFEST: None, "shop/source.yaml": None},
    ],
    ids=["edited", "deleted", "added", "broken pin", "pin deleted", "folder deleted"],
)
def test_whatever_people_did_it_would_be_put_back(road, change):
    files = {path: data for path, data in {**road.files(FIRST, "dev"), **change}.items() if data is not None}
    snapshot = drifted(road, files)
    assert restored(snapshot) == road.files(FIRST, "dev")
    (words,) = effects(snapshot, EnsurePull)
    assert (words.head, words.base) == (HEAD, "env/dev")
    assert HAND.commit in words.body


def test_what_we_left_is_no_drift_whatever_it_would_render_today(road):
    files = {**road.files(FIRST, "dev"), MANIFEST: b"rendered: by an older Roadcrew\n"}
    snapshot = road.snapshot(SECOND, {"dev": files}, traced={"dev": {"shop": OURS}})
    assert plan_drift(EVENT, snapshot).effects == ()


def test_what_people_changed_back_is_no_drift(road):
    assert plan_drift(EVENT, drifted(road, road.files(FIRST, "dev"))).effects == ()


def test_a_pin_that_people_moved_is_held_against_its_own_render(road):
    assert plan_drift(EVENT, drifted(road, road.files(SECOND, "dev"))).effects == (), "a whole rollback"
    half = {**road.files(SECOND, "dev"), MANIFEST: b"by: hand\n"}
    assert restored(drifted(road, half)) == road.files(SECOND, "dev")


def test_a_pin_whose_commit_is_gone_falls_back_to_what_we_left_or_is_said(road):
    files = {path: data.replace(FIRST.encode(), b"9" * 40) for path, data in road.files(FIRST, "dev").items()}
    assert restored(drifted(road, files)) == road.files(FIRST, "dev")
    traced = {"dev": {"shop": Traced((HAND,), None, is_known=False)}}
    plan = plan_drift(EVENT, road.snapshot(SECOND, {"dev": files}, traced=traced))
    assert plan.effects == ()
    assert "cannot be rendered at its pin 9999999" in " ".join(plan.why)


def test_folders_that_people_keep_are_theirs(road):
    traced = {"dev": {"notes": Traced((HAND,), None, is_known=False)}}
    snapshot = road.snapshot(SECOND, {"dev": {"notes/a.txt": b"x"}}, traced=traced)
    assert plan_drift(EVENT, snapshot).effects == ()


def test_a_mend_that_people_declined_is_not_opened_again_for_the_same_tree(road):
    files = {**road.files(FIRST, "dev"), MANIFEST: b"by: hand\n"}
    (words,) = effects(drifted(road, files), EnsurePull)
    closed = HeadPull(9, "f" * 40, "env/dev", words.body, is_open=False, is_merged=False, is_ours=True)
    assert plan_drift(EVENT, drifted(road, files, past={HEAD: (closed,)})).effects == ()
    other = {**files, MANIFEST: b"by: another hand\n"}
    assert effects(drifted(road, other, past={HEAD: (closed,)}), EnsurePull)


def test_a_mend_that_is_done_lets_the_delivery_go_on_before_its_branch_is_deleted(road):
    tree = road.tree_of(road.files(FIRST, "dev"))
    heads = {HEAD: HeadBranch(HEAD, "f" * 40, tree, start=tree, left=tree)}
    snapshot = road.snapshot(SECOND, {"dev": road.files(FIRST, "dev")}, heads=heads)
    again, gone = plan_drift(EVENT, snapshot).effects
    assert isinstance(again, Enqueue)
    assert again.event.branch == "main"
    assert gone == EnsureNoBranch(REPO, HEAD, "f" * 40)
