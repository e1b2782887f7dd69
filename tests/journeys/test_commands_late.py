"""Commands that the bot hears of late, or that mean something else by the time it does. Each ends visibly."""

from datetime import timedelta

import pytest

from bot.localhub.faults import Fault
from tests.journeys.asking import ASKED, MINUTE, Desk, end, reply, write
from tests.journeys.troupe import NAME, until

REQUEST = "catalog/requests/by-hand.yaml"


def wished(**more):
    said = {"type": "access", "service": "checkout", "environment": "prod", "reason": "errors", **more}
    lines = "".join(f"  {key}: {value}\n" for key, value in said.items())
    return f"apiVersion: roadcrew.dev/v1\nkind: Request\nmetadata:\n  name: by-hand\nspec:\n{lines}"


WISHED = wished(subject="user:developer", parameters="{role: logs}")


def working(office):
    """The bot for a block, once it has looked at everything."""
    return office.bot(sweeps=True)


def test_promise_2_what_was_written_while_the_bot_was_away(office):
    with office.bot():
        pass  # From now on deliveries fail, and GitHub's log says so.
    kept = write(office, "/owner checkout", by="developer")
    edited = write(office, "Thank you.\n\n/help", by="developer")
    became = write(office, "Thank you.", by="developer")
    deleted = write(office, "/owner checkout", by="reviewer")
    office.later += 1
    office.hub.edit_comment(edited, "Thank you!\n\n/owner checkout", by="developer")
    office.hub.edit_comment(became, "/owner checkout", by="developer")
    office.hub.delete_comment(deleted, by="reviewer")
    with working(office) as queue:
        office.ended_well(queue, swept=True)
        assert end(office, kept) == "rocket"
        assert "group:default/team" in reply(office, kept)
        assert (end(office, became), reply(office, became)) == ("", ""), "an edit never makes a command"
        assert end(office, edited) == "confused"
        assert "This was edited after it was written" in reply(office, edited)
        assert len(office.bodies(1)) == 2, "and none for what was deleted"


@pytest.mark.parametrize(
    "is_logged", [pytest.param(True, marks=pytest.mark.soak), False], ids=["logged", "not logged"]
)
def test_promise_2_lost_commands_are_found_by_the_sweep(office, is_logged):
    with office.bot() as queue:
        desk = Desk(office, queue)
        office.hub.faults.add(Fault(kind="lost", times=None, is_logged=is_logged))
        comment = desk.say(ASKED, by="developer")
        assert desk.end(comment) == ""
        office.hub.faults.clear()
        desk.sweep()
        assert (desk.end(comment), [pull.number for pull in desk.hub.pulls(NAME)]) == ("rocket", [2])
        office.hub.faults.add(Fault(kind="lost", times=None, is_logged=is_logged))
        approval = desk.say("/approve", by="reviewer", number=2)
        office.hub.faults.clear()
        desk.sweep()
        assert desk.end(approval) == "rocket", desk.reply(approval)
        assert desk.in_force() == {desk.name(2)}
        before = len(office.writes())
        desk.sweep()
        assert len(office.writes()) == before, "a second sweep finds nothing to do"


def test_promise_1_what_comes_too_late_is_ended_with_its_reason(office):
    comment = write(office, ASKED, by="developer")
    old = write(office, "/owner checkout", by="developer")
    office.ahead = 31 * MINUTE
    with working(office) as queue:
        office.swept(queue)
        assert (end(office, comment), end(office, old)) == ("confused", "confused")
        assert "It came too late" in reply(office, comment)
        assert office.hub.pulls(NAME) == []


def open_request(office, *, head="change", by="developer"):
    """A pull request with a request that someone wrote by hand, once our check stands on it."""
    number = office.hub.open_pull(NAME, head=head, by=by).number
    until(lambda: office.conclusion(number), "the check")
    return number


@pytest.mark.parametrize("is_fork", [False, True], ids=["same repository", "fork"])
def test_promise_7_a_head_that_moved_is_not_approved(office, is_fork):
    """Approved by a comment; before the bot reads it, the author pushes something else."""
    home = NAME
    if is_fork:
        office.hub.fork(NAME, by="developer")
        home = "developer/platform"

    def push(text):
        return office.hub.commit(home, "change", {REQUEST: text}, by="developer")

    push(WISHED)
    with office.bot() as queue:
        number = open_request(office, head="developer:change" if is_fork else "change")
        office.settle(queue)
        seen = office.hub.pull(NAME, number).head_sha
    comments = [
        write(office, body, by="reviewer", number=number)
        for body in ("/approve", f"/approve --at {seen[:8]}")
    ]
    office.later += 1
    head = push(WISHED.replace("logs", "debug"))
    with working(office) as queue:
        desk = Desk(office, queue)
        office.swept(queue)
        assert [end(office, one) for one in comments] == ["confused", "confused"]
        assert f"--at {head[:12]}" in reply(office, comments[0])
        assert f"`{seen[:8]}` is not the newest commit" in reply(office, comments[1])
        assert office.hub.pull(NAME, number).state == "open"
        bare = desk.say("/approve", by="reviewer", number=number)
        assert desk.end(bare) == ("confused" if is_fork else "rocket"), desk.reply(bare)
        if is_fork:
            assert "This comes from a fork" in desk.reply(bare)
            named = desk.say(f"/approve --at {head[:7]}", by="reviewer", number=number)
            assert desk.end(named) == "rocket", desk.reply(named)
        assert desk.in_force() == {"by-hand"}


def test_promise_7_a_review_approves_the_commit_that_it_was_given_to(desk):
    desk.troupe.change("change", {REQUEST: WISHED})
    number = open_request(desk.troupe)
    old = desk.hub.pull(NAME, number).head_sha
    desk.troupe.change("change", {REQUEST: WISHED.replace("logs", "debug")})
    review = desk.hub.review(NAME, number, "COMMENT", by="reviewer", body="/approve", commit=old)
    desk.troupe.settle(desk.queue)
    assert f"You looked at `{old[:12]}`" in "".join(desk.troupe.bodies(number)), review
    assert desk.hub.pull(NAME, number).state == "open"


def test_promise_7_rights_are_asked_when_it_is_worked_on(office):
    office.change("change", {REQUEST: WISHED})
    with office.bot() as queue:
        number = open_request(office)
        office.settle(queue)
    comment = write(office, "/approve", by="maintainer", number=number)
    office.hub.grant(NAME, "maintainer", "push")
    with working(office) as queue:
        office.swept(queue)
        assert end(office, comment) == "confused"
        assert "everyone with `maintain` permission may" in reply(office, comment)
        assert office.hub.pull(NAME, number).state == "open"


def test_promise_7_an_approver_who_lost_the_right_before_it_began_does_not_count(office):
    office.change("change", {REQUEST: WISHED})
    with office.bot() as queue:
        desk = Desk(office, queue)
        number = open_request(office)
        office.settle(queue)
        # Merged, and nobody hears of it for now.
        gone = office.hub.faults.add(
            Fault(kind="lost", event=r"push|pull_request\.closed", times=None, is_logged=False)
        )
        approved = desk.say("/approve", by="maintainer", number=number)
        assert (desk.end(approved), desk.in_force()) == ("rocket", set())
        office.hub.grant(NAME, "maintainer", "push")
        office.hub.faults.remove(gone.id)
        desk.sweep()
        assert desk.in_force() == set()
        assert "1 more person must approve it" in office.bodies(number)[0]
        office.hub.review(NAME, number, "APPROVE", by="reviewer")
        desk.tick(timedelta(seconds=20))
        assert desk.in_force() == {"by-hand"}
