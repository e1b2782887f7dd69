"""A pull request that is held fails its check until it is let go, be it by a command or by taking off the label."""

from bot.model.pull import HOLD
from tests.journeys.troupe import NAME, until
from tests.platforms import component


def said(troupe, number):
    """The conclusion of the newest run, once all is quiet."""
    sha = troupe.hub.pull(NAME, number).head_sha
    return max(troupe.runs(sha, latest=False), key=lambda run: run.id).conclusion


def test_promise_2_held_and_let_go_again_and_again(troupe):
    with troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": component("cart")})
        troupe.settle(queue)
        for _ in range(2):
            troupe.hub.comment(NAME, number, "/hold", by="reviewer")
            troupe.settle(queue)
            assert said(troupe, number) == "failure"
            assert "This pull request is held" in troupe.bodies(number)[0]
            troupe.hub.comment(NAME, number, "/unhold", by="reviewer")
            troupe.settle(queue)
            assert said(troupe, number) == "success"
        assert len(troupe.bodies(number)) == 1, "the comment and the check speak for themselves"
        ledger = troupe.hub.files(NAME, "roadcrew/ledger")
        (lines,) = [data.decode().splitlines() for data in ledger.values()]
        assert [line.count('"event":"held"') for line in lines] == [1, 0, 1, 0]
        troupe.hub.label(NAME, number, HOLD, by="reviewer")
        troupe.settle(queue)
        assert until(lambda: said(troupe, number) == "failure", "the label held it")


def test_a_pull_request_to_an_environment_is_held_by_a_check_of_its_own(troupe):
    with troupe.bot() as queue:
        troupe.merge(troupe.open({"catalog/cart.yaml": component("cart")}))
        troupe.settle(queue)
        troupe.change("later", {"README.md": "# dev\n"})
        number = troupe.hub.open_pull(NAME, head="later", base="env/dev", by="developer").number
        troupe.settle(queue)
        sha = troupe.hub.pull(NAME, number).head_sha
        assert troupe.runs(sha) == [], "nothing is said where nothing is to be said"
        troupe.hub.comment(NAME, number, "/hold", by="reviewer")
        troupe.settle(queue)
        assert said(troupe, number) == "action_required"
        troupe.hub.comment(NAME, number, "/unhold", by="reviewer")
        troupe.settle(queue)
        assert said(troupe, number) == "success"
