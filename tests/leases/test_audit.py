"""The audit tells all, from git alone, also what the ledger lost."""

from datetime import timedelta

import pytest

from bot.leases.audit import Made, Question, answering, told
from bot.leases.end import ended
from bot.leases.grant import GRANT_FILE, ended_path, grant_bytes
from bot.leases.ledger import line, month_file
from bot.model.acts import Record
from tests.leases.test_grant import GRANT, HOUR, NOW
from tests.platforms import REPO

OVER = ended(GRANT, "revoked", NOW + HOUR, by="reviewer", reason="found it")


def names(entries):
    return [one.name for one in entries]


def test_what_the_ledger_lost_the_grants_tell(tree_of):
    asked = Record(REPO, "grant/checkout-logs/requested", NOW, {"event": "requested", "who": "developer"})
    ledger = tree_of({month_file(NOW): line(asked)})
    whole = told(ledger, tree_of({ended_path(OVER): grant_bytes(OVER)}))
    assert names(whole) == [f"grant/checkout-logs/{one}" for one in ("requested", "began", "ended")]
    assert [(one.event, one.text("who"), one.text("reason")) for one in whole][-1] == (
        "revoked",
        "reviewer",
        "found it",
    )


def test_what_the_documents_lost_the_commits_tell():
    log = [
        Made("b" * 40, NOW + HOUR, {"Ended": "one, two", "Requested-By": "@a, @b"}),
        Made(
            "a" * 40,
            NOW,
            {"Began": "one", "Requested-By": "@developer", "Approved-By": "@x, @y", "Reason": "r"},
        ),
    ]
    began, *over = told(None, None, log)
    assert (began.name, began.text("who"), began.text("approvedBy")) == (
        "grant/one/began",
        "developer",
        "x, y",
    )
    assert names(over) == ["grant/one/ended", "grant/two/ended"]
    assert all(not one.text("who") for one in over), "of several nobody knows whose is whose"


def test_who_ended_it_is_told_where_it_was_no_person(tree_of):
    over = ended(GRANT, "expired", NOW + 4 * HOUR)
    whole = told(None, tree_of({ended_path(over): grant_bytes(over)}))
    assert (whole[-1].event, whole[-1].text("who")) == ("ended", "the clock")
    log = [Made("b" * 40, NOW, {"Ended": "one", "Because": "expired", "Requested-By": "@developer"})]
    assert told(None, None, log)[0].text("who") == "the clock"


def test_what_was_granted_is_told_by_every_source(tree_of):
    from dataclasses import replace

    grant = replace(GRANT, parameters=("role=logs", "pods=a,b"))
    whole = told(None, tree_of({f"{grant.folder}/{GRANT_FILE}": grant_bytes(grant)}))
    assert {one.facts["parameters"] for one in whole} == {("role=logs", "pods=a,b")}
    log = [Made("a" * 40, NOW, {"Began": "one", "Parameters": "role=logs"})]
    assert told(None, None, log)[0].facts["parameters"] == ("role=logs",)


def test_what_a_command_recorded_is_not_told_twice(tree_of):
    said = [
        Record(REPO, "request/checkout-logs/requested", NOW, {"event": "requested"}),
        Record(REPO, f"approved/7/{'a' * 40}/reviewer", NOW, {"event": "approved"}),
    ]
    from dataclasses import replace

    grant = replace(GRANT, approved_by=("reviewer", "second"), pull=7)
    grants = tree_of({f"{grant.folder}/{GRANT_FILE}": grant_bytes(grant)})
    whole = told(tree_of({month_file(NOW): b"".join(map(line, said))}), grants)
    assert [one.event for one in whole] == ["requested", "approved", "approved", "began"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (Question(), 3),
        (Question(since=NOW + timedelta(minutes=1)), 1),
        (Question(until=NOW + HOUR), 2),
        (Question(who="reviewer"), 1),
        (Question(who="@Developer"), 3),
        (Question(who="user:developer"), 3),
        (Question(service="checkout"), 3),
        (Question(service="component:checkout"), 3),
        (Question(service="cart"), 0),
        (Question(service="check"), 0),
    ],
)
def test_questions(tree_of, question, found):
    whole = told(None, tree_of({ended_path(OVER): grant_bytes(OVER)}))
    assert len(answering(whole, question)) == found
