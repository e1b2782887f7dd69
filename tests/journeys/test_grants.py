"""Grants from the first comment to the last line of the audit: in force in time, gone in time, told of for ever."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.leases.grant import GRANTS
from tests.journeys.asking import ASKED, HOUR, MINUTE, Desk, end, in_force, ledger, write
from tests.journeys.processes import Processes
from tests.journeys.troupe import NAME, until

TICK = timedelta(seconds=20)


def looked(desk):
    """What a person who may only read finds of a grant's life in git."""
    return "\n".join(desk.troupe.log(GRANTS))


def told_by(desk, *command):
    """What `roadcrew` says in a new clone."""
    clone = desk.troupe.folder / f"clone-{len(list(desk.troupe.folder.glob('clone-*')))}"
    desk.hub.git(NAME).run("clone", "--quiet", str(desk.hub.git(NAME).path), str(clone))
    done = CliRunner().invoke(main, [command[0], str(clone), *command[1:]])
    assert done.exit_code == 0, done.output
    return done.output


def test_one_comment_to_the_end_of_the_grant(desk):
    comment = desk.say(ASKED, by="developer")
    assert (desk.end(comment), desk.in_force()) == ("rocket", set())
    assert "#2 asks for it; it says who may approve." in desk.reply(comment)
    name = desk.name(2)
    assert name.startswith("checkout-access-")
    (asking,) = desk.troupe.bodies(2)
    assert "Needs an approval: Access for `checkout` in `prod`" in asking
    assert "name: roadcrew-logs" in asking, "what it would make is shown before it is"
    assert desk.troupe.conclusion(2) == "success"

    approval = desk.say("/approve", by="reviewer", number=2)
    assert desk.end(approval) == "rocket"
    assert "Approved and merged." in desk.reply(approval)
    assert desk.in_force() == {name}, "without waiting for any clock"
    (binding,) = [text for path, text in desk.files().items() if path.endswith(f"grant-{name}.yaml")]
    for words in (
        "kind: RoleBinding",
        "roadcrew.dev/expires-at",
        "cleanup.kyverno.io/ttl",
        "name: developer",
    ):
        assert words in binding
    told = desk.troupe.bodies(2)[0]
    assert f"**In force:** `{name}`" in told
    assert "approved by `reviewer`" in told
    assert "asked by `developer`" in told, "not by whoever wrote the file"

    assert name in told_by(desk, "grants")
    desk.tick(4 * HOUR - MINUTE)
    assert desk.in_force() == {name}
    desk.tick(MINUTE)
    assert desk.in_force() == set()
    assert name not in told_by(desk, "grants")
    assert [path for path in desk.files() if path.startswith("prod/") and ".keep" not in path] == []
    assert any(path.startswith("ended/") and path.endswith(f"{name}.yaml") for path in desk.files())

    log = looked(desk)
    for line in (
        f"Began: {name}",
        f"Ended: {name}",
        "Because: expired",
        "Requested-By: @developer",
        "Approved-By: @reviewer",
        "Reason: errors since noon",
        "Pull-Request: acme/platform#2",
    ):
        assert line in log
    for question in (("--who", "developer"), ("--service", "checkout"), ("--since", "1d")):
        audit = json.loads(told_by(desk, "audit", *question, "--format", "json"))
        assert [(one["event"], one.get("who")) for one in audit] == [
            ("requested", "developer"),
            ("approved", "reviewer"),
            ("began", "developer"),
            ("ended", "the clock"),
        ], question
    assert f"**Ended:** `{name}`" in desk.troupe.bodies(2)[0], "as soon as it has"
    before = len(desk.troupe.writes())
    desk.tick(TICK)
    desk.sweep()
    assert len(desk.troupe.writes()) == before, "nothing comes back, and nothing is said twice"


def test_a_file_in_a_pull_request_does_the_same_as_a_comment(desk):
    text = (
        "apiVersion: roadcrew.dev/v1\nkind: Request\nmetadata:\n  name: checkout-look\nspec:\n"
        "  type: access\n  service: checkout\n  environment: prod\n  reason: errors\n"
        "  parameters: {role: view}\n"
    )
    number = desk.troupe.open({"catalog/requests/checkout-look.yaml": text})
    desk.troupe.settle(desk.queue)
    desk.troupe.merge(number, by="reviewer")
    desk.troupe.settle(desk.queue)
    assert desk.in_force() == {"checkout-look"}
    desk.tick(2 * HOUR)
    assert desk.in_force() == set(), "the usual duration of its kind"


def test_extended_within_the_maximum_and_never_beyond(desk):
    number, name = desk.granted()
    for asked, by, is_done, words in (
        ("/extend 1h", "developer", "confused", "another pair of eyes"),
        ("/extend 1h", "robot", "confused", "an agent may not use it"),
        ("/extend 2h --reason still", "reviewer", "rocket", f"`{name}` lasts until"),
        ("/extend 5h", "reviewer", "confused", "2h longer than now"),
        ("/extend 2h", "maintainer", "rocket", f"`{name}` lasts until"),
        ("/extend 1m", "reviewer", "confused", "the most for its kind"),
        ("/extend 2x", "reviewer", "confused", "`2x` is no time"),
    ):
        comment = desk.say(asked, by=by, number=number)
        assert desk.end(comment) == is_done, asked
        assert words in desk.reply(comment)
    desk.tick(8 * HOUR - MINUTE)
    assert desk.in_force() == {name}
    desk.tick(MINUTE)
    assert desk.in_force() == set()
    assert desk.events().count("extended") == 2
    assert "Extended: " in looked(desk)


def test_two_grants_of_one_person_end_each_by_itself(desk):
    first, name = desk.granted()
    _, other = desk.granted(body=ASKED.replace("4h", "6h").replace("logs", "view"))
    assert desk.in_force() == {name, other}
    refused = desk.say(f"/revoke {other}", by="outsider")
    assert desk.end(refused) == "confused"
    near = desk.say(f"/revoke {name[:-1]}", by="developer")
    assert f"Did you mean `{name}`" in desk.reply(near) or f"`{name}`" in desk.reply(near)
    comment = desk.say("/revoke --reason found", by="developer", number=first)
    assert desk.end(comment) == "rocket"
    assert f"Revoked: `{name}` is gone from `prod`" in desk.reply(comment)
    assert desk.in_force() == {other}
    over = desk.say("/extend 1h", by="reviewer", number=first)
    assert desk.end(over) == "confused"
    assert "is over since" in desk.reply(over)
    desk.tick(4 * HOUR)
    assert desk.in_force() == {other}, "revoked, not expired"
    desk.tick(2 * HOUR)
    assert desk.in_force() == set()
    revoked = [line for line in desk.ledger() if line["event"] == "revoked"]
    assert [(line["who"], line["reason"]) for line in revoked] == [("developer", "found")]


def test_break_glass_is_in_force_at_once_and_looked_at_afterwards(desk):
    loud = ASKED.replace("4h", "30m") + " --break-glass"
    for login, words in {"developer": "You may not take `access` without approval", "robot": ""}.items():
        comment = desk.say(loud, by=login)
        assert desk.end(comment) == "confused"
        assert words in desk.reply(comment)
    long = desk.say(ASKED.replace("4h", "2h") + " --break-glass", by="reviewer")
    assert desk.end(long) == "confused"
    assert "1h" in desk.reply(long)
    assert desk.hub.pulls(NAME, "all") == []
    number = desk.ask(loud, by="reviewer")
    name = desk.name(number)
    assert desk.in_force() == {name}
    (issue,) = [one for one in desk.hub.issues(NAME) if one.title.startswith("Review break-glass access")]
    assert "errors since noon" in issue.body
    assert "- [ ] " in issue.body
    assert "without approval (break-glass)" in desk.troupe.bodies(number)[0]
    assert f"Break-Glass: {name}" in looked(desk)
    assert "break-glass" in desk.events()
    desk.tick(30 * MINUTE)
    assert desk.in_force() == set()
    assert len([one for one in desk.hub.issues(NAME) if "break-glass" in one.title]) == 1


def test_agents_ask_within_their_bounds_and_their_human_does_not_approve(desk):
    refused = desk.say(ASKED, by="robot")
    assert desk.end(refused) == "confused"
    assert "nobody is named whom it is for" in desk.reply(refused)
    itself = desk.say(ASKED + " --subject robot", by="robot")
    assert desk.end(itself) == "confused"
    assert desk.reply(itself).count("access is for people") == 1, "and said once"
    number = desk.ask(ASKED + " --subject developer", by="robot")
    own = desk.say("/approve", by="developer", number=number)
    assert desk.end(own) == "confused"
    assert "or an agent asked in your name" in desk.reply(own)
    other = desk.say(
        '/request dns checkout name=shop type=CNAME targets=x.example --environment prod --reason "x"',
        by="robot",
    )
    assert desk.end(other) == "confused"
    approval = desk.say("/approve", by="reviewer", number=number)
    assert desk.end(approval) == "rocket", desk.reply(approval)
    assert desk.in_force() == {desk.name(number)}
    (began,) = [line for line in desk.ledger() if line["event"] == "began"]
    assert (began["who"], began["onBehalfOf"]) == ("robot", "user:default/developer")
    desk.ask(ASKED + " --subject developer", by="robot")
    third = desk.say(ASKED + " --subject developer", by="robot")
    assert desk.end(third) == "confused", "two at a time are its bound"


def test_a_request_that_is_removed_from_main_ends_its_grant(desk):
    _, name = desk.granted()
    path = f"catalog/requests/{name}.yaml"
    number = desk.troupe.open({path: None}, branch="remove", by="maintainer")
    desk.troupe.settle(desk.queue)
    assert "ends it at once" in desk.troupe.bodies(number)[0]
    desk.troupe.merge(number)
    desk.troupe.settle(desk.queue)
    assert desk.in_force() == set()
    assert "Because: removed" in looked(desk)


def test_promise_4_what_a_person_pushes_to_the_grants_is_put_right_and_told(desk):
    _, name = desk.granted()
    before = desk.files()
    (path,) = [one for one in before if one.endswith(f"grant-{name}.yaml")]
    more = before[path].replace("roadcrew-logs", "cluster-admin")
    sha = desk.troupe.change(GRANTS, {path: more, "prod/mine/rolebinding.yaml": more}, by="platform-lead")
    desk.troupe.settle(desk.queue)
    assert desk.files() == before
    (issue,) = [one for one in desk.hub.issues(NAME) if one.title.startswith("Someone changed grants")]
    assert sha in issue.body
    assert f"Put-Right: {sha}" in looked(desk)
    desk.tick(TICK)
    desk.sweep()
    assert len([one for one in desk.hub.issues(NAME) if one.title == issue.title]) == 1


def test_promise_2_an_end_that_passed_while_all_was_down_is_made_good_at_the_start(office):
    with office.bot() as queue:
        _, name = Desk(office, queue).granted()
    later = write(office, f"/extend 1h {name}", by="reviewer")
    office.ahead = 4 * HOUR + MINUTE
    with office.bot(sweeps=True) as queue:
        office.swept(queue)
        assert in_force(office) == set()
        assert end(office, later) == "confused", "too late for everything"
        assert [line["event"] for line in ledger(office)][-1] == "ended"


@pytest.mark.redis
def test_workers_look_at_the_leases_by_themselves(office, redis_url):
    """With Redis: nobody delivers anything, and no sweep is near."""
    with Processes(office, redis_url, lease_seconds=5) as processes:
        processes.start("serve")
        processes.work("worker")
        write(office, ASKED, by="developer")
        processes.settle()
        # From now on GitHub tells nothing.
        office.hub.set_webhook(office.stage.app, url="http://127.0.0.1:9/nowhere")
        office.merge(2, by="reviewer")
        until(lambda: in_force(office), "the grant")
