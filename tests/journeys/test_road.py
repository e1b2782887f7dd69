"""The main road: a pull request goes in, a checked, rendered, audited change comes out."""

from bot.localhub.faults import Fault
from tests.journeys.troupe import NAME
from tests.platforms import component, environment


def test_a_pull_request_is_refused_mended_merged_and_delivered(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart", owner="nobody", size="many")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"
        (refused,) = troupe.bodies(number)
        assert "2 things to mend" in refused
        head = troupe.hub.pull(NAME, number).head_sha
        (run,) = troupe.runs(head)
        assert [note.start_line for note in run.annotations] == [8, 11]

        troupe.change("change", {"catalog/cart.yaml": component("cart", size=3)})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"
        (ready,) = troupe.bodies(number)
        assert "merging renders `cart` to `env/dev`" in ready
        assert '+  size: "3"' in ready

        merge = troupe.merge(number)
        troupe.settle(queue)
        dev = troupe.dev()
        assert set(dev) == {
            "cart/configmap-cart.yaml",
            "cart/source.yaml",
            "shop/configmap-shop.yaml",
            "shop/source.yaml",
        }
        assert merge in dev["cart/source.yaml"]
        (delivered,) = troupe.bodies(number)
        assert "Delivered to `env/dev`" in delivered
        message = troupe.log()[0]
        for trailer in (
            f"Source-Commit: {merge}",
            f"Pull-Request: acme/platform#{number}",
            "Requested-By: @developer",
            "Approved-By: @reviewer",
            "Merged-By: @reviewer",
        ):
            assert trailer in message


def test_promise_3_nothing_changed_means_no_write(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart")})
        troupe.settle(queue)
        troupe.merge(number)
        troupe.settle(queue)
        before = len(troupe.writes()), troupe.log()
        for delivery in troupe.hub.deliveries(troupe.stage.app):
            troupe.hub.hooks.redeliver(delivery)
        troupe.settle(queue)
        assert (len(troupe.writes()), troupe.log()) == before


def test_promise_8_one_comment_and_one_check_however_often_the_author_pushes(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart", owner="nobody")})
        for size in range(1, 5):
            troupe.change("change", {"catalog/cart.yaml": component("cart", size=size)})
        troupe.settle(queue)
        assert len(troupe.bodies(number)) == 1
        assert troupe.conclusion(number) == "success"
        head = troupe.hub.pull(NAME, number).head_sha
        assert len(troupe.runs(head, latest=False)) == 1


def test_a_change_outside_of_the_platforms_folders_completes_the_check_without_a_comment(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"README.md": "# hello\n"})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"
        assert troupe.bodies(number) == []


def test_a_conflict_is_said_and_goes_away_when_it_is_settled(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/shop.yaml": component("shop", size=2)})
        troupe.change("main", {"catalog/shop.yaml": component("shop", size=3)}, by="platform-lead")
        troupe.settle(queue)
        (body,) = troupe.bodies(number)
        assert "conflicts with its base" in body
        assert "`catalog/shop.yaml`" in body
        assert troupe.conclusion(number) == "failure"


def test_when_main_moves_open_pull_requests_are_looked_at_again(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart", owner="newcomers")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"
        group = troupe.files["catalog/groups.yaml"].replace("name: team", "name: newcomers")
        troupe.change("main", {"catalog/newcomers.yaml": group}, by="platform-lead")
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"


def test_a_pull_request_from_a_fork_is_judged_like_any_other(troupe):
    troupe.hub.create_user("outsider")
    troupe.hub.fork(NAME, by="outsider")
    with troupe.bot() as queue:
        troupe.hub.commit(
            "outsider/platform",
            "change",
            {"catalog/cart.yaml": component("cart", owner="nobody")},
            by="outsider",
        )
        number = troupe.hub.open_pull(NAME, head="outsider:change", by="outsider").number
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"
        (body,) = troupe.bodies(number)
        assert "`nobody`" in body
        (run,) = troupe.runs(troupe.hub.pull(NAME, number).head_sha)
        troupe.hub.rerequest(run, by="reviewer")
        troupe.settle(queue)
        assert len(troupe.runs(run.head_sha, latest=False)) == 2, "made anew although the words are the same"


def test_a_direct_push_to_main_is_delivered_with_a_check_on_the_commit(troupe):
    with troupe.bot() as queue:
        sha = troupe.change("main", {"catalog/cart.yaml": component("cart")}, by="platform-lead")
        troupe.settle(queue)
        assert "cart/configmap-cart.yaml" in troupe.dev()
        assert [run.conclusion for run in troupe.runs(sha)] == ["success"]


def test_promise_8_the_check_completes_even_when_there_is_nothing_to_say(troupe):
    silent = "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata:\n  name: environment-missing\nspec:\n  severity: 'off'\n"
    gone = {"catalog/dev.yaml": None, "catalog/prod.yaml": None, "rules/environments.yaml": silent}
    troupe.change("main", gone, by="platform-lead")
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"


def test_promise_7_nothing_that_is_written_in_a_thread_opens_the_gate(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart", owner="nobody")})
        troupe.settle(queue)
        before = troupe.bodies(number), len(troupe.writes()), troupe.hub.branches(NAME)
        for said in ("/override roadcrew", "`/merge`", "> /approve", "LGTM, /approve"):
            troupe.hub.comment(NAME, number, said, by="platform-lead")
        troupe.settle(queue)
        assert (troupe.bodies(number), len(troupe.writes()), troupe.hub.branches(NAME)) == before
        for said in ("/approve", "/roadcrew plan", "/retry"):
            troupe.hub.comment(NAME, number, said, by="platform-lead")
        troupe.settle(queue)
        assert troupe.hub.branches(NAME) == before[2]
        assert troupe.conclusion(number) == "failure"
        assert troupe.hub.pull(NAME, number).state == "open"


def test_promise_4_a_persons_change_is_not_forgotten_when_we_write_beside_it(troupe):
    with troupe.bot() as queue:
        troupe.change("main", {"catalog/cart.yaml": component("cart")}, by="platform-lead")
        troupe.settle(queue)
        troupe.change("env/dev", {"shop/configmap-shop.yaml": "by: hand\n"}, by="platform-lead")
        troupe.settle(queue)
        # The bot may write nothing into shop/, and goes on beside it.
        troupe.change(
            "main", {"catalog/cart.yaml": None, "catalog/shop.yaml": "kind: [broken\n"}, by="platform-lead"
        )
        troupe.change("main", {"catalog/more.yaml": component("more")}, by="platform-lead")
        troupe.settle(queue)
        assert "more/source.yaml" in troupe.dev()
        number = troupe.open({"catalog/shop.yaml": component("shop", size=9)})
        troupe.settle(queue)
        troupe.merge(number)
        troupe.settle(queue)
        assert troupe.dev()["shop/configmap-shop.yaml"] == "by: hand\n"
        (body,) = troupe.bodies(number)
        assert "Held" in body


def test_the_gate_does_not_open_because_the_comment_failed(troupe):
    troupe.hub.faults.add(
        Fault(
            kind="answer",
            method="GET",
            path=r".*/issues/\d+/comments",
            status=403,
            body='{"message": "Resource not accessible by integration"}',
            times=None,
        )
    )
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart", owner="nobody")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"
        (run,) = troupe.runs(troupe.hub.pull(NAME, number).head_sha, latest=False)
        assert "thing to mend" in run.title


def test_a_merged_pull_request_with_nothing_to_deliver_ends_its_comment(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/dev.yaml": environment("dev", 1) + "  domain: dev.example.com\n"})
        troupe.settle(queue)
        assert "Ready" in troupe.bodies(number)[0]
        troupe.merge(number)
        troupe.settle(queue)
        (body,) = troupe.bodies(number)
        assert "Merged" in body or "Delivered" in body
        assert "Next:" not in body
