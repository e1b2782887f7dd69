"""From one environment to the next: a pull request for each component, and for each change made by hand."""

from datetime import UTC, datetime

import pytest

from bot.localhub.faults import Fault
from bot.model.event import SweepDue
from tests.journeys.troupe import NAME, REPO, Troupe
from tests.platforms import MANIFEST, PLATFORM, TEMPLATE, component, environment

THREE = PLATFORM | {
    "catalog/staging.yaml": environment("staging", 2),
    "catalog/prod.yaml": environment("prod", 3),
}


@pytest.fixture
def troupe(tmp_path, app_key):
    with Troupe(tmp_path, app_key, files=THREE) as players:
        yield players
    assert players.conformance.exchanges, "the recorder stands around the hub"
    players.conformance.assert_conforms()


class Road:
    """What stands in the environments and what is proposed, seen from outside."""

    def __init__(self, troupe, queue):
        self.troupe, self.hub, self.queue = troupe, troupe.hub, queue

    def settle(self):
        self.troupe.ended_well(self.queue)

    def sweep(self, name="sweep-by-hand"):
        self.queue.put(SweepDue(delivery=f"{name}-{datetime.now(UTC).timestamp()}", repo=REPO))
        self.settle()

    def change(self, branch, files, by="platform-lead"):
        sha = self.troupe.change(branch, files, by=by)
        self.settle()
        return sha

    def merge(self, number, **how):
        self.hub.merge(NAME, number, by="reviewer", **how)
        self.settle()

    def close(self, number):
        self.hub.close(NAME, number, by="reviewer")
        self.settle()

    def open(self, start=""):
        """Open pull requests of the bot: number by head branch."""
        found = [pull for pull in self.hub.pulls(NAME) if pull.state == "open"]
        return {pull.head_ref: pull.number for pull in found if pull.head_ref.startswith(start)}

    def body(self, number):
        return self.hub.pull(NAME, number).body

    def files(self, branch):
        return {path: data.decode() for path, data in self.hub.files(NAME, branch).items()}

    def branches(self):
        return {name for name in self.hub.branches(NAME) if not name.startswith("change")}

    def tip(self, branch):
        return self.hub.branches(NAME)[branch]


@pytest.fixture
def road(troupe):
    with troupe.bot(sweeps=True) as queue:
        found = Road(troupe, queue)
        troupe.swept(queue)
        yield found


def test_a_change_goes_from_environment_to_environment_by_pull_requests(road):
    assert road.branches() == {"main", "env/dev", "env/staging", "promote/staging/shop"}
    ((head, number),) = road.open().items()
    assert head == "promote/staging/shop"
    pull = road.hub.pull(NAME, number)
    assert (pull.base_ref, pull.title) == ("env/staging", "Promote shop to staging")
    assert "first time" in pull.body
    proposed = road.files(head)
    assert set(proposed) == {"README.md", "shop/configmap-shop.yaml", "shop/source.yaml"}
    assert "environment: staging" in proposed["shop/configmap-shop.yaml"]
    assert proposed["shop/source.yaml"] == road.files("env/dev")["shop/source.yaml"]
    message = road.troupe.log(head)[0]
    for trailer in ("Promoted-From: dev", "Component: shop", "Environment: staging", "Source-Commit: "):
        assert trailer in message

    road.merge(number)
    assert "promote/staging/shop" not in road.branches(), "a merged branch is deleted"
    ((head, number),) = road.open().items()
    assert (head, road.hub.pull(NAME, number).base_ref) == ("promote/prod/shop", "env/prod")
    road.merge(number)
    assert road.open() == {}
    assert road.branches() == {"main", "env/dev", "env/staging", "env/prod"}
    assert "environment: prod" in road.files("env/prod")["shop/configmap-shop.yaml"]
    assert len({road.files(f"env/{name}")["shop/source.yaml"] for name in ("dev", "staging", "prod")}) == 1


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_whichever_way_it_is_merged_nothing_is_left_over(road, method):
    road.merge(road.open()["promote/staging/shop"], method=method)
    assert set(road.open()) == {"promote/prod/shop"}
    assert road.branches() == {"main", "env/dev", "env/staging", "env/prod", "promote/prod/shop"}
    road.change("main", {"catalog/shop.yaml": component("shop", size=4)})
    road.merge(road.open()["promote/staging/shop"], method=method)
    assert 'size: "4"' in road.files("env/staging")["shop/configmap-shop.yaml"]
    assert set(road.open()) == {"promote/prod/shop"}


def test_promise_3_the_newest_pin_wins_in_the_same_pull_request(road):
    first = road.open()
    for size in (2, 3):
        road.change("main", {"catalog/shop.yaml": component("shop", size=size)})
    assert road.open() == first
    assert 'size: "3"' in road.files("promote/staging/shop")["shop/configmap-shop.yaml"]
    (number,) = first.values()
    assert road.tip("main") in road.body(number)
    assert road.hub.git(NAME).run("rev-list", "--count", "env/staging..promote/staging/shop").strip() == b"3"
    before = len(road.troupe.writes()), road.hub.branches(NAME)
    for _ in range(2):
        road.sweep()
    assert (len(road.troupe.writes()), road.hub.branches(NAME)) == before, "the same world, no write"


def test_the_pull_request_says_what_brought_it(road):
    number = road.troupe.open({"catalog/shop.yaml": component("shop", size=7)})
    road.settle()
    road.merge(road.open()["promote/staging/shop"])
    merge = road.troupe.merge(number)
    road.settle()
    body = road.body(road.open()["promote/staging/shop"])
    assert f"#{number} as {merge} (asked by `@developer`, approved by `@reviewer`)" in body
    assert "~1" in body
    message = road.troupe.log("promote/staging/shop")[0]
    assert f"Pull-Request: {NAME}#{number}" in message
    assert "Approved-By: @reviewer" in message


def test_what_changes_no_byte_in_the_next_environment_opens_nothing_and_moves_the_pin_along_later(road):
    road.merge(road.open()["promote/staging/shop"])
    road.close(road.open()["promote/prod/shop"])
    only_dev = "    environments:\n      dev: {size: 5}\n"
    road.change("main", {"catalog/shop.yaml": component("shop", more=only_dev)})
    assert 'size: "5"' in road.files("env/dev")["shop/configmap-shop.yaml"]
    assert "promote/staging/shop" not in road.open()


def test_what_changes_only_the_last_environment_gets_there(road):
    road.merge(road.open()["promote/staging/shop"])
    road.merge(road.open()["promote/prod/shop"])
    only_prod = "    environments:\n      prod: {size: 5}\n"
    road.change("main", {"catalog/shop.yaml": component("shop", more=only_prod)})
    assert set(road.open()) == {"promote/prod/shop"}
    road.merge(road.open()["promote/prod/shop"])
    assert 'size: "5"' in road.files("env/prod")["shop/configmap-shop.yaml"]
    assert road.open() == {}
    # The next change that can be seen in staging brings the pin along.
    road.change("main", {"catalog/shop.yaml": component("shop", size=2, more=only_prod)})
    road.merge(road.open()["promote/staging/shop"])
    assert road.files("env/staging")["shop/source.yaml"] == road.files("env/dev")["shop/source.yaml"]
    assert set(road.open()) == set(), "prod sets its own size"


def test_a_closed_promotion_stays_closed_until_there_is_something_newer(road):
    (number,) = road.open().values()
    road.close(number)
    road.sweep()
    assert road.open() == {}
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    ((head, newer),) = road.open().items()
    assert (head, newer != number) == ("promote/staging/shop", True)
    road.hub.close(NAME, newer, by="reviewer")
    road.hub.delete_branch(NAME, "promote/staging/shop", by="reviewer")
    road.sweep()
    assert road.open() == {}, "nor when its branch is deleted too"


def test_when_nothing_is_left_to_promote_it_is_closed_with_a_sentence(road):
    road.merge(road.open()["promote/staging/shop"])
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    number = road.open()["promote/staging/shop"]
    road.change("main", {"catalog/shop.yaml": component("shop")})
    assert "promote/staging/shop" not in road.open()
    assert "promote/staging/shop" not in road.branches()
    assert "Closed by Roadcrew" in road.body(number)
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    assert "promote/staging/shop" in road.open(), "it was not people who closed it"


def test_a_removed_component_leaves_the_next_environment_by_a_pull_request(road):
    road.change("main", {"catalog/cart.yaml": component("cart")})
    for name in ("shop", "cart"):
        road.merge(road.open()[f"promote/staging/{name}"])
    for name in ("shop", "cart"):
        road.merge(road.open()[f"promote/prod/{name}"])
    road.change("main", {"catalog/cart.yaml": None})
    assert set(road.open()) == {"promote/staging/cart"}, "prod follows staging"
    number = road.open()["promote/staging/cart"]
    assert road.hub.pull(NAME, number).title == "Remove cart from staging"
    road.merge(number)
    assert not [path for path in road.files("env/staging") if path.startswith("cart/")]
    road.merge(road.open()["promote/prod/cart"])
    assert not [path for path in road.files("env/prod") if path.startswith("cart/")]
    assert road.open() == {}


def test_two_components_at_once_have_a_pull_request_each(road):
    road.change(
        "main", {"catalog/cart.yaml": component("cart"), "catalog/shop.yaml": component("shop", size=2)}
    )
    assert set(road.open()) == {"promote/staging/cart", "promote/staging/shop"}
    for name in ("cart", "shop"):
        changed = road.hub.git(NAME).run("diff", "--name-only", "env/staging", f"promote/staging/{name}")
        assert {path.split("/")[0] for path in changed.decode().split()} == {name}
    for name in ("cart", "shop"):
        road.merge(road.open()[f"promote/staging/{name}"])
    assert set(road.open()) == {"promote/prod/cart", "promote/prod/shop"}


def test_promise_2_lost_deliveries_are_made_good_by_the_sweep(road):
    road.hub.faults.add(Fault(kind="lost", event="push", is_logged=False, times=None))
    road.hub.faults.add(Fault(kind="lost", event="pull_request.*", is_logged=False, times=None))
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    road.hub.merge(NAME, road.open()["promote/staging/shop"], by="reviewer")
    road.sweep()
    assert set(road.open()) == {"promote/staging/shop", "promote/prod/shop"}
    assert 'size: "2"' in road.files("promote/staging/shop")["shop/configmap-shop.yaml"]


def test_promise_4_a_persons_commit_on_a_promotion_holds_it_visibly(road):
    (number,) = road.open().values()
    human = road.change("promote/staging/shop", {"shop/configmap-shop.yaml": "mine: now\n"})
    assert "Held" in road.body(number)
    assert human in road.body(number)
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    assert road.tip("promote/staging/shop") == human
    assert road.open() == {"promote/staging/shop": number}
    # Merged as it is, it is a change made by hand.
    road.merge(number)
    assert set(road.open("mend")) == {"mend/staging/shop"}


def test_a_promotion_is_made_anew_when_the_folder_it_goes_to_has_changed(road):
    road.merge(road.open()["promote/staging/shop"])
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    number = road.open()["promote/staging/shop"]
    road.change("env/staging", {"shop/configmap-shop.yaml": "by: hand\n"})
    assert road.hub.pull(NAME, number).state == "open"
    assert road.hub.pull(NAME, number).is_mergeable
    assert "Changed by hand" in road.body(number)
    road.merge(number)
    assert 'size: "2"' in road.files("env/staging")["shop/configmap-shop.yaml"]
    assert road.open("mend") == {}, "it went away with the promotion"


def test_a_change_made_by_hand_is_shown_and_mended(road):
    road.merge(road.open()["promote/staging/shop"])
    before = road.files("env/staging")
    road.change("env/staging", {"shop/configmap-shop.yaml": "by: hand\n", "shop/extra.yaml": "a: 1\n"})
    human = road.change("env/staging", {"shop/source.yaml": None})
    ((head, number),) = road.open("mend").items()
    assert (head, road.hub.pull(NAME, number).base_ref) == ("mend/staging/shop", "env/staging")
    body = road.body(number)
    for said in (human, "+by: hand", "`catalog/shop.yaml`", "`templates/tiny/`", "Merge this"):
        assert said in body
    road.sweep()
    assert set(road.open("mend")) == {"mend/staging/shop"}
    road.merge(number)
    assert road.files("env/staging") == before
    assert "mend/staging/shop" not in road.branches()
    assert road.open("mend") == {}


def test_a_folder_deleted_by_hand_is_put_back(road):
    road.merge(road.open()["promote/staging/shop"])
    before = road.files("env/staging")
    road.change("env/staging", dict.fromkeys(path for path in before if path.startswith("shop/")))
    road.merge(road.open("mend")["mend/staging/shop"])
    assert road.files("env/staging") == before


def test_drift_that_is_gone_closes_its_pull_request_and_a_declined_mend_stays_closed(road):
    path = "shop/configmap-shop.yaml"
    ours = road.files("env/dev")[path]
    road.change("env/dev", {path: "by: hand\n"})
    (number,) = road.open("mend").values()
    road.change("env/dev", {path: ours})
    assert road.open("mend") == {}
    assert "Closed by Roadcrew" in road.body(number)
    road.change("env/dev", {path: "by: hand\n"})
    (number,) = road.open("mend").values()
    road.close(number)
    road.sweep()
    assert road.open("mend") == {}, "people said no"
    road.change("env/dev", {path: "by: another hand\n"})
    assert set(road.open("mend")) == {"mend/dev/shop"}


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_held_delivery_goes_on_once_its_mend_is_merged(road, method):
    human = road.change("env/dev", {"shop/configmap-shop.yaml": "by: hand\n"})
    number = road.troupe.open({"catalog/shop.yaml": component("shop", size=9)})
    road.settle()
    road.troupe.merge(number)
    road.settle()
    (body,) = road.troupe.bodies(number)
    mend = road.open("mend")["mend/dev/shop"]
    assert "Held" in body
    assert f"merge #{mend}, which undoes it" in body
    assert human[:7] in body
    road.merge(mend, method=method)
    assert 'size: "9"' in road.files("env/dev")["shop/configmap-shop.yaml"]
    (body,) = road.troupe.bodies(number)
    assert "Delivered" in body
    assert road.open("mend") == {}


def test_a_hand_made_change_holds_its_own_folder_alone(road):
    human = road.change("env/dev", {"shop/configmap-shop.yaml": "by: hand\n"})
    (mend,) = road.open("mend").values()
    both = {"catalog/shop.yaml": component("shop", size=9), "catalog/cart.yaml": component("cart")}
    number = road.troupe.open(both)
    road.settle()
    road.troupe.merge(number)
    road.settle()
    assert road.files("env/dev")["shop/configmap-shop.yaml"] == "by: hand\n"
    assert "cart/configmap-cart.yaml" in road.files("env/dev")
    (body,) = road.troupe.bodies(number)
    for said in ("Delivered to `env/dev`, but not `shop`", "**Rendered:** `cart`", human[:7], f"#{mend}"):
        assert said in body
    road.close(mend)
    other = road.troupe.open({"catalog/more.yaml": component("more")}, branch="change-more")
    road.settle()
    road.troupe.merge(other)
    road.settle()
    assert "more/configmap-more.yaml" in road.files("env/dev")
    (body,) = road.troupe.bodies(other)
    assert "Held" not in body, "it did not bring that"
    (body,) = road.troupe.bodies(number)
    assert f"reopen #{mend}" in body
    road.hub.reopen(NAME, mend, by="reviewer")
    road.settle()
    road.merge(mend)
    assert 'size: "9"' in road.files("env/dev")["shop/configmap-shop.yaml"]
    (body,) = road.troupe.bodies(number)
    assert "Held" not in body
    assert "**Rendered:** `cart`" in body
    assert "**Rendered:** `shop`" in body
    assert f"Pull-Request: acme/platform#{number}\n" in road.troupe.log()[0] + "\n"


def test_what_came_together_is_told_to_each_alone(troupe):
    with troupe.bot(sweeps=True) as queue:
        troupe.swept(queue)
    one = troupe.open({"catalog/cart.yaml": component("cart")}, branch="change-cart")
    two = troupe.open({"catalog/more.yaml": component("more")}, branch="change-more")
    troupe.merge(one)
    troupe.merge(two)
    with troupe.bot(sweeps=True) as queue:
        troupe.swept(queue)
    assert [troupe.bodies(number)[0].count("`cart`") for number in (one, two)] == [1, 0]
    assert [troupe.bodies(number)[0].count("`more`") for number in (one, two)] == [0, 1]
    assert "base%3Aenv%2Fstaging" in troupe.bodies(one)[0]


def test_what_people_keep_beside_our_folders_is_theirs(road):
    road.change("env/dev", {"notes/readme.txt": "ours\n", "ROOT.md": "hello\n"})
    road.change("env/dev", {"notes/readme.txt": "ours, again\n"})
    assert road.open("mend") == {}


def test_a_rollback_by_hand_to_an_older_render_is_no_drift(road):
    road.merge(road.open()["promote/staging/shop"])
    old = road.files("env/staging")
    road.change("main", {"catalog/shop.yaml": component("shop", size=2)})
    road.merge(road.open()["promote/staging/shop"])
    road.change("env/staging", {path: data for path, data in old.items() if path.startswith("shop/")})
    assert road.open("mend") == {}
    assert "promote/staging/shop" in road.open(), "the newer one is offered again"


def test_an_environment_added_in_the_middle_is_filled_before_the_next_one_goes_on(road):
    road.merge(road.open()["promote/staging/shop"])
    road.merge(road.open()["promote/prod/shop"])
    moved = {"catalog/prod.yaml": environment("prod", 4), "catalog/canary.yaml": environment("canary", 3)}
    road.change("main", moved)
    assert set(road.open()) == {"promote/canary/shop"}
    road.merge(road.open()["promote/canary/shop"])
    assert road.open() == {}, "prod has what canary has"
    assert "environment: canary" in road.files("env/canary")["shop/configmap-shop.yaml"]
    assert "environment: prod" in road.files("env/prod")["shop/configmap-shop.yaml"]


def test_a_pin_whose_commit_is_gone_is_left_alone_and_shown(road):
    road.merge(road.open()["promote/staging/shop"])
    road.merge(road.open()["promote/prod/shop"])
    source = road.files("env/dev")["shop/source.yaml"]
    commit = next(line.split()[1].strip("'\"") for line in source.splitlines() if line.startswith("commit"))
    road.change("env/dev", {"shop/source.yaml": source.replace(commit, "f" * 40)})
    assert road.open("promote") == {}
    (check,) = road.troupe.runs(road.tip("env/dev"))
    assert check.conclusion == "action_required"
    assert "- `shop` is not promoted to `staging`: its pin on `env/dev` names `fffffff`." in check.summary
    road.merge(road.open("mend")["mend/dev/shop"])
    assert road.troupe.runs(road.tip("env/dev")) == []
    assert road.files("env/dev")["shop/source.yaml"] == source
    assert road.open() == {}


def test_at_most_twenty_stand_open_and_the_others_wait_their_turn(road):
    many = {f"catalog/part-{number:02}.yaml": component(f"part-{number:02}") for number in range(24)}
    road.change("main", many)
    assert len(road.open("promote/staging/")) == 20
    waiting = {f"promote/staging/part-{number:02}" for number in range(24)} - set(road.open())
    assert len(waiting) == 5 - ("promote/staging/shop" not in road.open())
    road.merge(road.open()["promote/staging/part-00"])
    assert len(road.open("promote/staging/")) == 20


def test_a_template_change_promotes_what_it_changes(road):
    road.merge(road.open()["promote/staging/shop"])
    newer = {
        "templates/tiny/template.yaml": TEMPLATE.replace("1.0.0", "1.1.0"),
        "templates/tiny/manifests/config.yaml": MANIFEST + "  more: yes, please\n",
    }
    road.change("main", newer)
    body = road.body(road.open()["promote/staging/shop"])
    assert "| template | `tiny` `1.0.0` | `tiny` `1.1.0` |" in body
