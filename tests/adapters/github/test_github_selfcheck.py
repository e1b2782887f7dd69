"""What a start-up says about an App that cannot do its work: facts from here, sentences from the report."""

from __future__ import annotations

import pytest

from bot.model.plan import Severity
from bot.report.selfcheck import WORDS, sentences
from tests.adapters.github.github_stub import APP

INSTALLATION = "/repos/acme/platform/installation"


def granted(**levels):
    return {**APP["permissions"], **levels}


def installed(stub, permissions=None, suspended=None):
    facts = {"id": 99, "permissions": permissions or granted(), "suspended_at": suspended}
    stub.answers[INSTALLATION] = facts


def test_an_app_that_can_work_is_not_talked_about(hub, repo):
    assert hub.self_check(repo) == ()


def test_more_than_is_needed_is_fine(hub, stub, repo):
    stub.answers["/app"] = {**APP, "permissions": granted(metadata="write", issues="write", checks="admin")}
    assert hub.self_check(repo) == ()


def test_missing_permissions_and_events_are_named_with_the_page_to_mend_them(hub, stub, repo):
    held = granted(checks="read")
    del held["contents"]
    stub.answers["/app"] = {
        **APP,
        "permissions": held,
        "events": ["push", "pull_request", "pull_request_review", "check_suite", "issue_comment"],
    }
    installed(stub, held)
    found = hub.self_check(repo)
    assert [(one.rule, one.facts.get("permission") or one.facts.get("event")) for one in found] == [
        ("app-permission", "checks"),
        ("app-permission", "contents"),
        ("app-event", "check_run"),
    ]
    first = sentences(found)[0]
    assert first.message == "The GitHub App has no permission `checks` at the level `write`."
    assert APP["html_url"] in first.fix


def test_what_an_organisation_has_not_accepted_is_said_to_its_owners(hub, stub, repo):
    installed(stub, granted(pull_requests="read"))
    (found,) = hub.self_check(repo)
    assert found.rule == "installation-permission"
    (said,) = sentences([found])
    assert "`acme` has not accepted" in said.message
    assert said.fix.startswith("An owner of `acme`")


def test_teams_that_cannot_be_seen_are_worth_a_warning_and_a_person_has_none(hub, stub, repo):
    held = granted()
    del held["members"]
    installed(stub, held)
    (found,) = hub.self_check(repo)
    assert (found.rule, found.severity) == ("installation-permission", Severity.WARN)
    stub.answers[INSTALLATION] |= {"target_type": "User"}
    assert hub.self_check(repo) == ()


def test_a_suspended_installation(hub, stub, repo):
    installed(stub, suspended="2026-11-20T00:00:00Z")
    assert [one.rule for one in hub.self_check(repo)] == ["installation-suspended"]


def test_a_wrong_key_and_a_wrong_app(hub, stub, repo):
    stub.break_next("GET", "/app$", 401, body={"message": "A JSON web token could not be decoded"})
    (found,) = hub.self_check(repo)
    assert (found.rule, found.severity) == ("app-credentials", Severity.DENY)
    assert "could not be decoded" in sentences([found])[0].message
    stub.break_next("GET", "/app$", 404, body={"message": "Integration not found"})
    assert [one.rule for one in hub.self_check(repo)] == ["app-credentials"]


def test_a_repo_without_the_app(hub, stub, repo):
    stub.installed = False
    (found,) = hub.self_check(repo)
    assert found.rule == "app-access"
    assert "An owner of acme can install it at" in sentences([found])[0].message


@pytest.mark.parametrize("path", ["/app$", "/installation$", "access_tokens"])
def test_a_github_that_is_away_keeps_nobody_from_starting(hub, stub, repo, path):
    verb = "POST" if path == "access_tokens" else "GET"
    stub.break_next(verb, path, 503, times=9)
    (found,) = hub.self_check(repo)
    assert (found.rule, found.severity) == ("github-away", Severity.WARN)
    assert sentences([found])[0].fix


def test_all_words_have_their_facts():
    for words in WORDS.values():
        assert words.title
        assert words.fix.endswith(".")
