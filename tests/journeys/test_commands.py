"""Each command once, as people write it: what stands at its end, what is said, and what it did to the world."""

from bot.localhub.faults import Fault
from tests.deciders.talk import user
from tests.journeys.asking import ASKED
from tests.journeys.troupe import NAME
from tests.platforms import component

WAIVE = '/waive name-kebab checkout --for 30d --reason "moves in May"'
DNS = (
    "/request dns checkout name=shop type=CNAME targets=lb.acme.example --environment prod "
    '--reason "the new shop"'
)


def test_questions_are_answered_in_one_reply(desk):
    comment = desk.say("/help\n/help access\n/owner checkout\n/dependents checkout", by="developer")
    assert desk.end(comment) == "rocket"
    said = desk.reply(comment)
    for words in (
        "`/access SERVICE [ROLE] --environment NAME --reason TEXT",
        "/access checkout logs --environment prod --for 4h",
        "everyone whom the catalog has as a User",
        "group:default/team",
    ):
        assert words in said
    assert "/approve" not in said, "it is for pull requests"
    again = desk.say("/explain environment-missing", by="outsider")
    assert desk.end(again) == "rocket"
    assert "environment-missing" in desk.reply(again)
    near = desk.say("/roadcrew halp\n\n/etc/hosts is not\n\n/shrug", by="developer")
    assert desk.end(near) == "confused"
    assert desk.reply(near).endswith("There is no such command. Did you mean `/help`?"), "and no more"


def test_plan_retry_hold_and_unhold_need_no_words(desk):
    number = desk.troupe.open({"catalog/checkout.yaml": component("checkout", size=2)})
    desk.troupe.settle(desk.queue)
    head = desk.hub.pull(NAME, number).head_sha
    for made, command in enumerate(("/plan", "/retry"), start=2):
        comment = desk.say(command, by="developer", number=number)
        assert (desk.end(comment), desk.reply(comment)) == ("rocket", "")
        assert len(desk.troupe.runs(head, latest=False)) == made, "the check is made anew"
    hold = desk.say('/hold --reason "after the sale"', by="reviewer", number=number)
    assert (desk.end(hold), desk.reply(hold)) == ("rocket", "")
    assert desk.troupe.conclusion(number) == "failure"
    refused = desk.say("/unhold", by="outsider", number=number)
    assert desk.end(refused) == "confused"
    assert "`group:default/team`" in desk.reply(refused), "who could is said"
    assert desk.troupe.conclusion(number) == "failure"
    free = desk.say("/unhold", by="reviewer", number=number)
    assert (desk.end(free), desk.reply(free)) == ("rocket", "")
    assert desk.troupe.conclusion(number) == "success"
    assert [(one["event"], one["who"]) for one in desk.ledger()] == [
        ("held", "reviewer"),
        ("unheld", "reviewer"),
    ]


def test_what_is_asked_for_is_taken_back_denied_or_waived(desk):
    number = desk.ask(DNS)
    name = desk.name(number)
    assert f"catalog/requests/{name}.yaml" in desk.hub.files(NAME, f"request/{name}")
    taken = desk.say("/cancel", by="developer", number=number)
    assert (desk.end(taken), desk.hub.pull(NAME, number).state) == ("rocket", "closed")
    assert f"request/{name}" not in desk.hub.branches(NAME)
    denied = desk.ask()
    own = desk.say("/deny", by="developer", number=denied)
    assert desk.end(own) == "confused"
    comment = desk.say('/deny --reason "use the staging data"', by="reviewer", number=denied)
    assert (desk.end(comment), desk.hub.pull(NAME, denied).state) == ("rocket", "closed")
    assert "Denied, and closed. The reason: use the staging data" in desk.reply(comment)
    over = desk.say("/approve", by="reviewer", number=denied)
    assert desk.end(over) == "confused"
    assert "This pull request is closed, and what it asked for with it." in desk.reply(over)
    waived = desk.ask(WAIVE, by="reviewer")
    (path,) = [
        path
        for path in desk.hub.files(NAME, desk.hub.pull(NAME, waived).head_ref)
        if path.startswith("catalog/waivers/")
    ]
    assert desk.troupe.conclusion(waived) == "success", path
    assert desk.events() == ["requested", "cancelled", "requested", "denied", "waived"]
    assert (desk.files(), desk.hub.pull(NAME, waived).state) == ({}, "open")


BAD = {
    '/access chekout logs --environment prod --reason "x"': "Did you mean `component:default/checkout`?",
    '/access checkout logs --environment prod --for 3d --reason "x"': "8h",
    '/access checkout logs --environment prod --for soon --reason "x"': "`soon` is no span of time",
    "/access checkout logs --environment prod": "The flag `--reason` with its `TEXT` is missing.",
    '/access checkout logs --environment prd --reason "x"': "`prod`",
    '/access checkout lgs --environment prod --reason "x"': "logs",
    '/access checkout --environment prod --reason "x': "A quotation mark is opened and not closed.",
    '/request dnz checkout --environment prod --reason "x"': "There is `access` and `dns`.",
    "/approve": "`/approve` is for pull requests; this is an issue.",
    "/extend 1h nothing": "There is no grant `nothing`.",
    "/owner": "Say of which entity",
    "/explain no-such-rule": "There is no rule `no-such-rule`",
}


def test_bad_input_gets_a_sentence_and_changes_nothing(desk):
    before = desk.hub.branches(NAME)
    comments = {body: desk.hub.comment(NAME, 1, body, by="developer") for body in BAD}
    desk.troupe.settle(desk.queue)
    for body, words in BAD.items():
        assert desk.end(comments[body]) == "confused", body
        assert words in desk.reply(comments[body])
    assert desk.hub.branches(NAME) == before
    assert desk.hub.pulls(NAME) == []


def test_promise_7_who_may_not_approve_is_told_who_could(desk):
    number = desk.ask()
    for login, words in {
        "developer": "It needs another pair of eyes",
        "robot": "an agent may not use it",
        "outsider": "You may not use `/approve` here.",
    }.items():
        comment = desk.say("/approve", by=login, number=number)
        assert desk.end(comment) == "confused"
        assert words in desk.reply(comment)
    review = desk.hub.review(NAME, number, "APPROVE", by="developer", body="/approve")
    desk.troupe.settle(desk.queue)
    assert any(f"roadcrew:reply review-{review.id}" in body for body in desk.troupe.bodies(number))
    assert desk.hub.pull(NAME, number).state == "open"
    # Whoever writes the file by hand is its author, and asks.
    name = desk.name(number)
    text = desk.hub.files(NAME, f"request/{name}")[f"catalog/requests/{name}.yaml"].decode()
    mine = text.replace(name, "by-hand").replace("  requestedBy: developer\n", "")
    other = desk.troupe.open({"catalog/requests/by-hand.yaml": mine}, by="reviewer")
    desk.troupe.settle(desk.queue)
    for login, words in {
        "reviewer": "This is your own matter",
        "developer": "This is your own matter",
    }.items():
        comment = desk.say("/approve", by=login, number=other)
        assert desk.end(comment) == "confused"
        assert words in desk.reply(comment), login
    approved = desk.say("/approve", by="maintainer", number=other)
    assert desk.end(approved) == "rocket", desk.reply(approved)
    assert desk.in_force() == {"by-hand"}


def test_promise_7_nothing_is_approved_along_with_a_request(desk):
    """Whoever brings a request may not bring what decides about it."""
    asked = (
        "apiVersion: roadcrew.dev/v1\nkind: Request\nmetadata:\n  name: mine\nspec:\n  type: access\n"
        "  service: checkout\n  environment: prod\n  reason: x\n  subject: user:outsider\n"
        "  parameters: {role: debug}\n"
    )
    files = {"catalog/requests/mine.yaml": asked, "catalog/users/outsider.yaml": user("outsider", "team")}
    number = desk.troupe.open(files)
    desk.troupe.settle(desk.queue)
    assert "can write `/approve`" not in desk.troupe.bodies(number)[0]
    for login in ("outsider", "reviewer"):
        comment = desk.say("/approve", by=login, number=number)
        assert desk.end(comment) == "confused"
        assert "requests and nothing else" in desk.reply(comment)
    assert desk.hub.pull(NAME, number).state == "open"


def test_what_github_does_not_let_merge_is_not_approved_in_silence(desk):
    desk.hub.protect(NAME, approvals=1)
    number = desk.ask()
    comment = desk.say("/approve", by="reviewer", number=number)
    assert desk.end(comment) == "confused"
    assert "GitHub did not let it be merged" in desk.reply(comment)
    assert "At least 1 approving review is required" in desk.reply(comment)
    desk.troupe.merge(number)
    desk.troupe.settle(desk.queue)
    assert desk.in_force() == {desk.name(number)}
    again = desk.say("/retry", by="maintainer", number=number)
    assert desk.end(again) == "rocket", "of a merged one, what follows is looked at again"


SILENT = (
    "```\n/hold\n```",
    "    /hold",
    "> /hold",
    "<!--\n/hold\n-->",
    "see `/hold`",
    "I would /hold this",
    "[/hold](x)",
)


def test_promise_7_nothing_fires_in_code_quotes_or_prose(desk):
    number = desk.troupe.open({"README.md": "# hello\n"})
    comments = [desk.hub.comment(NAME, number, body, by="reviewer") for body in SILENT]
    comments += [desk.hub.comment(NAME, number, "/hold", by=bot) for bot in bots(desk)]
    desk.troupe.settle(desk.queue)
    for comment in comments:
        assert (desk.end(comment), desk.reply(comment)) == ("", ""), comment.body
    assert desk.ledger() == []


def bots(desk):
    """Another App's account, and our own."""
    other = desk.hub.create_app("Parrot", owner="acme", permissions={"issues": "write"}, events=[])
    desk.hub.install(other, "acme")
    return "parrot[bot]", "roadcrew[bot]"


def test_descriptions_and_reviews_are_commands_too(desk):
    desk.troupe.change("change", {"README.md": "# hello\n"})
    pull = desk.hub.open_pull(NAME, head="change", by="developer", body="Please wait.\n\n/hold")
    desk.troupe.settle(desk.queue)
    assert desk.end(pull) == "rocket"
    assert desk.troupe.conclusion(pull.number) == "failure"
    review = desk.hub.review(NAME, pull.number, "COMMENT", by="reviewer", body="Well.\n\n/unhold")
    desk.troupe.settle(desk.queue)
    (said,) = [one for one in desk.troupe.bodies(pull.number) if f"reply review-{review.id} " in one]
    assert "`/unhold` **Done.**" in said
    assert desk.troupe.conclusion(pull.number) == "success"


def test_promise_3_delivered_five_times_it_acts_once(desk):
    desk.hub.faults.add(Fault(kind="doubled", times=None))
    comment = desk.say(ASKED, by="developer")
    for _ in range(4):
        desk.troupe.redeliver("issue_comment.created")
        desk.troupe.settle(desk.queue)
    assert desk.end(comment) == "rocket"
    assert desk.reply(comment).endswith("#2 asks for it; it says who may approve.")
    assert [pull.number for pull in desk.hub.pulls(NAME, "all")] == [2]
    assert desk.events() == ["requested"]
    assert len(desk.troupe.log("request/" + desk.name(2))) == 2
    approved = desk.say("/approve", by="reviewer", number=2)
    for _ in range(4):
        desk.troupe.redeliver("issue_comment.created")
        desk.troupe.settle(desk.queue)
    assert desk.end(approved) == "rocket"
    assert sum("Began: " in message for message in desk.troupe.log("roadcrew/grants")) == 1
    names = [line["name"] for line in desk.ledger()]
    assert len(set(names)) == len(names)


def test_promise_2_swapped_deliveries_leave_what_was_written_last(desk):
    number = desk.troupe.open({"README.md": "# hello\n"})
    desk.troupe.settle(desk.queue)
    fault = desk.hub.faults.add(Fault(kind="reordered", event="issue_comment.created"))
    hold = desk.hub.comment(NAME, number, "/hold", by="reviewer")
    desk.troupe.later += 1
    free = desk.say("/unhold", by="reviewer", number=number)
    assert fault.hits == 1
    assert (desk.end(hold), desk.end(free)) == ("confused", "rocket")
    assert "wrote `/unhold` after it" in desk.reply(hold)
    assert desk.troupe.conclusion(number) == "success"


def test_the_bare_form_can_be_left_to_another_bot(desk):
    said = (
        "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata:\n  name: acme\n"
        "spec:\n  commands:\n    bare: false\n    allow: {owner: [maintain]}\n"
    )
    desk.troupe.change("main", {"catalog/platform.yaml": said}, by="platform-lead")
    silent = desk.say("/owner checkout", by="maintainer")
    assert (desk.end(silent), desk.reply(silent)) == ("", "")
    refused = desk.say("/roadcrew owner checkout", by="developer")
    assert desk.end(refused) == "confused"
    assert "everyone with `maintain` permission" in desk.reply(refused).lower()
    heard = desk.say("/roadcrew owner checkout", by="maintainer")
    assert desk.end(heard) == "rocket"
