"""`promote`: between neighbours, a pull request for what the earlier pin renders otherwise. Levels, not edges."""

import pytest

from bot.deciders.decider import HeadBranch
from bot.deciders.promote import plan_promotion
from bot.deciders.stages import MOST
from bot.model.event import Pushed
from bot.model.plan import Enqueue, EnsureFiles
from bot.model.proposal import ClosePull, EnsureBranch, EnsureNoBranch, EnsurePull
from bot.model.pull import HeadPull, OpenPull
from bot.model.stage import Hand
from tests.deciders.road import FIRST, OURS, SECOND, Road
from tests.platforms import PLATFORM, REPO, component, snapshot

EVENT = Pushed(delivery="d", repo=REPO, branch="env/dev")
HEAD = "promote/prod/shop"
CHANGED = PLATFORM | {"catalog/shop.yaml": component("shop", size=2)}
HAND = Hand("a" * 40, "developer", "Fix it")


@pytest.fixture
def road(tree_of):
    return Road(tree_of, **{FIRST: PLATFORM, SECOND: CHANGED})


def effects(snapshot, kind):
    return [one for one in plan_promotion(EVENT, snapshot).effects if isinstance(one, kind)]


def due(road, **facts):
    """dev is one commit ahead of prod."""
    standing = {"dev": road.files(SECOND, "dev"), "prod": road.files(FIRST, "prod")}
    return road.snapshot(SECOND, standing, **facts)


def standing_pull(snapshot):
    (words,) = effects(snapshot, EnsurePull)
    return OpenPull(9, "f" * 40, "env/prod", HEAD, words.title, words.body, is_ours=True)


def head(road, files, **facts):
    tree, start = road.tree_of(files), road.tree_of(road.files(FIRST, "prod"))
    return {HEAD: HeadBranch(HEAD, "f" * 40, tree, **{"start": start, "left": tree, **facts})}


def test_the_branch_holds_exactly_that_folder_and_the_earlier_pin(road):
    (files,) = effects(due(road), EnsureFiles)
    assert (files.branch, files.head.start, files.head.tip) == (HEAD, "e" * 40, "")
    wanted = road.files(SECOND, "prod")
    assert {f"shop/{path}": data for path, data in files.folders["shop"].items()} == wanted
    (words,) = effects(due(road), EnsurePull)
    assert (words.head, words.base, words.title) == (HEAD, "env/prod", "Promote shop to prod")
    assert words.stamp in words.body


def test_promise_2_what_stands_as_it_should_has_no_effect(road):
    facts = {"heads": head(road, road.files(SECOND, "prod")), "open_pulls": (standing_pull(due(road)),)}
    assert plan_promotion(EVENT, due(road, **facts)).effects == ()


def test_a_branch_that_does_not_exist_is_made_first_and_looked_at_again(road):
    snapshot = road.snapshot(FIRST, {"dev": road.files(FIRST, "dev"), "prod": None})
    made, again = plan_promotion(EVENT, snapshot).effects
    assert isinstance(made, EnsureBranch)
    assert b"`env/dev`" in made.files["README.md"]
    assert isinstance(again, Enqueue)


def test_the_newest_pin_goes_on_top_of_the_branch(road):
    (files,) = effects(due(road, heads=head(road, road.files(FIRST, "prod"))), EnsureFiles)
    assert (files.head.tip, files.head.is_anew) == ("f" * 40, False)


def test_a_folder_that_changed_where_it_goes_to_makes_the_branch_anew(road):
    start = road.tree_of({"shop/configmap-shop.yaml": b"older: yes\n"})
    (files,) = effects(due(road, heads=head(road, road.files(SECOND, "prod"), start=start)), EnsureFiles)
    assert files.head.is_anew


def test_promise_4_a_commit_of_others_holds_the_branch_and_the_words_say_so(road):
    pull = standing_pull(due(road))
    heads = head(road, {"shop/x.yaml": b"a: 1\n"}, left=road.tree_of({}), hands=(HAND,))
    snapshot = due(road, heads=heads, open_pulls=(pull,))
    assert effects(snapshot, EnsureFiles) == []
    (words,) = effects(snapshot, EnsurePull)
    assert "Held" in words.body
    assert HAND.commit in words.body
    assert effects(due(road, heads=heads), EnsurePull) == [], "without a pull request it is none of ours"


def test_to_bring_the_branch_up_to_date_holds_nothing(road):
    heads = head(road, road.files(SECOND, "prod"), hands=(HAND,))
    assert plan_promotion(EVENT, due(road, heads=heads, open_pulls=(standing_pull(due(road)),))).effects == ()


def test_what_people_closed_stays_closed_until_there_is_something_newer(road):
    (words,) = effects(due(road), EnsurePull)
    closed = HeadPull(9, "f" * 40, "env/prod", words.body, is_open=False, is_merged=False, is_ours=True)
    snapshot = due(road, past={HEAD: (closed,)})
    assert plan_promotion(EVENT, snapshot).effects == ()
    assert "stays closed" in " ".join(plan_promotion(EVENT, snapshot).why)
    older = HeadPull(9, "f" * 40, "env/prod", words.body.replace(SECOND, FIRST), False, False, is_ours=True)
    assert effects(due(road, past={HEAD: (older,)}), EnsurePull)


def test_what_nobody_needs_is_closed_and_its_branch_deleted(road):
    same = {name: road.files(SECOND, name) for name in ("dev", "prod")}
    pull = standing_pull(due(road))
    heads = head(road, road.files(SECOND, "prod"))
    close, gone = plan_promotion(EVENT, road.snapshot(SECOND, same, heads=heads, open_pulls=(pull,))).effects
    assert isinstance(close, ClosePull)
    assert "<!--" not in close.body, "it was not people who closed it"
    assert gone == EnsureNoBranch(REPO, HEAD, "f" * 40)
    held = head(road, {"shop/x.yaml": b"a: 1\n"}, left=None, hands=(HAND,))
    assert plan_promotion(EVENT, road.snapshot(SECOND, same, heads=held, open_pulls=(pull,))).effects == ()


def test_a_pull_request_of_people_on_such_a_branch_is_theirs(road):
    pull = OpenPull(9, "f" * 40, "env/prod", HEAD, "Mine", "Mine", is_ours=False)
    assert plan_promotion(EVENT, due(road, open_pulls=(pull,))).effects == ()


def test_a_pin_that_changes_no_byte_moves_nothing(road):
    standing = {"dev": road.files(SECOND, "dev"), "prod": road.files(FIRST, "prod")}
    standing["prod"] |= {
        path: data for path, data in road.files(SECOND, "prod").items() if not path.endswith("source.yaml")
    }
    assert plan_promotion(EVENT, road.snapshot(SECOND, standing)).effects == ()


def test_only_what_we_removed_before_is_removed_here(road):
    standing = {"dev": {"README.md": b"x"}, "prod": road.files(FIRST, "prod")}
    assert plan_promotion(EVENT, road.snapshot(FIRST, standing)).effects == (), "it never was there"
    by_hand = {"dev": {"shop": OURS.__class__((HAND,), None)}}
    assert plan_promotion(EVENT, road.snapshot(FIRST, standing, traced=by_hand)).effects == ()
    (files,) = effects(road.snapshot(FIRST, standing, traced={"dev": {"shop": OURS}}), EnsureFiles)
    assert files.folders == {"shop": {}}
    assert files.subject == "Remove shop from prod"


def test_what_stays_in_the_cluster_goes_on_counting(tree_of):
    kept = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ component.name }}-data
  annotations: {argocd.argoproj.io/sync-options: "Prune=false,Delete=false"}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
    road = Road(tree_of, **{FIRST: PLATFORM | {"templates/tiny/manifests/volume.yaml": kept}})
    standing = {"dev": {"README.md": b"x"}, "prod": road.files(FIRST, "prod")}
    (words,) = effects(road.snapshot(FIRST, standing, traced={"dev": {"shop": OURS}}), EnsurePull)
    assert "`PersistentVolumeClaim/shop-data`: It is gone from git and stays in the cluster" in words.body
    assert "| resources |  | no change |" in words.body


def test_a_pin_that_cannot_be_rendered_is_said_and_its_pull_request_left_alone(road):
    pull, heads = standing_pull(due(road)), head(road, road.files(SECOND, "prod"))
    plan = plan_promotion(EVENT, due(road, sources={}, open_pulls=(pull,), heads=heads))
    assert plan.effects == ()
    assert "is not on main any more" in " ".join(plan.why)


def test_only_so_many_stand_open_and_the_others_wait(road, tree_of):
    many = PLATFORM | {f"catalog/{n}.yaml": component(f"part-{n:02}") for n in range(MOST + 3)}
    road = Road(tree_of, **{FIRST: many})
    snapshot = road.snapshot(FIRST, {"dev": road.files(FIRST, "dev"), "prod": {}})
    assert len(effects(snapshot, EnsurePull)) == MOST
    assert "4 more to prod wait" in " ".join(plan_promotion(EVENT, snapshot).why)


def test_without_environments_nothing_is_touched(road):
    assert plan_promotion(EVENT, snapshot(heads=head(road, {}))).effects == ()
