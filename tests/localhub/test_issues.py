"""Plain issues: what happens in them, what Apps hear of it, and how the page shows them."""

import json

import pytest

from bot.localhub.problems import Problem
from bot.localhub.records import Delivery
from tests.localhub.page_world import REPO, add_app, build, propose


@pytest.fixture
def site(tmp_path):
    hub, browser = build(tmp_path)
    yield hub, browser
    hub.world.close()


def test_issues_and_pull_requests_count_their_numbers_together(site):
    hub, _ = site
    pull = propose(hub)
    issue = hub.open_issue(REPO, by="developer", title="Why?", body="/help")
    assert issue.number == pull + 1
    assert hub.issue(REPO, issue.number) == issue
    assert hub.issues(REPO) == [issue]
    with pytest.raises(Problem):
        hub.issue(REPO, pull)
    with pytest.raises(Problem):
        hub.pull(REPO, issue.number)


def test_apps_hear_of_comments_in_issues(site, key):
    hub, _ = site
    add_app(hub, key)
    issue = hub.open_issue(REPO, by="developer")
    hub.comment(REPO, issue.number, "/access logs", by="developer")
    [sent] = [one for one in hub.world.store.find(Delivery) if one.event == "issue_comment"]
    payload = json.loads(sent.request_payload)
    assert (payload["action"], payload["comment"]["body"]) == ("created", "/access logs")
    assert payload["issue"]["number"] == issue.number
    assert "pull_request" not in payload["issue"]
    assert payload["comment"]["html_url"].endswith(
        f"/{REPO}/issues/{issue.number}#issuecomment-{payload['comment']['id']}"
    )


def test_an_issue_without_a_title_is_refused(site):
    hub, _ = site
    with pytest.raises(Problem, match="Validation Failed"):
        hub.open_issue(REPO, by="developer", title=" ")
    assert hub.issues(REPO) == []


def test_an_issue_is_closed_and_opened_again(site):
    hub, browser = site
    issue = hub.open_issue(REPO, by="developer")
    closed = hub.close_issue(REPO, issue.number, by="developer")
    assert (closed.state, closed.state_reason, closed.closed_by_id) == (
        "closed",
        "completed",
        issue.author_id,
    )
    browser.post(f"/{REPO}/issues/{issue.number}/comments", body="Once more", do="reopen")
    opened = hub.issue(REPO, issue.number)
    assert (opened.state, opened.state_reason, opened.closed_at) == ("open", "reopened", None)
    assert [one.body for one in hub.comments(REPO, issue.number)] == ["Once more"]


def test_the_page_shows_an_issue_with_its_thread(site):
    hub, browser = site
    issue = hub.open_issue(REPO, by="developer", title="Why <b>so?", body="I *ask*.")
    comment = hub.comment(REPO, issue.number, "Because.", by="reviewer")
    hub.react(comment, "rocket", by="developer")
    hub.react(issue, "eyes", by="developer")
    hub.label(REPO, issue.number, "access", by="developer")
    seen = browser.get(f"/{REPO}/issues/{issue.number}")
    for words in ("Why <b>so?", "I ask.", "Because.", "\N{ROCKET} 1", "\N{EYES} 1", "access", "open"):
        assert words in seen.words
    listed = browser.get(f"/{REPO}/issues")
    assert "Why <b>so?" in listed.words
    assert listed.all("a", href=f"/{REPO}/issues/{issue.number}")
    hub.close_issue(REPO, issue.number, by="developer")
    assert "There is no open issue here." in browser.get(f"/{REPO}/issues").words
    assert "Why <b>so?" in browser.get(f"/{REPO}/issues?state=closed").words


def test_an_issue_is_opened_on_the_page_as_the_acting_person(site):
    hub, browser = site
    browser.act_as("reviewer")
    answer = browser.post(f"/{REPO}/issues", title="A question", body="Who?")
    [issue] = hub.issues(REPO)
    assert answer.headers["Location"] == f"/{REPO}/issues/{issue.number}"
    assert (issue.title, issue.body, hub.view().account(issue.author_id).login) == (
        "A question",
        "Who?",
        "reviewer",
    )
    browser.post(f"/{REPO}/issues/{issue.number}/comments", 422, body="", do="shout")
    browser.post(f"/{REPO}/issues/{issue.number}/comments", body="", do="close")
    assert hub.issue(REPO, issue.number).state == "closed"


def test_others_may_not_close_an_issue(site):
    hub, browser = site
    issue = hub.open_issue(REPO, by="developer")
    browser.act_as("outsider")
    assert "Close issue" not in browser.get(f"/{REPO}/issues/{issue.number}").words
    browser.post(f"/{REPO}/issues/{issue.number}/comments", 403, body="", do="close")
    assert hub.issue(REPO, issue.number).state == "open"


def test_the_address_of_a_pull_requests_issue_leads_to_the_pull_request(site):
    hub, browser = site
    number = propose(hub)
    answer = browser.client.get(f"/{REPO}/issues/{number}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{REPO}/pull/{number}")
    browser.post(f"/{REPO}/issues/{number}/comments", 404, body="x", do="comment")
    browser.get(f"/{REPO}/issues/999", 404)
