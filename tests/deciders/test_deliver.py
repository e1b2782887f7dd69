"""`deliver`: the first environment's branch equals what the default branch renders. Levels, not edges."""

from dataclasses import replace

import pytest

from bot.deciders.decider import Arrival, Branch, Delivered, HandMade
from bot.deciders.deliver import plan_delivery
from bot.model.event import PullClosed, Pushed
from bot.model.plan import DeliveryPart, Enqueue, EnsureFiles, HeldFolder
from bot.model.pull import HeadPull
from bot.templating.pin import read_pin
from tests.platforms import NOW, PLATFORM, REPO, component, pull, snapshot

PUSH = Pushed(delivery="d", repo=REPO, branch="main")
CLOSED = PullClosed(delivery="d", repo=REPO, number=7)
TIP = "c" * 40
MERGED = pull(is_open=False, is_merged=True, approvers=("reviewer",), merged_by="reviewer")


@pytest.fixture
def deliver(tree_of):
    def plan(files, standing=None, *, event=PUSH, tip=TIP, **facts):
        branch = Branch("env/dev", "e" * 40 if standing else None, tree_of(standing) if standing else None)
        found = {"pull": None, "tip": tip, "tip_at": NOW, "tip_tree": tree_of(files)}
        return plan_delivery(event, snapshot(**{**found, "first_environment": branch, **facts}))

    return plan


def files_of(plan):
    return next((effect for effect in plan.effects if isinstance(effect, EnsureFiles)), None)


def standing_after(effect, before=None):
    """The branch as it stands when the effect is true."""
    kept = {path: data for path, data in (before or {}).items() if path.split("/")[0] not in effect.folders}
    for folder, files in effect.folders.items():
        kept |= {f"{folder}/{path}": data for path, data in files.items()}
    return kept


def test_a_first_delivery_brings_every_component_with_its_pin(deliver):
    effect = files_of(deliver(PLATFORM))
    assert effect.branch == "env/dev"
    assert set(effect.folders) == {"shop"}
    assert set(effect.folders["shop"]) == {"configmap-shop.yaml", "source.yaml"}
    assert TIP in effect.folders["shop"]["source.yaml"].decode()


def test_a_change_of_a_later_environment_alone_moves_the_pin_so_that_promoting_sees_it(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    later = PLATFORM | {"catalog/shop.yaml": component("shop", more="    environments: {prod: {size: 9}}\n")}
    effect = files_of(deliver(later, standing, tip="d" * 40))
    before, after = (
        read_pin(data) for data in (standing["shop/source.yaml"], effect.folders["shop"]["source.yaml"])
    )
    assert effect.folders["shop"].keys() == {"configmap-shop.yaml", "source.yaml"}
    assert effect.folders["shop"]["configmap-shop.yaml"] == standing["shop/configmap-shop.yaml"]
    assert before.digest != after.digest
    assert after.commit == "d" * 40


def test_promise_3_what_renders_the_same_everywhere_moves_no_pin(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    described = PLATFORM["catalog/shop.yaml"].replace("name: shop", "name: shop\n  description: Sells.")
    assert files_of(deliver(PLATFORM | {"catalog/shop.yaml": described}, standing, tip="d" * 40)) is None


def test_a_pin_from_before_there_was_a_digest_is_written_anew(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    lines = standing["shop/source.yaml"].splitlines(keepends=True)
    standing["shop/source.yaml"] = b"".join(line for line in lines if not line.startswith(b"digest"))
    effect = files_of(deliver(PLATFORM, standing))
    assert set(effect.folders) == {"shop"}
    assert files_of(deliver(PLATFORM, standing_after(effect))) is None


def test_a_component_that_fails_later_on_is_delivered_where_it_does_not(deliver):
    failing = PLATFORM | {
        "catalog/shop.yaml": component("shop", more="    environments: {prod: {size: x}}\n")
    }
    effect = files_of(deliver(failing))
    assert set(effect.folders) == {"shop"}
    assert files_of(deliver(failing, standing_after(effect))) is None
    assert files_of(deliver(PLATFORM, standing_after(effect))) is not None, (
        "mended: promoting has something new"
    )


def test_promise_2_what_stands_already_is_not_delivered_again(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    again = deliver(PLATFORM, standing, tip="d" * 40)
    assert files_of(again) is None, "a later commit that renders the same moves no pin"


def test_a_hand_made_change_inside_a_folder_is_seen_as_a_difference(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    standing["shop/extra.yaml"] = b"a: 1\n"
    assert set(files_of(deliver(PLATFORM, standing)).folders) == {"shop"}


def test_a_component_that_is_gone_loses_its_folder_and_others_keep_theirs(deliver):
    more = PLATFORM | {"catalog/cart.yaml": component("cart")}
    standing = standing_after(files_of(deliver(more)))
    effect = files_of(deliver(PLATFORM, standing))
    assert effect.folders == {"cart": {}}


def test_folders_that_are_not_ours_are_left_alone(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    standing["docs/readme.md"] = b"hello\n"
    assert files_of(deliver(PLATFORM, standing)) is None


def test_nothing_is_removed_while_the_catalog_is_broken(deliver):
    more = PLATFORM | {"catalog/cart.yaml": component("cart")}
    standing = standing_after(files_of(deliver(more)))
    broken = more | {"catalog/cart.yaml": "kind: [Component\n"}
    plan = deliver(broken, standing)
    assert files_of(plan) is None
    assert plan.denies


def test_a_component_that_cannot_be_rendered_keeps_what_it_has_and_holds_up_nobody(deliver):
    more = PLATFORM | {"catalog/cart.yaml": component("cart")}
    standing = standing_after(files_of(deliver(more)))
    changed = more | {
        "catalog/cart.yaml": component("cart", size="many"),
        "catalog/shop.yaml": component("shop", size=5),
    }
    assert set(files_of(deliver(changed, standing)).folders) == {"shop"}


def test_the_commit_says_who_asked_who_approved_and_what_caused_it(deliver):
    effect = files_of(deliver(PLATFORM, arrivals=(Arrival(TIP, "Developer", MERGED),)))
    said = dict(effect.trailers)
    assert said["Source-Commit"] == TIP
    assert said["Pull-Request"] == "acme/platform#7"
    assert said["Requested-By"] == "@developer"
    assert said["Approved-By"] == "@reviewer"
    assert said["Delivery"] == "d"
    assert effect.at == NOW


def test_a_push_without_a_pull_request_names_its_author(deliver):
    effect = files_of(deliver(PLATFORM, arrivals=(Arrival(TIP, "Someone Direct"),)))
    assert dict(effect.trailers)["Requested-By"] == "Someone Direct"


def test_after_a_push_the_pull_requests_that_it_brought_are_told_first(deliver):
    plan = deliver(PLATFORM, arrivals=(Arrival(TIP, "x", MERGED),))
    assert [type(effect) for effect in plan.effects] == [Enqueue, EnsureFiles]
    assert plan.effects[0].event.number == 7


def test_a_merged_pull_is_told_of_the_commit_that_delivered_it(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    made = Delivered(sha="f" * 40, source=TIP, pulls=(7,), components=("shop",))
    plan = deliver(PLATFORM, standing, event=CLOSED, pull=MERGED, delivered=(made,))
    assert plan.parts == (DeliveryPart("dev", "env/dev", ("shop",), "f" * 40, following="env/prod"),)
    assert not plan.effects


def test_promise_1_a_push_is_told_of_its_commit_though_another_event_made_it(deliver):
    standing = standing_after(files_of(deliver(PLATFORM)))
    made = Delivered(sha="f" * 40, source=TIP, pulls=(7,), components=("shop",))
    plan = deliver(PLATFORM, standing, delivered=(made,))
    assert plan.parts == (DeliveryPart("dev", "env/dev", ("shop",), "f" * 40, following="env/prod"),)
    assert deliver(PLATFORM, standing, delivered=(made,), tip="d" * 40).parts == (), "of an earlier push"


BOTH = PLATFORM | {"catalog/cart.yaml": component("cart")}
GROWN = {name: {f"catalog/{name}.yaml": component(name, size=5)} for name in ("shop", "cart")}
HAND = "a" * 40


def mend(*, is_about=False, **facts):
    said = {"is_open": True, "is_merged": False, "is_ours": True, **facts}
    return HeadPull(12, "f" * 40, "env/dev", "about this" if is_about else "", **said)


def about(mends, tree):
    """With the hidden line that names what stands there."""
    line = f"<!-- roadcrew:mend dev/shop {tree.folder_id('shop')} -->"
    return tuple(replace(one, body=line) if one.body else one for one in mends)


@pytest.mark.parametrize(
    ("mends", "told"),
    [
        ((), HeldFolder("shop", HAND)),
        ((mend(),), HeldFolder("shop", HAND, 12, is_open=True)),
        ((mend(is_open=False, is_about=True),), HeldFolder("shop", HAND, 12)),
        ((mend(is_open=False),), HeldFolder("shop", HAND)),
        ((mend(is_open=False, is_merged=True, is_about=True),), HeldFolder("shop", HAND)),
    ],
    ids=["none yet", "open", "closed by people", "closed, of another change", "merged"],
)
def test_promise_4_only_the_folder_in_which_a_persons_commit_stands_is_held(deliver, tree_of, mends, told):
    standing = standing_after(files_of(deliver(BOTH)))
    hand_made = {"shop": HandMade(HAND, about(mends, tree_of(standing)))}
    plan = deliver(BOTH | GROWN["shop"] | GROWN["cart"], standing, hand_made=hand_made)
    effect = files_of(plan)
    assert set(effect.folders) == {"cart"}
    said = dict(effect.trailers)
    assert (said["Components"], said["Held"]) == ("cart", "shop")
    done, held = plan.parts
    assert (done.components, done.effect_key, done.held) == (("cart",), effect.key, ())
    assert (held.components, held.held) == ((), (told,))


def test_with_all_held_nothing_is_written_and_what_is_up_to_date_is_not_held(deliver):
    standing = standing_after(files_of(deliver(BOTH)))
    plan = deliver(BOTH | GROWN["shop"], standing, hand_made={"shop": HandMade(HAND), "cart": HandMade(HAND)})
    assert files_of(plan) is None
    assert [one.folder for part in plan.parts for one in part.held] == ["shop"]


def test_a_pull_request_is_told_what_it_brought_alone(deliver, tree_of):
    standing = standing_after(files_of(deliver(BOTH)))
    made = Delivered("f" * 40, TIP, pulls=(7, 8), components=("cart", "shop"), removed=("cart",))
    told = {"event": CLOSED, "pull": MERGED, "delivered": (made,)}
    mine = (tree_of(BOTH), tree_of(BOTH | GROWN["shop"]))
    (part,) = deliver(BOTH, standing, **told, brought=mine).parts
    assert (part.components, part.removed, part.others) == (("shop",), (), ())
    (part,) = deliver(BOTH, standing, **told).parts
    assert (part.components, part.removed, part.others) == (("cart", "shop"), ("cart",), (8,))
    words = (tree_of(BOTH), tree_of(BOTH | {"README.md": "# more\n"}))
    assert deliver(BOTH, standing, **told, brought=words).parts == ()


def test_what_was_held_is_delivered_in_the_name_of_those_who_brought_it(deliver, tree_of):
    standing = standing_after(files_of(deliver(BOTH)))
    after_shop, after_both = BOTH | GROWN["shop"], BOTH | GROWN["shop"] | GROWN["cart"]
    trees = [tree_of(files) for files in (BOTH, after_shop, after_both)]
    other = pull(is_open=False, is_merged=True, number=8)
    came = (
        Arrival(TIP, "x", other, (trees[1], trees[2])),
        Arrival("9" * 40, "x", MERGED, (trees[0], trees[1])),
    )
    partly = deliver(after_both, standing, arrivals=came, hand_made={"shop": HandMade(HAND)})
    assert dict(files_of(partly).trailers)["Pull-Request"] == "acme/platform#8"
    standing = standing_after(files_of(partly), standing)
    made = Delivered("f" * 40, TIP, pulls=(8,), components=("cart",), is_partial=True)
    rest = deliver(after_both, standing, arrivals=came, delivered=(made,))
    assert dict(files_of(rest).trailers)["Pull-Request"] == "acme/platform#7"


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (Pushed(delivery="d", repo=REPO, branch="env/dev"), {}),
        (CLOSED, {"pull": pull(is_open=False)}),
        (CLOSED, {"pull": pull(is_open=False, is_merged=True, base_branch="release")}),
    ],
    ids=["another branch", "closed without a merge", "merged elsewhere"],
)
def test_what_is_not_about_the_default_branch_delivers_nothing(deliver, event, found):
    plan = deliver(PLATFORM, event=event, **found)
    assert not plan.effects
    assert plan.why
